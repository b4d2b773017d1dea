/** From a server's name to a stream that is open and, where it is to be so from the start, encrypted; TLS can be put over it later. */
import type { Duplex } from 'node:stream'
import type { Server } from '../tls.ts'
import type { Failure } from './maildrop.ts'
import type { Sockets } from './socket.ts'

/** The resolver's answer, as far as it matters here. */
export type Resolve = (
  host: string,
  signal: AbortSignal,
) => Promise<
  { readonly kind: 'found'; readonly addresses: readonly string[] } | { readonly kind: 'unknown' | 'failed'; readonly reason: string }
>

export type Place = {
  readonly host: string
  readonly port: number
  readonly tls: 'off' | 'opportunistic' | 'required' | 'implicit'
  readonly fingerprint?: string | undefined
}

export type Means = {
  readonly resolve: Resolve
  readonly sockets: Sockets
  /** Milliseconds: for one address to answer, and for TLS. */
  readonly patience: { readonly connect: number; readonly answer: number }
}

export type Way = {
  readonly stream: Duplex
  readonly address: string
  /** TLS over what is open. */
  readonly secure: () => Promise<{ readonly stream: Duplex } | Failure>
}

export async function reach(
  { host, port, fingerprint, tls }: Place,
  { resolve, sockets, patience }: Means,
  signal: AbortSignal,
): Promise<Way | Failure> {
  const found = await resolve(host, signal)
  if (found.kind !== 'found') return { kind: 'unreachable', text: `${host}: ${found.reason}` }
  const connected = await sockets.connect(found.addresses, port, patience.connect, signal)
  if (connected.kind === 'failed') return { kind: 'unreachable', text: `${host}: ${connected.text}` }
  const server: Server = { host, port, verify: tls !== 'opportunistic', fingerprint }
  const secure: Way['secure'] = async () => {
    const secured = await sockets.secure(connected.stream, server, patience.answer, signal)
    return secured.kind === 'failed' ? { kind: 'insecure', text: `TLS failed: ${secured.text}` } : { stream: secured.stream }
  }
  const way = { stream: connected.stream, address: connected.address, secure }
  if (tls !== 'implicit') return way
  const secured = await secure()
  return 'kind' in secured ? { ...secured, text: `${host}: ${secured.text}` } : { ...way, stream: secured.stream }
}
