/**
 * Adapter (/sys/class/net, /proc/net/netstat): whether LAN users use the line, looked at once a second while a call is up and then only. A ppp interface counts
 * whole IP packets before Van Jacobson's and CCP's compression (drivers/net/ppp/ppp_generic.c, ppp_send_frame), as our own
 * sockets' counts do (pace.ts), so that one can be taken from the other. What a server sends a second time, after a call that was lost, is in no connection's
 * count, but the kernel counts such segments (proc_net_netstat(5)). An interface that cannot be read has no users.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Carried } from './pace.ts'
import { judge, type Users } from './users.ts'

export type TrafficOptions = {
  readonly clock: Clock
  /** What our own connections have carried. */
  readonly carried: () => Carried
  /** LAN users are there, or have been quiet for a while. */
  readonly changed?: (active: boolean) => void
  /** Where the kernel lists network interfaces; for tests. */
  readonly interfaces?: string
  /** Where it counts what TCP went through; for tests. */
  readonly netstat?: string
}

export interface Traffic {
  /** The line is up on this interface; '' is one that nobody can look at. */
  open(name: string): void
  /** When somebody else last used it in this call, `clock.elapsed()` milliseconds. */
  users(): { readonly lastActive: number | undefined }
  /** When an octet of ours last moved in this call. */
  lastUseful(): number | undefined
  /** Octets of ours that went by no connection: a datagram with its headers. */
  spent(octets: number): void
  close(): void
}

/** Milliseconds. */
const every = 1000
const quietAfter = 3000

export function traffic({
  clock,
  carried,
  changed = () => {},
  interfaces = '/sys/class/net',
  netstat = '/proc/net/netstat',
}: TrafficOptions): Traffic {
  let call = new AbortController()
  let datagrams = 0
  let [users, lastActive, lastUseful]: [Users | undefined, number | undefined, number | undefined] = [undefined, undefined, undefined]
  let payload = 0
  let active = false

  const tell = (now: boolean): void => {
    if (now === active) return
    active = now
    changed(now)
  }
  const look = (name: string): void => {
    const now = clock.elapsed()
    const ours = carried()
    if (ours.payload > payload) lastUseful = now
    payload = ours.payload
    const line = counted(interfaces, name)
    if (line === undefined) return
    const judged = judge(users, line.octets, ours.octets + datagrams + repeated(netstat) * line.packet)
    users = judged.users
    if (judged.active) lastActive = now
    tell(lastActive !== undefined && now - lastActive < quietAfter)
  }
  const watch = async (name: string, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      look(name)
      await clock.sleep(clock.elapsed() + every, signal)
    }
  }
  const close = (): void => {
    call.abort()
    tell(false)
  }
  return {
    open(name) {
      close()
      call = new AbortController()
      users = lastActive = lastUseful = undefined
      payload = carried().payload
      void watch(name, call.signal)
    },
    users: () => ({ lastActive }),
    lastUseful: () => lastUseful,
    spent: (octets) => void (datagrams += octets),
    close,
  }
}

/** Segments that came in although they had been there before, of connections that end in this box: what is forwarded is not among them. */
function repeated(netstat: string): number {
  try {
    const [names = [], values = []] = readFileSync(netstat, 'utf8')
      .split('\n')
      .filter((row) => row.startsWith('TcpExt:'))
      .map((row) => row.split(' '))
    const count = (name: string): number => Number(values[names.indexOf(name)] ?? 0)
    return count('TCPDSACKOldSent') + count('TCPDSACKOfoSent')
  } catch {
    return 0
  }
}

/** Octets both ways, and of a full packet; undefined once the interface is gone. */
function counted(interfaces: string, name: string): { readonly octets: number; readonly packet: number } | undefined {
  if (name === '') return undefined
  try {
    const read = (file: string): number => Number(readFileSync(join(interfaces, name, file), 'utf8'))
    const [octets, packet] = [read('statistics/rx_bytes') + read('statistics/tx_bytes'), read('mtu')]
    return Number.isFinite(octets + packet) ? { octets, packet } : undefined
  } catch {
    return undefined
  }
}
