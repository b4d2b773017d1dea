/**
 * Two modems and the telephone line between them: what QEMU's serial ports speak to, each a socket in the folder. Either they are connected
 * already and know no commands, or they speak AT, and the near one calls the far one.
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Exchange, openExchange } from '../modem/exchange.ts'
import { virtualModem, type VirtualModem } from '../modem/modem.ts'
import { openTrunk, type Side, sides, type TrunkEnd, type TrunkOptions } from '../modem/trunk.ts'

export type ModemsOptions = TrunkOptions & {
  /** Where the sockets `near` and `far` are made. */
  readonly folder: string
  /** They speak AT; otherwise they are connected from the beginning. */
  readonly dialled?: boolean
}

export type Modems = {
  /** The socket for a machine's serial port. */
  readonly port: (side: Side) => string
  /** Octets that have arrived since the beginning, by the side that sent them. */
  readonly carried: () => Readonly<Record<Side, number>>
  /** From now on nothing arrives on either side; neither computer is told. */
  readonly cut: () => void
  /** Where calls are dialled. */
  readonly exchange: Exchange
  readonly close: () => Promise<void>
}

export async function startModems({ folder, dialled = false, ...line }: ModemsOptions): Promise<Modems> {
  const port = (side: Side): string => join(folder, side)
  const exchange = openExchange(line)
  const sockets: Partial<Record<Side, Socket>> = {}
  const modems: VirtualModem[] = []
  const leased = openTrunk(line, { near: endOf('near'), far: endOf('far') })
  const servers: Server[] = []

  function endOf(side: Side): TrunkEnd {
    return {
      arrived: (octets) => void sockets[side]?.write(octets),
      hold: () => sockets[side]?.pause(),
      go: () => sockets[side]?.resume(),
    }
  }
  const connected = (side: Side, socket: Socket): void => {
    sockets[side] = socket
    socket.on('error', () => {})
    if (dialled) modems.push(virtualModem({ port: socket, exchange, side }))
    else socket.on('data', (octets: Buffer) => leased.send(side, octets))
  }
  for (const side of sides) {
    // A stopped stream would go on reading until its own buffer is full, and that is fifteen seconds of line by default.
    const server = createServer({ highWaterMark: 1 }, (socket) => connected(side, socket))
    server.listen(port(side))
    await once(server, 'listening')
    servers.push(server)
  }
  return {
    port,
    carried: () => (dialled ? exchange.carried() : leased.carried()),
    cut: () => (dialled ? exchange.cut() : leased.cut()),
    exchange,
    async close() {
      leased.close()
      exchange.close()
      for (const modem of modems) modem.close()
      for (const socket of Object.values(sockets)) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    },
  }
}
