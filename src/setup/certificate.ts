/**
 * The key with which the LAN's door offers STARTTLS, and the certificate that vouches for itself (RFC 5280; ECDSA with P-256, RFC 5480,
 * RFC 5758). A new box believes that it is 1970, and nobody renews anything later: it holds from then on, and for ever
 * (§4.1.2.5: 99991231235959Z for what has no good end). Both are one PEM text, for one is worth nothing without the other.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate, createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { parseIp } from '../ip.ts'
import { bare, bitString, generalizedTime, integer, objectId, octetString, sequence, set, tagged, utcTime, utf8, yes } from './der.ts'

/** By what names the box is called on the LAN. */
export type Named = { readonly hostname: string; readonly addresses: readonly string[] }

/** A new key each time. */
export function selfSigned(named: Named): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = pem('CERTIFICATE', certificateOf(named, privateKey, publicKey))
  return `${certificate}${privateKey.export({ type: 'pkcs8', format: 'pem' })}`
}

/** Whether that PEM text, ours or somebody's, is a certificate for all these names; then it is to stay, since people may have come to trust it. */
export function isFor(text: string, { hostname, addresses }: Named): boolean {
  try {
    const certificate = new X509Certificate(text)
    return certificate.checkHost(hostname) !== undefined && addresses.every((address) => certificate.checkIP(address) !== undefined)
  } catch {
    return false
  }
}

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))
const commonName = objectId('2.5.4.3')

function certificateOf({ hostname, addresses }: Named, key: KeyObject, publicKey: KeyObject): Uint8Array {
  const host = domainToASCII(hostname)
  const name = sequence(set(sequence(commonName, utf8(shortened(host)))))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const body = sequence(
    tagged(0, integer(Uint8Array.of(2))),
    serial(),
    ecdsaWithSha256,
    name,
    sequence(utcTime('700101000000Z'), generalizedTime('99991231235959Z')),
    name,
    spki,
    tagged(3, sequence(...extensions(host, addresses, spki))),
  )
  return sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, key)))
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, never again. */
function serial(): Uint8Array {
  const octets = randomBytes(16)
  octets[0] = 0x40 | ((octets[0] ?? 0) & 0x3f)
  return integer(octets)
}

/** A common name has at most 64 characters (X.520); the whole stands among the alternative names. */
function shortened(host: string): string {
  return host.length <= 64 ? host : (host.split('.')[0] ?? '')
}

function extensions(host: string, addresses: readonly string[], spki: Uint8Array): readonly Uint8Array[] {
  const names = [...new Set([host, host.split('.')[0] ?? host])].map((one) => bare(2, Buffer.from(one, 'latin1')))
  const numbers = addresses.map((address) => bare(7, Uint8Array.from(parseIp(address) ?? [])))
  const digitalSignature = bitString(Uint8Array.of(0x80), 7)
  const serverAuth = objectId('1.3.6.1.5.5.7.3.1')
  return [
    extension('2.5.29.19', sequence(), 'critical'),
    extension('2.5.29.15', digitalSignature, 'critical'),
    extension('2.5.29.37', sequence(serverAuth)),
    extension('2.5.29.14', octetString(createHash('sha1').update(spki.subarray(-65)).digest())),
    extension('2.5.29.17', sequence(...names, ...numbers)),
  ]
}

function extension(id: string, content: Uint8Array, critical?: 'critical'): Uint8Array {
  return sequence(objectId(id), ...(critical ? [yes] : []), octetString(content))
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
