/**
 * The emulated telephone line: a process with two TUN devices, one in each network namespace, and a pipe in each direction between
 * them. `emulator.ts NEAR-PID FAR-PID OPTIONS` with the processes whose namespaces are joined and the line as JSON; it is
 * started and steered over IPC (see telephone.ts), and its devices go with it.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { type Counted, type PipeOptions, pipe } from './pipe.ts'
import { segmentOf, type Tally, tallying } from './tally.ts'
import { type Tun, openTun } from './tun.ts'

/** Congestion control is cubic at both ends, as everywhere. */
export type LineOptions = {
  readonly up: PipeOptions
  readonly down: PipeOptions
  readonly mtu: number
  /** More metrics of the near end's route (ip-route(8)): `rto_min 3s`. */
  readonly route?: string
  /** A file that gets a line for each packet as it reaches its queue: milliseconds, direction, and what segmentOf says. */
  readonly trace?: string
}

/** The near side's address, and the far side's. */
export const addresses = { near: '10.77.0.1', far: '10.77.0.2' } as const

export type Order = 'begin' | 'report' | 'cut' | 'mend'

export type DirectionReport = Counted & Tally

export type Report = {
  /** Milliseconds from `begin` to the last octet in either direction. */
  readonly elapsed: number
  /** Milliseconds in which neither direction carried anything. */
  readonly idle: number
  readonly up: DirectionReport
  readonly down: DirectionReport
}

export function runEmulator([near = '', far = '', options = '']: readonly string[]): void {
  const { up, down, mtu, route, trace } = JSON.parse(options) as LineOptions
  const ends = { near: openTun(`dial${process.pid}n`), far: openTun(`dial${process.pid}f`) }
  moveInto(`dial${process.pid}n`, near, addresses.near, addresses.far, mtu, route)
  moveInto(`dial${process.pid}f`, far, addresses.far, addresses.near, mtu)
  let directions = begin()
  let began = performance.now()
  let cut = false
  let timer: NodeJS.Timeout | undefined

  function begin() {
    return [direction(up, ends.far), direction(down, ends.near)] as const
  }
  const work = (): void => {
    const now = performance.now()
    for (const { carry } of directions) carry(now)
    const next = Math.min(...directions.map(({ line }) => line.next() ?? Number.POSITIVE_INFINITY))
    clearTimeout(timer)
    // A millisecond early and then again: timers are late rather than exact.
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(work, Math.max(0, next - performance.now() - 0.5))
  }
  const listen = (end: Tun, way: 0 | 1): void =>
    end.listen((packet) => {
      if (cut) return
      const kept = directions[way].offer(packet, performance.now())
      if (trace !== undefined) appendFileSync(trace, traced(performance.now() - began, way, packet, kept))
      work()
    })
  listen(ends.near, 0)
  listen(ends.far, 1)
  process.on('message', (order: Order) => {
    if (order === 'begin') {
      directions = begin()
      began = performance.now()
    } else if (order === 'report') process.send?.(reportOf(directions, began))
    else {
      cut = order === 'cut'
      if (cut) for (const { line } of directions) line.clear()
    }
  })
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.send?.('ready')
}

function direction(options: PipeOptions, to: Tun) {
  const line = pipe(options)
  const tally = tallying()
  /** Stretches in which it carried something, as [from, to]; they grow in order. */
  const busy: [number, number][] = []
  return {
    line,
    tally,
    busy,
    offer(packet: Uint8Array, now: number) {
      tally.take(packet)
      return line.offer(packet, now)
    },
    carry(now: number) {
      for (const packet of line.arrived(now)) {
        const ends = now - options.latency
        const begins = ends - ((packet.length + options.framing) * 8000) / options.bitsPerSecond
        const last = busy.at(-1)
        if (last && begins - last[1] < 5) last[1] = ends
        else busy.push([begins, ends])
        to.give(packet)
      }
    },
  }
}

function traced(at: number, way: 0 | 1, packet: Uint8Array, kept: boolean): string {
  const { ports = '', sequence = 0, acknowledged = 0, window = 0, payload = 0, flags = '' } = segmentOf(packet) ?? {}
  const words = [
    Math.round(at),
    way === 0 ? 'up' : 'down',
    ports,
    flags,
    `seq=${sequence}`,
    `ack=${acknowledged}`,
    `win=${window}`,
    payload,
  ]
  return `${words.join(' ')}${kept ? '' : ' dropped'}\n`
}

type Direction = ReturnType<typeof direction>

function reportOf([up, down]: readonly [Direction, Direction], began: number): Report {
  const elapsed = Math.max(up.line.counted().last, down.line.counted().last) - began
  return {
    elapsed,
    idle: elapsed - union([...up.busy, ...down.busy]),
    up: { ...up.line.counted(), ...up.tally.tally() },
    down: { ...down.line.counted(), ...down.tally.tally() },
  }
}

/** How long at least one of these stretches lasted, together. */
function union(stretches: readonly (readonly [number, number])[]): number {
  let [total, until] = [0, 0]
  for (const [from, to] of stretches.toSorted((a, b) => a[0] - b[0])) {
    total += Math.max(0, to - Math.max(from, until))
    until = Math.max(until, to)
  }
  return total
}

function moveInto(device: string, pid: string, own: string, other: string, mtu: number, route = ''): void {
  execFileSync('ip', ['link', 'set', device, 'netns', pid])
  const commands = [
    `ip addr add ${own}/32 dev ${device}`,
    `ip link set ${device} mtu ${mtu} up`,
    // Per route, since a namespace may not choose what the machine's own settings do not allow.
    `ip route add ${other} dev ${device} congctl cubic ${route}`,
    `ip route replace default via ${other} dev ${device} congctl cubic ${route}`,
  ]
  execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'sh', '-ec', commands.join('\n')])
}

if (import.meta.main) runEmulator(process.argv.slice(2))
