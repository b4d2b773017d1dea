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
  /** Cuts every connection; new ones are reset until `pickUp`. */
  hangUp(): void
  /** Octets carried each way since the beginning, without headers. */
  carried(): Carried
  close(): Promise<void>
}

/** What is cut into pieces so that connections share the line fairly (octets), and what may wait before a sender is stopped. */
const piece = 512
const waiting = 4096

export function pretendModem({ bitsPerSecond, latency }: { bitsPerSecond: number; latency: number }): Modem {
  const out = direction(bitsPerSecond, latency)
  const back = direction(bitsPerSecond, latency)
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  let offHook = false

  const join = (near: Socket, port: number): void => {
    if (!offHook) return void near.resetAndDestroy()
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
      for (const socket of sockets) socket.resetAndDestroy()
    },
    carried: () => ({ out: out.octets(), in: back.octets() }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    },
  }
}

/** One direction of the line: everything written to it arrives in order, piece by piece, at the line's rate. */
function direction(bitsPerSecond: number, latency: number) {
  const onWire: { chunk: Buffer; to: Socket; due: number; arrived: () => void }[] = []
  let free = 0
  let octets = 0
  let timer: NodeJS.Timeout | undefined
  const arrive = (): void => {
    timer = undefined
    for (let head = onWire[0]; head && head.due <= performance.now(); head = onWire[0]) {
      onWire.shift()
      if (!head.to.destroyed) {
        octets += head.chunk.length
        head.to.write(head.chunk)
      }
      head.arrived()
    }
    if (onWire[0]) timer = setTimeout(arrive, Math.max(1, onWire[0].due - performance.now()))
  }
  const send = (chunk: Buffer, to: Socket, arrived: () => void): void => {
    free = Math.max(free, performance.now()) + (chunk.length * 8000) / bitsPerSecond
    onWire.push({ chunk, to, due: free + latency, arrived })
    timer ??= setTimeout(arrive, 1)
  }
  return {
    octets: () => octets,
    /** What a cut leaves on the wire is lost, and the line is free at once. */
    cut(): void {
      for (const { arrived } of onWire.splice(0)) arrived()
      free = 0
    },
    carry(from: Socket, to: Socket): void {
      let queued = 0
      let ended = false
      let closed = false
      const finish = (): void => {
        if (ended && queued === 0) to.end()
        if (closed && queued === 0) to.destroySoon()
      }
      from.on('data', (data: Buffer) => {
        for (let at = 0; at < data.length; at += piece) {
          const chunk = data.subarray(at, at + piece)
          queued += chunk.length
          send(chunk, to, () => {
            queued -= chunk.length
            if (queued < waiting) from.resume()
            finish()
          })
        }
        if (queued >= waiting) from.pause()
      })
      from.on('end', () => {
        ended = true
        finish()
      })
      from.on('close', () => {
        closed = true
        finish()
      })
    },
  }
}
