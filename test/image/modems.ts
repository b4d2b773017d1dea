/**
 * Two modems and the telephone line between them, already connected: what QEMU's serial ports speak to. Each port is a socket in the
 * folder; a modem whose buffer is full stops reading it, as CTS would say, so that what has to wait waits in the machine.
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { carrier } from './carrier.ts'

export type ModemsOptions = {
  /** Where the sockets `near` and `far` are made. */
  readonly folder: string
  /** Default 33,600. */
  readonly bitsPerSecond?: number
  /** Milliseconds one way; default 60. */
  readonly delay?: number
  /** Octets that a modem takes before it stops its computer; default 1,024. */
  readonly buffer?: number
}

export type Side = 'near' | 'far'

export type Modems = {
  /** The socket for a machine's serial port. */
  readonly port: (side: Side) => string
  /** Octets that have arrived since the beginning, by the side that sent them. */
  readonly carried: () => Readonly<Record<Side, number>>
  /** From now on nothing arrives on either side; neither computer is told. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

/** Milliseconds between looks at a line in use: a dozen octets at 33,600 bit/s. */
const look = 3

export async function startModems({ folder, bitsPerSecond = 33_600, delay = 60, buffer = 1024 }: ModemsOptions): Promise<Modems> {
  const port = (side: Side): string => join(folder, side)
  const lines = { near: carrier({ bitsPerSecond, delay }), far: carrier({ bitsPerSecond, delay }) }
  const servers: Server[] = []
  const sockets: Partial<Record<Side, Socket>> = {}
  let whole = true
  let timer: NodeJS.Timeout | undefined

  const turn = (): void => {
    timer = undefined
    const now = performance.now()
    for (const [from, to] of ways) {
      const octets = lines[from].arrived(now)
      if (whole && octets.length > 0) sockets[to]?.write(octets)
      if (lines[from].waiting(now) <= buffer / 2) sockets[from]?.resume()
    }
    if (!lines.near.quiet() || !lines.far.quiet()) timer = setTimeout(turn, look)
  }
  const connected = (side: Side, socket: Socket): void => {
    sockets[side] = socket
    socket.on('error', () => {})
    socket.on('data', (octets: Buffer) => {
      lines[side].offer(octets, performance.now())
      if (lines[side].waiting(performance.now()) >= buffer) socket.pause()
      timer ??= setTimeout(turn, look)
    })
  }
  for (const [side] of ways) {
    // A stopped stream would go on reading until its own buffer is full, and that is fifteen seconds of line by default.
    const server = createServer({ highWaterMark: 1 }, (socket) => connected(side, socket))
    server.listen(port(side))
    await once(server, 'listening')
    servers.push(server)
  }
  return {
    port,
    carried: () => ({ near: lines.near.carried(), far: lines.far.carried() }),
    cut() {
      whole = false
    },
    async close() {
      clearTimeout(timer)
      for (const socket of Object.values(sockets)) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    },
  }
}

const ways = [
  ['near', 'far'],
  ['far', 'near'],
] as const satisfies readonly (readonly [Side, Side])[]
