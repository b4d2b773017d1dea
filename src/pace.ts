/**
 * Adapter (tcp(7), by libc.ts): keeps what is under way to and from the ISP at what the line can use (allowance.ts): inwards by the window
 * that the kernel advertises, outwards by what the kernel is given, since a send buffer takes what it likes. It looks four times
 * a second while there is a connection, and then only. It counts what they send, closed ones too, so that LAN users' traffic can be told
 * from ours. Knows nothing of what that is; where the kernel will not tell or will not be told, nothing is held back.
 */
import { Socket, isIP } from 'node:net'
import { type Course, type Direction, allowance, beginCourse, follow, shareOf } from './allowance.ts'
import type { Clock } from './clock.ts'
import { discardAtClose, type TcpInfo, limitReceiving, tcpInfo, tcpSocket, typeOfService, unacknowledged } from './libc.ts'

/** What leaves on a connection that collects are acknowledgements and small commands: they go first, since the other direction waits for them. */
export type Use = 'sending' | 'collecting'

export interface Pace {
  /** A socket for a connection over the line, not connected yet: the first SYN already tells the window, and a window once told cannot be taken back. */
  open(address: string, use: Use): Socket
  /** How many octets the system may be given now, once it may have as many as are asked for. */
  room(socket: Socket, octets: number): number | Promise<number>
  /**
   * Nobody wants it any more: what is unsent is thrown away when it is closed. Else the kernel goes on sending by itself, over the next
   * call too, and a dot could reach the smarthost whose letter is sent again.
   */
  abandon(socket: Socket): void
  /** What all connections together have carried since the start. */
  carried(): Carried
}

/** IP packets that left, and octets that the two sides had to say to each other. */
type Tally = { readonly packets: number; readonly payload: number }
/** `waiting`: octets of ours have not been acknowledged, so that packets counted here may still be in a queue before the line. */
export type Carried = Tally & { readonly waiting: boolean }

type Connection = { readonly fd: number; readonly may: Record<Direction, number>; last: TcpInfo }
type Flow = { course: Course; octets: number }

/** Milliseconds between looks; and the longest between two looks at a connection that has no room: a modem still has half a second of it. */
const every = 250
const longestNap = 25
/** Octets, where nothing is to be held back. */
const plenty = 64 * 1024
/** Until the two have agreed on it. */
const usualSegment = 1460

/** A FIN, and the acknowledgement of theirs, that nobody can count any more (RFC 9293 §3.6). */
const farewell = 2

/** `holds`: false leaves the queues to the kernel, and only counts. */
export function pacer(clock: Clock, { holds = true }: { readonly holds?: boolean } = {}): Pace {
  const connections = new Map<Socket, Connection>()
  const flows: Record<Direction, Flow> = {
    received: { course: beginCourse, octets: 0 },
    acknowledged: { course: beginCourse, octets: 0 },
  }
  let running = false
  let closed: Tally = { packets: 0, payload: 0 }

  /** The last moment at which the kernel still knows. */
  const part = (socket: Socket): void => {
    const connection = connections.get(socket)
    if (!connection) return
    connections.delete(socket)
    const { sent, received, acknowledged } = tcpInfo(connection.fd) ?? connection.last
    closed = { packets: closed.packets + sent + farewell, payload: closed.payload + received + acknowledged }
  }
  const roundTrip = (): number => {
    const times = connections.values().map(({ last }) => last.roundTrip)
    return times.reduce((least, time) => (time > 0 && (least === 0 || time < least) ? time : least), 0)
  }
  const look = (): void => {
    const moved = { received: new Map<Connection, number>(), acknowledged: new Map<Connection, number>() }
    for (const connection of connections.values()) {
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
    if (!holds) return
    const segment = connection.last.roundTrip > 0 ? connection.last.segment : usualSegment
    const octets = shareOf(allowance(way, flows[way].course.rate, roundTrip(), segment), sharers, segment)
    if (Math.abs(octets - connection.may[way]) < segment / 2) return
    connection.may[way] = octets
    if (way === 'received') limitReceiving(connection.fd, octets)
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
  const roomNow = (socket: Socket, octets: number): number => {
    const connection = connections.get(socket)
    if (!connection || !holds) return plenty
    const waiting = unacknowledged(connection.fd)
    const room = connection.may.acknowledged - waiting
    return waiting === 0 ? Math.max(room, octets) : room
  }
  const waitForRoom = async (socket: Socket, octets: number): Promise<number> => {
    for (;;) {
      const room = roomNow(socket, octets)
      if (room >= octets) return room
      await clock.sleep(clock.elapsed() + Math.min(longestNap, Math.max(1, roundTrip() / 4)))
    }
  }
  return {
    open(address, use) {
      const family = isIP(address) === 6 ? 6 : 4
      const fd = made(family, holds ? use : undefined)
      const last = fd === undefined ? undefined : tcpInfo(fd)
      if (fd === undefined || !last) return new Socket()
      // Not reading yet, which its type does not know.
      const options = { fd, manualStart: true }
      const socket = new Socket(options)
      const connection: Connection = { fd, last, may: { received: 0, acknowledged: 0 } }
      for (const way of ['received', 'acknowledged'] as const) allot(way, connection, 1)
      connections.set(socket, connection)
      const destroy = socket.destroy.bind(socket)
      socket.destroy = (error) => {
        part(socket)
        return destroy(error)
      }
      if (!running) void watch()
      return socket
    },
    room(socket, octets) {
      const room = roomNow(socket, octets)
      return room >= octets ? room : waitForRoom(socket, octets)
    },
    abandon(socket) {
      const connection = connections.get(socket)
      if (connection) discardAtClose(connection.fd)
    },
    carried() {
      const tally = connections.values().reduce((sum, { fd, last }) => {
        const { sent, received, acknowledged } = tcpInfo(fd) ?? last
        return { packets: sum.packets + sent, payload: sum.payload + received + acknowledged }
      }, closed)
      return { ...tally, waiting: connections.values().some(({ fd }) => unacknowledged(fd) > 0) }
    },
  }
}

/** Undefined where the kernel makes none: then Node's own attempt has the words for why. */
function made(family: 4 | 6, use: Use | undefined): number | undefined {
  try {
    const fd = tcpSocket(family)
    if (use) typeOfService(fd, family, use === 'sending' ? 'throughput' : 'low delay')
    return fd
  } catch {
    return undefined
  }
}

/** The kernel's own way. */
export const unpaced: Pace = {
  open: () => new Socket(),
  room: () => plenty,
  abandon: () => {},
  carried: () => ({ packets: 0, payload: 0, waiting: false }),
}
