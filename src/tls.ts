/**
 * Adapter (node:tls): encrypts a connection to one of the ISP's servers, for both doors to it, and judges who is there (`judge`).
 * Handshakes are as small as they can be: sessions are resumed (tickets.ts), and nothing is offered that costs more line than it gives.
 */
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
} from 'node:tls'
import { tickets } from './tickets.ts'
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
      /** Without certificates, by a ticket of an earlier session whose server had proven itself. */
      readonly resumed?: true
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
  const known = tickets()
  let lenient: SecureContext | undefined
  let strict: SecureContext | undefined
  const contextFor = ({ verify }: Server): SecureContext => {
    // What a server of the nineties can do is still better than clear text.
    if (!verify) return (lenient ??= createSecureContext({ ...short, minVersion: 'TLSv1', ...old }))
    return (strict ??= createSecureContext({ ...short, ca: [...authorities()], minVersion: 'TLSv1.2' }))
  }
  return (plain, server) => {
    const key = identityOf(server)
    const session = known.offer(key)
    const socket = connect({
      socket: plain,
      host: server.host,
      ...(isIP(server.host) === 0 ? { servername: server.host.toLowerCase() } : {}),
      ...(session ? { session } : {}),
      rejectUnauthorized: false,
      secureContext: contextFor(server),
    })
    // TLS 1.2 gives its ticket with the end of the handshake, before the verdict; TLS 1.3 whenever it likes.
    const given: Buffer[] = []
    const early = (ticket: Buffer): void => void given.push(ticket)
    socket.on('session', early)
    const verdict = handshake(socket).then((broken): Verdict => {
      socket.off('session', early)
      const found: Verdict = broken === undefined ? judge(socket, server, authorities, clockIsKnown()) : { kind: 'failed', reason: broken }
      if (found.kind === 'failed') {
        known.forget(key)
        return found
      }
      if (session) known.offered(key, found.resumed === true)
      const keep = (ticket: Buffer): void => known.keep(key, ticket)
      if (!server.verify || found.fault === undefined) {
        given.forEach(keep)
        socket.on('session', keep)
      }
      return found
    })
    return { socket, verdict }
  }
}

/** A ticket is worth what its server once proved, under the very same conditions. */
function identityOf({ host, port, verify, fingerprint }: Server): string {
  return [host.toLowerCase(), port, verify ? 'verified' : 'any', fingerprint === undefined ? '' : plainHex(fingerprint)].join(' ')
}

/**
 * What the ClientHello offers, in octets that count: OpenSSL's own has 1,600 of them, 1,200 of which are a share of a post-quantum
 * key (three tenths of a second of modem line, and more until a server that does not know it has ignored it); this one has 250.
 * Every server that speaks TLS 1.2 or better as RFC 9325 or RFC 7525 recommend it, or as was usual before, finds its way in.
 */
const short: SecureContextOptions = {
  ecdhCurve: 'X25519:P-256:P-384:P-521',
  sigalgs:
    'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512',
  ciphers: [
    'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES128-SHA:AES256-SHA',
  ].join(':'),
}

/** And for servers of the nineties, where the alternative is clear text. */
const old: SecureContextOptions = {
  sigalgs: `${short.sigalgs}:RSA+SHA1:ECDSA+SHA1`,
  ciphers: `${short.ciphers}:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:DHE-RSA-AES128-SHA:DHE-RSA-AES256-SHA:@SECLEVEL=0`,
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
 * A fingerprint in the settings stands above all that: that certificate and no other. A resumed session shows no certificate:
 * its ticket was kept because all this had been found good (see `identityOf`), and only that server can read it.
 */
function judge(
  socket: TLSSocket,
  { host, verify, fingerprint }: Server,
  authorities: () => readonly string[],
  clockIsKnown: boolean,
): Verdict {
  const cipher = `${socket.getProtocol()} ${socket.getCipher().name}`
  const unseen = verify || fingerprint !== undefined ? {} : { fault: 'not checked' }
  if (socket.isSessionReused()) return { kind: 'secured', cipher, resumed: true, ...unseen }
  if (fingerprint !== undefined) {
    const shown = plainHex(socket.getPeerCertificate().fingerprint256)
    if (shown === plainHex(fingerprint)) return { kind: 'secured', cipher }
    return { kind: 'failed', reason: `the certificate of ${host} is not the one whose fingerprint is in the settings, but ${shown}` }
  }
  if (!verify) return { kind: 'secured', cipher, ...unseen }
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
