/**
 * A bad line in front of a server: a TCP proxy that passes everything until a chosen octet has gone by in one direction, and then
 * hangs up on both, or goes silent as a modem does that has lost its carrier. What has gone by has reached the other side.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type Cut = {
  /** Who sends the octets that are watched. */
  readonly from: 'client' | 'server'
  /** The cut comes right behind the nth octet of this direction, or behind the first (or `nth`) time these octets appear in it. */
  readonly after: number | string | Uint8Array
  readonly nth?: number
  /** hang-up: both sides see the connection end, and nothing more passes. silence: nothing is taken from either side, and nobody is told. Default hang-up. */
  readonly ending?: 'hang-up' | 'silence'
}

export type Cutter = {
  readonly port: number
  /** Connections so far, and how many of them were cut. */
  connections(): number
  cuts(): number
  readonly stop: () => Promise<void>
}

/** `plan` says for each connection, counted from 0, where it is cut; undefined: never. */
export async function startCutter(server: number, plan: (connection: number) => Cut | undefined): Promise<Cutter> {
  const sockets = new Set<Socket>()
  let connections = 0
  let cuts = 0
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port: server, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => (socket === client ? upstream : client).destroy())
    }
    const cut = plan(connections++)
    join(client, upstream, cut, () => cuts++)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => connections,
    cuts: () => cuts,
    async stop() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

function join(client: Socket, server: Socket, cut: Cut | undefined, count: () => void): void {
  let over = false
  const fall = (): void => {
    over = true
    count()
    if (cut?.ending === 'silence') return void [client, server].map((socket) => socket.pause())
    // The server is told after what it was sent; the client at once.
    client.destroy()
    server.end()
    server.resume()
  }
  const pass = (source: Socket, target: Socket, watch: ((chunk: Buffer) => number) | undefined): void => {
    source.on('data', (chunk: Buffer) => {
      if (over) return
      const end = watch?.(chunk) ?? -1
      const passing = end < 0 ? chunk : chunk.subarray(0, end)
      if (!target.write(passing)) {
        source.pause()
        target.once('drain', () => over || source.resume())
      }
      if (end >= 0) fall()
    })
    source.on('end', () => !over && target.end())
  }
  pass(client, server, cut?.from === 'client' ? watcher(cut) : undefined)
  pass(server, client, cut?.from === 'server' ? watcher(cut) : undefined)
}

/** Called with each chunk: where in it the cut is, or -1. */
function watcher({ after, nth = 1 }: Cut): (chunk: Buffer) => number {
  let passed = 0
  if (typeof after === 'number')
    return (chunk) => {
      passed += chunk.length
      return passed >= after ? chunk.length - (passed - after) : -1
    }
  const wanted = Buffer.from(after)
  let left = nth
  let tail = Buffer.alloc(0)
  return (chunk) => {
    const seen = Buffer.concat([tail, chunk])
    let from = 0
    for (let at = seen.indexOf(wanted); at >= 0; at = seen.indexOf(wanted, from)) {
      from = at + wanted.length
      if (--left === 0) return from - tail.length
    }
    tail = seen.subarray(Math.max(from, seen.length - wanted.length + 1))
    return -1
  }
}
