/**
 * Adapter: the wire as a TCP connection (node:net) that may become a TLS one (node:tls). Small writes of one turn of the
 * event loop share a segment, and Nagle is off. TLS sessions are kept in memory and resumed: a certificate chain is a
 * second of modem line. How certificates are judged stands at `judge`.
 */
import { type Socket, connect as connectTcp, isIP } from 'node:net'
import {
  type SecureContext,
  type TLSSocket,
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
} from 'node:tls'
import { isDateFault, leadsTo } from './trust.ts'
import type { Connect, Connected, Secured, Target, Wire } from './wire.ts'

export type SocketOptions = {
  /** False while the wall clock is a guess: then wrong dates alone do not condemn a certificate. */
  readonly clockIsKnown: () => boolean
  /** PEM of the authorities to trust; absent: the system's, or those that came with Node where it has none. */
  readonly authorities?: () => readonly string[]
}

/** What waits to be read before the other side is held back, octets. */
const readAhead = 64 * 1024

export function sockets(options: SocketOptions): Connect {
  const secure = encrypter(options)
  return async (target, signal) => {
    const plain = await dial(target, signal)
    if ('reason' in plain) return { kind: 'failed', reason: plain.reason }
    const wire = overSocket(plain, target, secure)
    return target.tls === 'implicit' ? encryptAtOnce(wire, signal) : { kind: 'connected', wire }
  }
}

/** Port 465 and the like (RFC 8314). */
async function encryptAtOnce(wire: Wire, signal: AbortSignal): Promise<Connected> {
  const giveUp = (): void => wire.close()
  signal.addEventListener('abort', giveUp)
  const secured = await wire.startTls()
  signal.removeEventListener('abort', giveUp)
  return secured.kind === 'failed' ? secured : { kind: 'connected', wire: { ...wire, secured } }
}

function dial({ address, port }: Target, signal: AbortSignal): Promise<Socket | { readonly reason: string }> {
  if (signal.aborted) return Promise.resolve({ reason: 'given up' })
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port, noDelay: true })
    const connected = (): void => settle(socket)
    const failed = (error: Error): void => settle({ reason: wordsOf(error) })
    const giveUp = (): void => {
      settle({ reason: 'no connection in time' })
      socket.on('error', () => {}).destroy()
    }
    const settle = (result: Socket | { readonly reason: string }): void => {
      signal.removeEventListener('abort', giveUp)
      socket.off('connect', connected).off('error', failed)
      resolve(result)
    }
    signal.addEventListener('abort', giveUp)
    socket.once('connect', connected).once('error', failed)
  })
}

type Encrypt = (plain: Socket, target: Target) => Promise<{ readonly secured: Secured; readonly socket: TLSSocket }>

function overSocket(plain: Socket, target: Target, encrypt: Encrypt): Wire {
  let socket: Socket = plain
  let arrived: Uint8Array[] = []
  let fault: string | undefined
  let ended = false
  let corked = false
  let reader: ((octets: Uint8Array | undefined) => void) | undefined
  const blocked = new Set<() => void>()

  const give = (octets: Uint8Array | undefined): void => {
    const waiting = reader
    reader = undefined
    if (waiting) waiting(octets)
    else if (octets) arrived.push(octets)
    if (arrived.reduce((sum, { length }) => sum + length, 0) >= readAhead) socket.pause()
  }
  const finish = (): void => {
    ended = true
    for (const go of blocked) go()
    if (arrived.length === 0) give(undefined)
  }
  const fail = (error: Error): void => {
    fault ??= wordsOf(error)
  }
  const drained = (): void => {
    for (const go of blocked) go()
  }
  const listen = (): void => void socket.on('data', give).on('error', fail).on('end', finish).on('close', finish).on('drain', drained)
  const leave = (): void => void socket.off('data', give).off('error', fail).off('end', finish).off('close', finish).off('drain', drained)
  listen()

  return {
    where: `${target.host} [${target.address}]`,
    fault: () => fault,
    async read() {
      const first = arrived.shift()
      if (first) socket.resume()
      if (first || ended) return first
      return new Promise((resolve) => {
        reader = resolve
      })
    },
    async write(octets, sent) {
      if (ended || octets.length === 0) return
      if (!corked) {
        corked = true
        const written = socket
        written.cork()
        setImmediate(() => {
          corked = false
          written.uncork()
        })
      }
      if (socket.write(octets, (error) => void (error ?? sent?.()))) return
      await new Promise<void>((resolve) => {
        const go = (): void => {
          blocked.delete(go)
          resolve()
        }
        blocked.add(go)
      })
    },
    async startTls() {
      leave()
      arrived = []
      const result = await encrypt(plain, target)
      socket = result.socket
      listen()
      if (result.secured.kind === 'failed') {
        fault ??= result.secured.reason
        socket.destroy()
        finish()
      }
      return result.secured
    },
    end() {
      socket.end()
      socket.destroySoon()
    },
    close() {
      socket.destroy()
      plain.destroy()
      finish()
    },
  }
}

