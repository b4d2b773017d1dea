/**
 * The envelope and the header of a letter that a program hands to sendmail: recipients from the command line and, with -t, from
 * To, Cc and Bcc or their Resent- kin; Bcc never leaves. Whatever else a letter lacks (Date, Message-ID, a plain From) the
 * daemon's door gives it. Pure.
 */
import { addressKey, formatAddress, formatPath, type Address, type ReversePath } from '../mail/address.ts'
import { addressesIn, addressesOf } from '../mail/address-list.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Field, Header } from '../mail/header.ts'
import type { Asked } from './arguments.ts'

/** Where there is no envelope: why, as sendmail says it. */
export type Enveloped = { readonly envelope: Envelope } | { readonly wrong: string }

export function envelopeOf(asked: Asked, header: Header, user: string): Enveloped {
  const from = senderOf(asked.sender ?? user)
  if (from === undefined) return { wrong: `${asked.sender ?? user}... Invalid sender address` }
  const typed: Address[] = []
  for (const word of asked.recipients) {
    const found = addressesOf(word)
    if (found.length === 0) return { wrong: `${word}... Invalid recipient address` }
    typed.push(...found)
  }
  const named = asked.recipientsInHeader ? recipientFields(header).flatMap(({ raw }) => addressesIn(raw).map(({ address }) => address)) : []
  const places = new Map<string, Address>()
  for (const address of [...typed, ...named]) if (!places.has(addressKey(address))) places.set(addressKey(address), address)
  const all = [...places.values()]
  if (all.length === 0) return { wrong: 'No recipient addresses found in header' }
  const recipients = all.map((address) => ({ address, ...(asked.notify === undefined ? {} : { notify: asked.notify }) }))
  const utf8 = [formatPath(from), ...all.map(formatAddress)].some((text) => /[^\x00-\x7f]/.test(text))
  return { envelope: { from, recipients, parameters: { ...asked.parameters, ...(utf8 ? { smtputf8: true } : {}) } } }
}

/** Without Bcc; with a From of `fullName` where the letter has none. */
export function headerOf(
  header: Header,
  { fullName, from, hostname }: { readonly fullName: string | undefined; readonly from: ReversePath; readonly hostname: string },
): Uint8Array {
  const kept = header.filter(({ name }) => name !== 'bcc' && name !== 'resent-bcc').map(({ raw }) => raw)
  const lacksFrom = fullName !== undefined && from !== null && header.every(({ name }) => name !== 'from')
  const author = lacksFrom ? [Buffer.from(`From: ${phrase(fullName)} ${formatPath({ ...from, domain: from.domain || hostname })}\r\n`)] : []
  return Buffer.concat([...author, ...kept, Buffer.from('\r\n')])
}

/** Undefined if it is no address; null is the null sender. */
function senderOf(text: string): ReversePath | undefined {
  return text === '' || text === '<>' ? null : addressesOf(text)[0]
}

/** A letter that is sent again goes to whom the newest block of Resent- fields names, the topmost (RFC 5322 §3.6.6). */
function recipientFields(header: Header): readonly Field[] {
  const block = resentBlock(header)
  const names = block.length > 0 ? ['resent-to', 'resent-cc', 'resent-bcc'] : ['to', 'cc', 'bcc']
  return (block.length > 0 ? block : header).filter(({ name }) => names.includes(name))
}

function resentBlock(header: Header): readonly Field[] {
  const start = header.findIndex(({ name }) => name.startsWith('resent-'))
  if (start < 0) return []
  const rest = header.slice(start)
  const end = rest.findIndex(({ name }, at) => !name.startsWith('resent-') || rest.slice(0, at).some((earlier) => earlier.name === name))
  return end < 0 ? rest : rest.slice(0, end)
}

/** A name as RFC 5322 and, where it is not ASCII, RFC 2047 write it. */
function phrase(name: string): string {
  const line = name.replace(/[\x00-\x1f\x7f]+/g, ' ').trim()
  if (/^[\w !#$%&'*+/=?^`{|}~-]+$/.test(line)) return line
  if (/^[\x20-\x7e]*$/.test(line)) return `"${line.replace(/["\\]/g, '\\$&')}"`
  // An encoded word has 75 characters at most: 15 characters of UTF-8 are 60 octets, and 80 in base64 is too many.
  const words = line.match(/.{1,10}/gsu) ?? []
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ')
}
