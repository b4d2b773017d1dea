/**
 * Two modems and the telephone line between them, for QEMU's serial ports. Either they are connected already and know no commands, each a
 * socket in the folder; or they speak AT, the near one calls the far one, and each is a tty with modem lines.
 */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Exchange, openExchange } from '../modem/exchange.ts'
import { openLines } from '../modem/lines.ts'
import { virtualModem } from '../modem/modem.ts'
import { openPty } from '../modem/pty.ts'
import { openTrunk, type Side, sides, type TrunkEnd, type TrunkOptions } from '../modem/trunk.ts'
import type { ModemPort } from './emulator.ts'

export type Modems = {
  /** For a machine's serial port. */
  readonly port: (side: Side) => ModemPort
  /** Octets that have arrived since the beginning, by the side that sent them. */
  readonly carried: () => Readonly<Record<Side, number>>
  /** From now on nothing arrives on either side; neither computer is told. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

export type DialledModems = Modems & {
  /** Where calls are dialled. */
  readonly exchange: Exchange
}

/** They are connected from the beginning. */
export async function leasedModems(folder: string, line: TrunkOptions = {}): Promise<Modems> {
  const path = (side: Side): string => join(folder, side)
  const sockets: Partial<Record<Side, Socket>> = {}
  const endOf = (side: Side): TrunkEnd => ({
    arrived: (octets) => void sockets[side]?.write(octets),
    hold: () => sockets[side]?.pause(),
    go: () => sockets[side]?.resume(),
  })
  const trunk = openTrunk(line, { near: endOf('near'), far: endOf('far') })
  const servers = sides.map((side) =>
    // A stopped stream would go on reading until its own buffer is full, and that is fifteen seconds of line by default.
    createServer({ highWaterMark: 1 }, (socket) => {
      sockets[side] = socket
      socket.on('error', () => {})
      socket.on('data', (octets: Buffer) => trunk.send(side, octets))
    }).listen(path(side)),
  )
  await Promise.all(servers.map((server) => once(server, 'listening')))
  return {
    port: (side) => ({ backend: `socket,path=${path(side)}` }),
    carried: () => trunk.carried(),
    cut: () => trunk.cut(),
    async close() {
      trunk.close()
      for (const socket of Object.values(sockets)) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    },
  }
}

/** They speak AT. */
export function dialledModems(folder: string, line: TrunkOptions = {}): DialledModems {
  const exchange = openExchange(line)
  const modemAt = (side: Side) => {
    const tty = join(folder, side)
    const port = { backend: `serial,path=${tty}`, lines: `${tty}.lines` }
    const pty = openPty({ name: tty })
    const lines = openLines(port.lines)
    const modem = virtualModem({ port: pty.master, exchange, lines, side })
    const close = async (): Promise<void> => {
      modem.close()
      lines.close()
      await pty.close()
    }
    return { port, close }
  }
  const modems = { near: modemAt('near'), far: modemAt('far') }
  return {
    port: (side) => modems[side].port,
    carried: () => exchange.carried(),
    cut: () => exchange.cut(),
    exchange,
    async close() {
      exchange.close()
      for (const side of sides) await modems[side].close()
    },
  }
}