function encrypter({ authorities = systemAuthorities, clockIsKnown }: SocketOptions): Encrypt {
  const sessions = new Map<string, Buffer>()
  let lenient: SecureContext | undefined
  let strict: SecureContext | undefined
  const contextFor = ({ tls }: Target): SecureContext => {
    // What a server of the nineties can do is still better than clear text.
    if (tls === 'opportunistic') return (lenient ??= createSecureContext({ minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    return (strict ??= createSecureContext({ ca: [...authorities()], minVersion: 'TLSv1.2' }))
  }
  return async (plain, target) => {
    const key = `${target.host}:${target.port}:${target.tls}`
    const session = sessions.get(key)
    const socket = connectTls({
      socket: plain,
      host: target.host,
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      ...(session ? { session } : {}),
      rejectUnauthorized: false,
      secureContext: contextFor(target),
    })
    const broken = await handshake(socket)
    if (broken !== undefined) sessions.delete(key)
    const secured: Secured = broken === undefined ? judge(socket, target, authorities, clockIsKnown()) : { kind: 'failed', reason: broken }
    if (secured.kind === 'secured' && (target.tls === 'opportunistic' || secured.fault === undefined))
      socket.on('session', (fresh) => sessions.set(key, fresh))
    return { secured, socket }
  }
}

/** Hundreds of kilobytes: asked for when first needed, and not kept. */
function systemAuthorities(): readonly string[] {
  const system = getCACertificates('system')
  return system.length > 0 ? [...new Set(system)] : getCACertificates('bundled')
}

/** What went wrong, in words. */
function handshake(socket: TLSSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(undefined))
    socket.on('error', (error) => resolve(wordsOf(error)))
    socket.once('close', () => resolve('the connection ended during the handshake'))
  })
}

/**
 * opportunistic takes any certificate, unseen. required and implicit demand one of an authority that we trust, for this host,
 * in its time; but a box that does not know the time yet cannot tell, and takes one whose only fault is its dates.
 * A fingerprint in the settings stands above all that: that certificate and no other.
 */
function judge(
  socket: TLSSocket,
  { host, tls, fingerprint }: Target,
  authorities: () => readonly string[],
  clockIsKnown: boolean,
): Secured {
  const cipher = `${socket.getProtocol()} ${socket.getCipher().name}`
  if (fingerprint !== undefined) {
    const shown = plainHex(socket.getPeerCertificate().fingerprint256)
    if (shown === plainHex(fingerprint)) return { kind: 'secured', cipher }
    return { kind: 'failed', reason: `the certificate of ${host} is not the one whose fingerprint is in the settings, but ${shown}` }
  }
  if (tls === 'opportunistic') return { kind: 'secured', cipher, fault: 'not checked' }
  if (socket.authorized) return { kind: 'secured', cipher }
  // A string, whatever its type says: a code, or words.
  const fault = String(socket.authorizationError)
  if (
    !clockIsKnown &&
    isDateFault(fault) &&
    leadsTo(chainOf(socket), authorities()) &&
    !checkServerIdentity(host, socket.getPeerCertificate())
  )
    return { kind: 'secured', cipher, fault }
  return { kind: 'failed', reason: `the certificate of ${host} cannot be trusted: ${fault}` }
}

function plainHex(fingerprint = ''): string {
  return fingerprint.replaceAll(':', '').toUpperCase()
}

/** DER, the server's own first. */
function chainOf(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = []
  let certificate = socket.getPeerCertificate(true)
  while (certificate?.raw && chain.length < 10) {
    chain.push(certificate.raw)
    if (certificate.issuerCertificate === certificate) break
    certificate = certificate.issuerCertificate
  }
  return chain
}

function wordsOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return code === undefined || error.message.includes(code) ? error.message : `${code}: ${error.message}`
}
