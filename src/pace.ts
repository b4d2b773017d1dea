/**
 * Adapter (tcp(7), by libc.ts): keeps what is under way to and from the ISP at what the line can use (allowance.ts), by the kernel's own
 * windows: the send buffer outwards, the advertised window inwards. It looks four times a second while there is a connection,
 * and then only. Knows nothing of what the connections carry; where the kernel will not tell or will not be told, it does nothing.
 */
import { Socket, isIP } from 'node:net'
import { type Course, allowance, beginCourse, follow, shareOf } from './allowance.ts'
import type { Clock } from './clock.ts'
import { type TcpInfo, limitReceiving, limitSending, tcpInfo, tcpSocket, typeOfService } from './libc.ts'

/** A socket for a connection over the line, to that address, which is not connected yet: the first SYN already tells the window, and a window once told cannot be taken back. */
export type Pace = (address: string, use: Use) => Socket

/** What leaves on a connection that collects are acknowledgements and small commands: they go first, since the other direction waits for them. */
export type Use = 'sending' | 'collecting'

type Direction = 'received' | 'acknowledged'
type Connection = { readonly fd: number; readonly set: Record<Direction, number>; last: TcpInfo }
type Flow = { course: Course; octets: number }

const every = 250
/** Until the two have agreed on it. */
const usualSegment = 1460

export function pacer(clock: Clock): Pace {
  const connections = new Set<Connection>()
  const flows: Record<Direction, Flow> = {
    received: { course: beginCourse, octets: 0 },
    acknowledged: { course: beginCourse, octets: 0 },
  }
  let running = false

  const look = (): void => {
    const moved = { received: new Map<Connection, number>(), acknowledged: new Map<Connection, number>() }
    for (const connection of connections) {
      const info = tcpInfo(connection.fd)
      if (!info) continue
      for (const way of ['received', 'acknowledged'] as const) {
        const octets = info[way] - connection.last[way]
        flows[way].octets += octets
        if (octets > 0) moved[way].set(connection, octets)
      }
      connection.last = info
    }
    for (const [way, flow] of Object.entries(flows) as [Direction, Flow][]) {
      flow.course = follow(flow.course, { at: clock.elapsed(), octets: flow.octets })
      const total = moved[way].values().reduce((sum, octets) => sum + octets, 0)
      // Commands between the letters of others do not count.
      const sharers = [...moved[way]].filter(([, octets]) => octets >= total / 8).map(([connection]) => connection)
      for (const connection of sharers) allot(way, connection, sharers.length)
    }
  }
  const allot = (way: Direction, connection: Connection, sharers: number): void => {
    const segment = connection.last.roundTrip > 0 ? connection.last.segment : usualSegment
    const roundTrip = Math.min(...[...connections].map(({ last }) => last.roundTrip).filter((time) => time > 0))
    const octets = shareOf(allowance(flows[way].course.rate, Number.isFinite(roundTrip) ? roundTrip : 0, segment), sharers, segment)
    if (Math.abs(octets - connection.set[way]) < segment / 2) return
    connection.set[way] = octets
    if (way === 'received') limitReceiving(connection.fd, octets)
    else limitSending(connection.fd, octets)
  }
  const watch = async (): Promise<void> => {
    running = true
    while (connections.size > 0) {
      await clock.sleep(clock.elapsed() + every)
      look()
    }
    for (const flow of Object.values(flows)) flow.course = beginCourse
    running = false
  }
  return (address, use) => {
    const family = isIP(address) === 6 ? 6 : 4
    const fd = tcpSocket(family)
    typeOfService(fd, family, use === 'sending' ? 'throughput' : 'low delay')
    // Not reading yet, which its type does not know.
    const options = { fd, manualStart: true }
    const socket = new Socket(options)
    const last = tcpInfo(fd)
    if (!last) return socket
    const connection: Connection = { fd, last, set: { received: 0, acknowledged: 0 } }
    for (const way of ['received', 'acknowledged'] as const) allot(way, connection, 1)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
    if (!running) void watch()
    return socket
  }
}
