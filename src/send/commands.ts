/**
 * MAIL and RCPT as one server understands them: what it does not offer is left out (RFC 1870, 3461, 6152, 6531), and so is what
 * costs every letter more than it could save one. Pure.
 */
import type { Address, ReversePath } from '../mail/address.ts'
import { formatPath } from '../mail/address.ts'
import type { Parameters, Recipient } from '../mail/envelope.ts'
import type { Features } from './features.ts'

/**
 * Smaller letters have their size told by themselves: that the server will refuse this one, though its limit is larger, is known
 * two seconds earlier at best, and ten octets a letter would be paid for it.
 */
const worthTelling = 8 * 1024

export type Burden = {
  /** Octets. */
  readonly size: number
  /** Some of them are not ASCII. */
  readonly eightBit: boolean
  /** In its header or envelope. */
  readonly utf8: boolean
}

export function mailCommand(from: ReversePath, { size, eightBit, utf8 }: Burden, parameters: Parameters, features: Features): string {
  const words = [`MAIL FROM:${formatPath(from)}`]
  if (features.size && size > worthTelling) words.push(`SIZE=${size}`)
  if (features.eightBit && eightBit && parameters.body === '8bitmime') words.push('BODY=8BITMIME')
  if (features.utf8 && utf8) words.push('SMTPUTF8')
  if (features.dsn && parameters.ret !== undefined) words.push(`RET=${parameters.ret.toUpperCase()}`)
  if (features.dsn && parameters.envid !== undefined) words.push(`ENVID=${xtext(parameters.envid)}`)
  return `${words.join(' ')}\r\n`
}

export function rcptCommand({ address, notify, orcpt }: Recipient, features: Features): string {
  const words = [`RCPT TO:${formatPath(address)}`]
  if (features.dsn && notify !== undefined && notify.length > 0) words.push(`NOTIFY=${notify.join(',').toUpperCase()}`)
  if (features.dsn && orcpt !== undefined) words.push(`ORCPT=${originalRecipient(orcpt)}`)
  return `${words.join(' ')}\r\n`
}

/** An address without a domain means nothing outside: it is one of `hostname`. */
export function qualified(address: Address, hostname: string): Address {
  return address.domain === '' ? { ...address, domain: hostname } : address
}

/** RFC 3461 §4: visible ASCII but '+' and '=' stands for itself. */
export function xtext(text: string): string {
  return [...Buffer.from(text)].map((octet) => (isPlain(octet) ? String.fromCharCode(octet) : hex(octet))).join('')
}

/** `rfc822;eddy@shire.lan`: the type stays as it is. */
function originalRecipient(orcpt: string): string {
  const semicolon = orcpt.indexOf(';')
  return `${orcpt.slice(0, semicolon + 1)}${xtext(orcpt.slice(semicolon + 1))}`
}

function isPlain(octet: number): boolean {
  return octet > 0x20 && octet < 0x7f && octet !== 0x2b && octet !== 0x3d
}

function hex(octet: number): string {
  return `+${octet.toString(16).toUpperCase().padStart(2, '0')}`
}
