/**
 * Adapter (node:tls): encrypts a connection to one of the ISP's servers, for both doors to it, and judges who is there (`judge`).
 * Sessions are kept in memory and resumed: a certificate chain is a second of modem line.
 */
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContext, type TLSSocket, checkServerIdentity, connect, createSecureContext, getCACertificates } from 'node:tls'
import { isDateFault, leadsTo } from './trust.ts'

/** Whom we mean to talk to, and how sure we must be. */
export type Server = {
  readonly host: string
  readonly port: number
  /** False: any certificate and old protocols will do, against listeners only, since the alternative is clear text. */
  readonly verify: boolean
  /** SHA-256 of the one certificate to trust, hexadecimal with or without colons. */
  readonly fingerprint?: string | undefined
}

export type Verdict =
  | {
      readonly kind: 'secured'
      /** `TLSv1.3 TLS_AES_256_GCM_SHA384`. */
      readonly cipher: string
      /** Why the certificate proves nothing, where that is put up with. */
      readonly fault?: string
    }
  | { readonly kind: 'failed'; readonly reason: string }

/** `verdict` never rejects; until it is there nothing may be said on the socket, and once it is `failed` the socket is to be destroyed. */
export type Encrypt = (plain: Duplex, server: Server) => { readonly socket: TLSSocket; readonly verdict: Promise<Verdict> }

export type EncryptOptions = {
  /** False while the wall clock is a guess: then wrong dates alone do not condemn a certificate. */
  readonly clockIsKnown: () => boolean
  /** PEM of the authorities to trust; absent: the system's, or those that came with Node where it has none. */
  readonly authorities?: () => readonly string[]
}

export function encrypter({ authorities = systemAuthorities, clockIsKnown }: EncryptOptions): Encrypt {
  const sessions = new Map<string, Buffer>()
  let lenient: SecureContext | undefined
  let strict: SecureContext | undefined
  const contextFor = ({ verify }: Server): SecureContext => {
    // What a server of the nineties can do is still better than clear text.
    if (!verify) return (lenient ??= createSecureContext({ minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    return (strict ??= createSecureContext({ ca: [...authorities()], minVersion: 'TLSv1.2' }))
  }
  return (plain, server) => {
    const key = `${server.host}:${server.port}:${server.verify}`
    const session = sessions.get(key)
    const socket = connect({
      socket: plain,
      host: server.host,
      ...(isIP(server.host) === 0 ? { servername: server.host } : {}),
      ...(session ? { session } : {}),
      rejectUnauthorized: false,
      secureContext: contextFor(server),
    })
    const verdict = handshake(socket).then((broken): Verdict => {
      const found: Verdict = broken === undefined ? judge(socket, server, authorities, clockIsKnown()) : { kind: 'failed', reason: broken }
      if (found.kind === 'failed') sessions.delete(key)
      else if (!server.verify || found.fault === undefined) socket.on('session', (fresh) => sessions.set(key, fresh))
      return found
    })
    return { socket, verdict }
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
 * Without `verify` any certificate is taken, unseen. With it, it must be one of an authority that we trust, for this host, in
 * its time; but a box that does not know the time yet cannot tell, and takes one whose only fault is its dates.
 * A fingerprint in the settings stands above all that: that certificate and no other.
 */
function judge(
  socket: TLSSocket,
  { host, verify, fingerprint }: Server,
  authorities: () => readonly string[],
  clockIsKnown: boolean,
): Verdict {
  const cipher = `${socket.getProtocol()} ${socket.getCipher().name}`
  if (fingerprint !== undefined) {
    const shown = plainHex(socket.getPeerCertificate().fingerprint256)
    if (shown === plainHex(fingerprint)) return { kind: 'secured', cipher }
    return { kind: 'failed', reason: `the certificate of ${host} is not the one whose fingerprint is in the settings, but ${shown}` }
  }
  if (!verify) return { kind: 'secured', cipher, fault: 'not checked' }
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
