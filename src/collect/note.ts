/**
 * The letter that stands for one left at the ISP because it is too big: who wrote it, about what, how many seconds of line it
 * would take, and what to type to have it. Pure: octets from facts.
 */
import { formatAddress, type Address } from '../mail/address.ts'
import type { MessageId } from '../mail/message.ts'
import type { Readable } from './headers.ts'

export type NoteFacts = {
  readonly id: MessageId
  readonly hostname: string
  readonly recipients: readonly Address[]
  /** Of the box; host as people know it. */
  readonly account: string
  readonly host: string
  readonly uidl: string
  /** Octets, of the letter and of what is allowed. */
  readonly size: number
  readonly limit: number
  /** Octets a second that the line has been seen to carry. */
  readonly rate: number
  readonly readable: Readable
  /** Raw, shown below; at most 16 KB of it. */
  readonly header: Uint8Array
  readonly date: string
}

/** A whole letter, CRLF line ends, UTF-8. */
export function sizeNote(facts: NoteFacts): Uint8Array {
  const { id, hostname, recipients, host, size, readable, date } = facts
  const to = recipients.map((address) => formatAddress(address.domain === '' ? { ...address, domain: hostname } : address))
  return Buffer.from(
    [
      `From: Mail collection <postmaster@${hostname}>`,
      `To: ${to.join(',\r\n\t')}`,
      `Subject: ${encoded(`Left at ${host} (${amount(size)}): ${readable.subject || 'no subject'}`)}`,
      `Date: ${date}`,
      `Message-ID: <${id}.note@${hostname}>`,
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      ...words(facts),
      '',
    ].join('\r\n'),
  )
}

function words({ account, host, uidl, size, limit, rate, readable, header }: NoteFacts): readonly string[] {
  return [
    `A letter for you is larger than ${amount(limit)} and was left at ${host}.`,
    '',
    `  From:     ${readable.from || 'not said'}`,
    `  To:       ${readable.to || 'not said'}`,
    `  Subject:  ${readable.subject || 'none'}`,
    `  Date:     ${readable.date || 'not said'}`,
    `  Size:     ${amount(size)}, about ${span(size / Math.max(1, rate))} on line`,
    '',
    'To have it fetched:           ',
    `  dialpost fetch ${account} ${uidl}`,
    'To have it deleted unread:',
    `  dialpost drop ${account} ${uidl}`,
    '',
    ...(header.length === 0 ? [] : ['Its header:', '', ...quoted(header)]),
  ].map((line) => line.trimEnd())
}

const mostHeader = 16 * 1024

function quoted(header: Uint8Array): readonly string[] {
  const text = new TextDecoder('utf-8').decode(header.subarray(0, mostHeader))
  const lines = text.trimEnd().split(/\r?\n|\r/)
  return lines.map((line) => `> ${line.replace(/[^\P{Cc}\t]/gu, ' ').slice(0, 900)}`)
}

/** RFC 2047 §2: words of at most 75 characters, none of which ends within a character. */
function encoded(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.slice(0, 900)
  const words: string[] = []
  let word = ''
  for (const character of text.slice(0, 300)) {
    if (Buffer.byteLength(word + character) > 42) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word].map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ')
}

function amount(octets: number): string {
  if (octets < 1000) return `${octets} octets`
  return octets < 1_000_000 ? `${Math.round(octets / 1000)} KB` : `${(octets / 1_000_000).toFixed(1)} MB`
}

function span(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} seconds`
  return seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3600).toFixed(1)} hours`
}
