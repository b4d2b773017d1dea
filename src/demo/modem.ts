/**
 * A pretend telephone line on loopback: TCP connections through it share one rate in each direction, as on a modem, and all of
 * them end when the line is cut. For the demo and the journeys; real pppd over an emulated modem is tested elsewhere.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export type Carried = { readonly out: number; readonly in: number }

export interface Modem {
  /** Opens the way to a port at the ISP's; resolves with the port on our side. */
  through(port: number): Promise<number>
  /** Lets connections pass from now on. */
  pickUp(): void
  /** Cuts every connection; new ones are closed at once until `pickUp`. */
  hangUp(): void
  /** Octets carried each way since the beginning, without headers. */
  carried(): Carried
  close(): Promise<void>
}

/** Connections take turns by pieces of so many octets; a sender is stopped while so many wait. */
const piece = 512
const waiting = 1024

export function pretendModem({ bitsPerSecond, latency }: { bitsPerSecond: number; latency: number }): Modem {
  const out = direction(bitsPerSecond, latency)
  const back = direction(bitsPerSecond, latency)
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  let offHook = false

  const join = (near: Socket, port: number): void => {
    if (!offHook) return void near.destroy()
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true))
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    out.carry(near, far)
    back.carry(far, near)
  }
  return {
    through(port) {
      const server = createServer({ allowHalfOpen: true }, (socket) => join(socket, port))
      servers.push(server)
      return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port)))
    },
    pickUp() {
      offHook = true
    },
    hangUp() {
      offHook = false
      for (const one of [out, back]) one.cut()
      for (const socket of sockets) socket.destroy()
    },
    carried: () => ({ out: out.octets(), in: back.octets() }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    },
  }
}

/** One direction of the line: connections take turns, a piece each, and every piece arrives in order at the line's rate. */
function direction(bitsPerSecond: number, latency: number) {
  const lanes = new Set<Lane>()
  const onWire: { chunk: Buffer; lane: Lane; due: number }[] = []
  let free = 0
  let octets = 0
  let timer: NodeJS.Timeout | undefined

  /** Puts on the wire what it is free for, and takes off what has arrived. */
  const turn = (): void => {
    timer = undefined
    const now = performance.now()
    for (let lane = nextOf(lanes); lane && free <= now; lane = nextOf(lanes)) {
      const chunk = lane.take()
      free = Math.max(free, now - 5) + (chunk.length * 8000) / bitsPerSecond
      onWire.push({ chunk, lane, due: free + latency })
      lanes.delete(lane)
      if (lane.waits() > 0) lanes.add(lane)
    }
    while (onWire[0] && onWire[0].due <= now) {
      const { chunk, lane } = onWire.shift() ?? onWire[0]
      if (lane.arrive(chunk)) octets += chunk.length
    }
    schedule()
  }
  const schedule = (): void => {
    const next = Math.min(lanes.size > 0 ? free : Number.POSITIVE_INFINITY, onWire[0]?.due ?? Number.POSITIVE_INFINITY)
    if (next < Number.POSITIVE_INFINITY) timer ??= setTimeout(turn, Math.max(0, next - performance.now()))
  }
  return {
    octets: () => octets,
    /** What a cut leaves on the wire is lost, and the line is free at once. */
    cut(): void {
      lanes.clear()
      onWire.length = 0
      free = 0
    },
    carry(from: Socket, to: Socket): void {
      const lane = laneBetween(from, to)
      from.on('data', (data: Buffer) => {
        lane.put(data)
        lanes.add(lane)
        schedule()
      })
    },
  }
}

type Lane = ReturnType<typeof laneBetween>

/** What one connection has for the line; its sender is stopped while that is much. */
function laneBetween(from: Socket, to: Socket) {
  let queued = Buffer.alloc(0)
  let flying = 0
  let ended = false
  let closed = false
  const finish = (): void => {
    if (queued.length + flying > 0) return
    if (ended) to.end()
    if (closed) to.destroySoon()
  }
  from.on('end', () => {
    ended = true
    finish()
  })
  from.on('close', () => {
    closed = true
    finish()
  })
  return {
    waits: () => queued.length,
    put(data: Buffer): void {
      queued = Buffer.concat([queued, data])
      if (queued.length >= waiting) from.pause()
    },
    take(): Buffer {
      const chunk = queued.subarray(0, piece)
      queued = queued.subarray(piece)
      flying += chunk.length
      if (queued.length < waiting) from.resume()
      return chunk
    },
    arrive(chunk: Buffer): boolean {
      flying -= chunk.length
      const arrives = !to.destroyed
      if (arrives) to.write(chunk)
      finish()
      return arrives
    },
  }
}

function nextOf<T>(lanes: ReadonlySet<T>): T | undefined {
  const [first] = lanes
  return first
}
