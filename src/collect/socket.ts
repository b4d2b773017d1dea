/**
 * Adapter (node:net, node:tls): TCP to the first of a host's addresses that answers, and TLS over what is open. It looks up no
 * names. A TLS session is kept in memory for each server: resuming it saves the certificates' 3 to 5 KB, a second of modem line.
 */
import { Socket, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'

export type Connected =
  | { readonly kind: 'open'; readonly stream: Duplex; readonly address: string }
  | { readonly kind: 'failed'; readonly text: string }

export type Secured = { readonly kind: 'open'; readonly stream: Duplex } | { readonly kind: 'failed'; readonly text: string }

/** How sure we must be whom we talk to. */
export type Trust = {
  readonly host: string
  /** False: any certificate will do, against listeners only (`opportunistic`). */
  readonly verify: boolean
  /** PEM of the authorities to trust instead of the usual ones. */
  readonly ca?: string | undefined
  /** SHA-256 of the one certificate to trust, hexadecimal with or without colons: good without a clock and without authorities. */
  readonly fingerprint?: string | undefined
}

export interface Sockets {
  /** Tries the addresses in order, each for at most `timeout` milliseconds. */
  connect(addresses: readonly string[], port: number, timeout: number, signal: AbortSignal): Promise<Connected>
  /** TLS over an open stream; octets that came ahead of it are thrown away (RFC 2595 §4). */
  secure(stream: Duplex, trust: Trust, timeout: number, signal: AbortSignal): Promise<Secured>
}

export function sockets({ clock }: { readonly clock: Clock }): Sockets {
  const sessions = new Map<string, Buffer>()
  return {
    async connect(addresses, port, timeout, signal) {
      let failure = 'It has no address'
      for (const address of addresses) {
        const connected = await connectOne(address, port, deadline(clock, timeout, signal))
        if (connected.kind === 'open' || signal.aborted) return connected
        failure = connected.text
      }
      return { kind: 'failed', text: failure }
    },
    secure: (stream, trust, timeout, signal) => secureOne(stream, trust, sessions, deadline(clock, timeout, signal)),
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

async function connectOne(address: string, port: number, { passed, done }: Deadline): Promise<Connected> {
  const socket = new Socket()
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

async function secureOne(stream: Duplex, trust: Trust, sessions: Map<string, Buffer>, { passed, done }: Deadline): Promise<Secured> {
  while (stream.read() !== null);
  const pinned = trust.fingerprint?.replaceAll(':', '').toUpperCase()
  const name = JSON.stringify(trust)
  const session = sessions.get(name)
  const tls = connectTls({
    socket: stream,
    rejectUnauthorized: trust.verify && pinned === undefined,
    ...(isIP(trust.host) === 0 ? { servername: trust.host } : { host: trust.host }),
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
    ...(session === undefined ? {} : { session }),
  })
  tls.on('session', (fresh: Buffer) => sessions.set(name, fresh))
  const opened = new Promise<string | undefined>((resolve) => {
    tls.once('secureConnect', () =>
      resolve(pinned === undefined || fingerprintOf(tls) === pinned ? undefined : `Its certificate is another: ${fingerprintOf(tls)}`),
    )
    tls.on('error', (error) => resolve(error.message))
    tls.once('close', () => resolve('It hung up while TLS was being set up'))
  })
  const failure = await Promise.race([opened, passed])
  done()
  if (failure === undefined) return { kind: 'open', stream: tls }
  sessions.delete(name)
  tls.destroy()
  stream.destroy()
  return { kind: 'failed', text: failure }
}

function fingerprintOf(tls: TLSSocket): string {
  return (tls.getPeerCertificate().fingerprint256 ?? '').replaceAll(':', '')
}
