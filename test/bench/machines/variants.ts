/** What can be set at the near end of a line, one thing at a time: rows of the table that machines.ts prints. Each says what pppd is called with, and what is done before and behind it. */

export type Variant = {
  readonly name: string
  /** The near pppd's arguments. */
  readonly pppd: string
  /** Scripts of sh, in the near machine. */
  readonly before: string
  readonly behind: string
  readonly ways: readonly ('down' | 'up' | 'both')[]
  readonly text: 'random' | 'letters'
}

/** pppd without a peers file: what it must be told, and its own defaults for the rest. */
const bare = '/dev/ttyS1 115200 crtscts noauth noipdefault defaultroute usepeerdns nodetach'
const lineQueue = '/usr/lib/dialpost/line-queue ppp0'
const timestamps = (on: 0 | 1): string => `echo ${on} >/proc/sys/net/ipv4/tcp_timestamps`
const autotuning = (on: 0 | 1): string => `echo ${on} >/proc/sys/net/ipv4/tcp_moderate_rcvbuf`
/** A receive window that stays as it is, by the route. */
const window = (octets: number): string => `ip route change default dev ppp0 scope link window ${octets}`

const usual: Variant = {
  name: 'kernel and pppd as they come',
  pppd: `${bare} noccp`,
  before: `${timestamps(1)}; ${autotuning(1)}`,
  behind: 'true',
  ways: ['both'],
  text: 'random',
}
const ours: Variant = { ...usual, name: 'peers file, line-queue', pppd: 'call isp noccp', behind: lineQueue }
const narrow: Variant = { ...ours, before: `${timestamps(0)}; ${autotuning(0)}`, behind: `${lineQueue}; ${window(11_680)}` }
const units = (octets: number): string => `mtu ${octets} mru ${octets}`

export const variants: readonly Variant[] = [
  { ...usual, ways: ['down', 'up', 'both'] },
  { ...usual, name: '… without timestamps', before: `${timestamps(0)}; ${autotuning(1)}` },
  { ...usual, name: '… without VJ compression', pppd: `${bare} noccp novj`, ways: ['down'] },
  { ...ours, ways: ['down', 'up', 'both'] },
  { ...narrow, name: '… and a window of 11,680', ways: ['both'] },
  { ...narrow, name: '… and a window of 5,840', behind: `${lineQueue}; ${window(5840)}` },
  {
    ...narrow,
    name: '… a window of 11,680, pfifo_fast',
    behind: `${lineQueue}; tc qdisc replace dev ppp0 root pfifo_fast; ${window(11_680)}`,
  },
  { ...narrow, name: '… a window of 11,680, without VJ compression', pppd: 'call isp noccp novj', ways: ['both', 'down'] },
  { ...narrow, name: '… a window of 11,592, MTU 1006', pppd: `call isp noccp ${units(1006)}`, behind: `${lineQueue}; ${window(11_592)}` },
  {
    ...narrow,
    name: '… a window of 6,432, MTU 576',
    pppd: `call isp noccp ${units(576)}`,
    behind: `${lineQueue}; ${window(6432)}`,
    ways: ['both', 'down'],
  },
  {
    ...narrow,
    name: '… a window of 4,096, MTU 296',
    pppd: `call isp noccp ${units(296)}`,
    behind: `${lineQueue}; ${window(4096)}`,
    ways: ['both', 'down'],
  },
  { ...narrow, name: 'letters, not compressed', ways: ['down'], text: 'letters' },
  { ...narrow, name: 'letters, BSD-Compress', pppd: 'call isp nodeflate bsdcomp 15', ways: ['down'], text: 'letters' },
  { ...narrow, name: 'letters, Deflate', pppd: 'call isp', ways: ['down'], text: 'letters' },
]
