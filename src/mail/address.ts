/**
 * A mailbox as envelopes name it (RFC 5321 §4.1.2): local part and domain, parsed once at the door.
 * Knows quoting and nothing else: which domains are ours, and who lives there, is route/'s business.
 */

/** `local` is without quotes and escapes; `domain` is lower case, '' for an address without one; literals keep their brackets. */
export type Address = { readonly local: string; readonly domain: string }

/** Where bounces go: null is the null sender `<>`. */
export type ReversePath = Address | null

const atom = /^[^\s"(),:;<>@[\]\\\x00-\x1f\x7f]+$/
const label = /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}_])?$/u
const literal = /^\[[\x21-\x5a\x5e-\x7e]+\]$/

/** Parses `local@domain`, `"quoted local"@domain`, `local@[1.2.3.4]` or a bare `local`; undefined if it is none of them. */
export function parseAddress(text: string): Address | undefined {
  const { local, rest } = text.startsWith('"') ? quotedLocal(text) : plainLocal(text)
  if (local === undefined) return undefined
  if (rest === '') return { local, domain: '' }
  const domain = rest.slice(1).toLowerCase()
  return isDomain(domain) ? { local, domain } : undefined
}

/** Parses the inside of `<…>` in MAIL and RCPT, dropping a source route (RFC 5321 appendix C). */
export function parsePath(text: string): Address | undefined {
  return parseAddress(text.replace(/^@[^:]*:/, ''))
}

/** The address as envelopes write it, the local part quoted where it must be. */
export function formatAddress({ local, domain }: Address): string {
  const name = isDotAtom(local) ? local : `"${local.replace(/["\\]/g, '\\$&')}"`
  return domain === '' ? name : `${name}@${domain}`
}

/** `<address>`, or `<>` for the null sender. */
export function formatPath(path: ReversePath): string {
  return path ? `<${formatAddress(path)}>` : '<>'
}

/** One string for each mailbox, whatever its letter case: for maps and sets, never for the wire. */
export function addressKey({ local, domain }: Address): string {
  return `${local.toLowerCase()}@${domain}`
}

/** A domain name or an address literal. */
export function isDomain(text: string): boolean {
  return literal.test(text) || (text.length <= 255 && text.split('.').every((part) => part.length <= 63 && label.test(part)))
}

function isDotAtom(local: string): boolean {
  return local.split('.').every((part) => atom.test(part))
}

function plainLocal(text: string): { local: string | undefined; rest: string } {
  const at = text.lastIndexOf('@')
  const local = at < 0 ? text : text.slice(0, at)
  return isDotAtom(local.replace(/\.+$|\.(?=\.)/g, '')) ? { local, rest: at < 0 ? '' : text.slice(at) } : { local: undefined, rest: '' }
}

function quotedLocal(text: string): { local: string | undefined; rest: string } {
  const quoted = /^"((?:[^"\\\r\n\x00]|\\[^\r\n\x00])*)"(@.+)?$/.exec(text)
  if (!quoted) return { local: undefined, rest: '' }
  return { local: quoted[1]?.replace(/\\(.)/g, '$1'), rest: quoted[2] ?? '' }
}
