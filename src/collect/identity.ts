/**
 * Names for letters whose server gives them none that lasts: a digest of the header, less what servers and mail programs change
 * in it while it lies there. Two letters with the same header octets, Received lines included, are one letter.
 */
import { createHash } from 'node:crypto'
import type { Header } from '../mail/header.ts'

const volatile = new Set([
  'status',
  'x-status',
  'x-uidl',
  'x-keywords',
  'x-imap',
  'x-imapbase',
  'content-length',
  'lines',
  'x-mozilla-status',
  'x-mozilla-status2',
])

/** Cannot be a UIDL of any server seen so far. */
const prefix = 'top:'

export function headerKey(header: Header): string {
  const hash = createHash('sha256')
  for (const { name, raw } of header) if (!volatile.has(name)) hash.update(raw)
  return `${prefix}${hash.digest('hex').slice(0, 20)}`
}

export function isHeaderKey(key: string): boolean {
  return key.startsWith(prefix)
}

/** Of route/fingerprint's text, which may be a few KB. */
export function shortFingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 24)
}
