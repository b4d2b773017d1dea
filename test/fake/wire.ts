/** A wire in memory: what one end writes the other reads, in pieces as large as the test likes; it can break at the nth write. */
import type { Connect, Secured, Target, Wire } from '../../src/send/wire.ts'

export type FakeWireOptions = {
  /** The nth write (from 1) and everything after it is lost, with this for a fault. */
  readonly breaksAt?: number
  readonly fault?: string
  /** From the nth write (from 1) on the system takes nothing over: its buffers are full. */
  readonly fullAt?: number
  /** How encryption goes; default: well. */
  readonly secured?: Secured
}

/** The server's end. */
export interface Peer {
  /** The next octets; undefined when the client has closed. */
  read(): Promise<Uint8Array | undefined>
  write(octets: Uint8Array | string): void
  /** Hangs up. */
  close(): void
  readonly target: Target
}

/** Each connection is given to `serve` with its number, from 0. */
export function fakeConnect(
  serve: (peer: Peer, turn: number) => Promise<void>,
  options: (turn: number) => FakeWireOptions = () => ({}),
): Connect {
  let turn = -1
  return async (target, signal) => {
    turn += 1
    if (signal.aborted) return { kind: 'failed', reason: 'given up' }
    const { wire, peer } = fakeWire(target, options(turn))
    const secured = target.tls === 'implicit' ? await wire.startTls() : undefined
    if (secured?.kind === 'failed') return secured
    void serve(peer, turn)
    return { kind: 'connected', wire: { ...wire, ...(secured ? { secured } : {}) } }
  }
}

export function fakeWire(target: Target, options: FakeWireOptions = {}): { readonly wire: Wire; readonly peer: Peer } {
  const toClient = pipe()
  const toServer = pipe()
  let writes = 0
  let fault: string | undefined
  const over = Promise.withResolvers<void>()
  const cut = (): void => {
    over.resolve()
    toClient.cut()
    toServer.end()
  }
  const wire: Wire = {
    where: `${target.host} [${target.address}]`,
    read: () => toClient.read(),
    async write(octets, sent) {
      writes += 1
      if (writes === options.breaksAt) {
        fault = options.fault
        cut()
      }
      if (options.fullAt !== undefined && writes >= options.fullAt) return over.promise
      if (toServer.push(octets)) sent?.()
    },
    async startTls() {
      toClient.drop()
      return options.secured ?? { kind: 'secured', cipher: 'none' }
    },
    end: () => toServer.end(),
    close: cut,
    fault: () => fault,
  }
  const peer: Peer = {
    target,
    read: () => toServer.read(),
    write: (octets) => void toClient.push(Buffer.from(octets)),
    close() {
      toClient.end()
      toServer.cut()
    },
  }
  return { wire, peer }
}

function pipe() {
  let octets: Uint8Array[] = []
  let ended = false
  let reader: ((octets: Uint8Array | undefined) => void) | undefined
  const serve = (): void => {
    if (!reader || (octets.length === 0 && !ended)) return
    const waiting = reader
    reader = undefined
    waiting(octets.shift())
  }
  const end = (): void => {
    ended = true
    serve()
  }
  return {
    push(more: Uint8Array): boolean {
      if (ended) return false
      octets.push(more.slice())
      serve()
      return true
    },
    read: () =>
      new Promise<Uint8Array | undefined>((resolve) => {
        reader = resolve
        serve()
      }),
    drop() {
      octets = []
    },
    end,
    cut() {
      octets = []
      end()
    },
  }
}
