/** Adapter (node:net): TCP to the first of a host's addresses that answers, and TLS (tls.ts) over what is open. It looks up no names. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import { type Pace, unpaced } from '../pace.ts'
import type { Encrypt, Server } from '../tls.ts'

export type Connected =
  | { readonly kind: 'open'; readonly stream: Duplex; readonly address: string }
  | { readonly kind: 'failed'; readonly text: string }

export type Secured = { readonly kind: 'open'; readonly stream: Duplex } | { readonly kind: 'failed'; readonly text: string }

export interface Sockets {
  /** Tries the addresses in order, each for at most `timeout` milliseconds. */
  connect(addresses: readonly string[], port: number, timeout: number, signal: AbortSignal): Promise<Connected>
  /** TLS over an open stream; octets that came ahead of it are thrown away (RFC 2595 §4). */
  secure(stream: Duplex, server: Server, timeout: number, signal: AbortSignal): Promise<Secured>
}

export type SocketParts = {
  readonly clock: Clock
  readonly encrypt: Encrypt
  /** Absent: nothing but the kernel keeps the line's queues short. */
  readonly pace?: Pace
}

export function sockets({ clock, encrypt, pace = unpaced }: SocketParts): Sockets {
  return {
    async connect(addresses, port, timeout, signal) {
      let failure = 'It has no address'
      for (const address of addresses) {
        const connected = await connectOne(address, port, pace, deadline(clock, timeout, signal))
        if (connected.kind === 'open' || signal.aborted) return connected
        failure = connected.text
      }
      return { kind: 'failed', text: failure }
    },
    secure: (stream, server, timeout, signal) => secureOne(encrypt, stream, server, deadline(clock, timeout, signal)),
  }
}

type Deadline = { readonly passed: Promise<string>; readonly done: () => void }

function deadline(clock: Clock, timeout: number, signal: AbortSignal): Deadline {
  const done = new AbortController()
  const either = AbortSignal.any([done.signal, signal])
  const passed = clock
    .sleep(clock.elapsed() + timeout, either)
    .then(() => (signal.aborted ? 'We were stopped' : `No answer in ${Math.round(timeout / 1000)} s`))
  return { passed, done: () => done.abort() }
}

async function connectOne(address: string, port: number, pace: Pace, { passed, done }: Deadline): Promise<Connected> {
  const socket = pace.open(address, 'collecting')
  const opened = new Promise<string | undefined>((resolve) => {
    socket.once('connect', () => resolve(undefined))
    socket.on('error', (error) => resolve(error.message))
  })
  socket.connect({ host: address, port, lookup: refuseLookup })
  socket.setNoDelay(true)
  socket.setKeepAlive(true)
  const failure = await Promise.race([opened, passed])
  done()
  if (failure === undefined) return { kind: 'open', stream: socket, address }
  socket.destroy()
  return { kind: 'failed', text: `${address}: ${failure}` }
}

/** Names are the resolver's: a lookup here might dial. */
function refuseLookup(
  host: string,
  _options: unknown,
  tell: (error: NodeJS.ErrnoException, address: string, family: number) => void,
): void {
  tell(new Error(`${host} is no address`), '', 0)
}

async function secureOne(encrypt: Encrypt, stream: Duplex, server: Server, { passed, done }: Deadline): Promise<Secured> {
  while (stream.read() !== null);
  const { socket, verdict } = encrypt(stream, server)
  const judged = verdict.then((found) => (found.kind === 'failed' ? found.reason : undefined))
  const failure = await Promise.race([judged, passed])
  done()
  if (failure === undefined) return { kind: 'open', stream: socket }
  socket.destroy()
  stream.destroy()
  return { kind: 'failed', text: failure }
}
