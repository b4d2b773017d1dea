/**
 * Whether a server's certificate may be believed while this box does not know what year it is. Elsewhere OpenSSL judges;
 * but where it finds the dates wrong it stops saying what else is, so that a clock of 1970 would either stop all mail or
 * let everybody pass. Here the chain is followed by signatures alone, dates left out. Pure.
 */
import { X509Certificate } from 'node:crypto'

/** What OpenSSL calls wrong dates. */
export function isDateFault(code: string): boolean {
  return code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED'
}

/** `chain` is DER, the server's own first; `anchors` are PEM. True if signatures lead from the one to one of the others. */
export function leadsTo(chain: readonly Uint8Array[], anchors: readonly string[]): boolean {
  const certificates = chain.slice(0, longestChain).map((der) => new X509Certificate(der))
  for (const [at, certificate] of certificates.entries()) {
    if (at > 0 && !certificate.ca) return false
    if (isAnchored(certificate, anchors)) return true
    const issuer = certificates[at + 1]
    if (!issuer || !isIssuedBy(certificate, issuer)) return false
  }
  return false
}

const longestChain = 8

/** Parsed one at a time: all of them at once would cost megabytes. */
function isAnchored(certificate: X509Certificate, anchors: readonly string[]): boolean {
  return anchors.some((pem) => {
    const anchor = new X509Certificate(pem)
    return anchor.fingerprint256 === certificate.fingerprint256 || (anchor.ca && isIssuedBy(certificate, anchor))
  })
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}
