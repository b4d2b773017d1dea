/**
 * Where a letter's header ends, and what a letter from the LAN is given that lacks it (RFC 6409 §8): Date, Message-ID, From.
 * Return-Path and Content-Length go: the first is the last hop's to write, the second is wrong once lines are repaired.
 * Bcc is left to the client. Every other field leaves octet for octet as it came.
 */
import type { ReversePath } from '../mail/address.ts'
import { formatAddress } from '../mail/address.ts'
import type { Field, Header } from '../mail/header.ts'
import { parseHeader } from '../mail/header.ts'

/** A header, and where the body begins behind it. */
export type Cut = { readonly header: Header; readonly body: Uint8Array }

/**
 * Cuts where the header ends: at the blank line, or, as everybody's mail program does it, before the first line that is no field.
 * An mbox's `From ` line in front is dropped. Wants octets with CR LF line ends.
 */
export function cutHeader(octets: Uint8Array): Cut {
  const letter = octets.subarray(fromLineLength(octets))
  const header: Field[] = []
  let at = 0
  for (const field of parseHeader(letter)) {
    if (field.name === '') break
    header.push(field)
    at += field.raw.length
  }
  const blank = letter[at] === 0x0d && letter[at + 1] === 0x0a ? 2 : 0
  return { header, body: letter.subarray(at + blank) }
}

/** What a letter of ours is given where it lacks it. */
export type Mending = {
  readonly hostname: string
  readonly from: ReversePath
  readonly messageId: string
  /** Absent while the box does not know the time. */
  readonly date?: string
}

/** The fields as they go on; without a mending none is added. */
export function mended(header: Header, mending: Mending | undefined): Header {
  const kept = header.filter(({ name }) => name !== 'return-path' && name !== 'content-length')
  return mending === undefined ? kept : [...kept, ...parseHeader(Buffer.from(missingFields(header, mending)))]
}

function missingFields(header: Header, { hostname, from, messageId, date }: Mending): string {
  const lacks = (name: string): boolean => header.every((field) => field.name !== name)
  const author = formatAddress(from === null ? { local: 'MAILER-DAEMON', domain: hostname } : { ...from, domain: from.domain || hostname })
  return [
    lacks('date') && date !== undefined ? `Date: ${date}\r\n` : '',
    lacks('from') ? `From: ${author}\r\n` : '',
    lacks('message-id') ? `Message-ID: ${messageId}\r\n` : '',
  ].join('')
}

/** `From eddy Sat Jun …` and `>From …`, which scripts send that pipe a mailbox. */
function fromLineLength(octets: Uint8Array): number {
  const start = Buffer.from(octets.subarray(0, 6)).toString('latin1')
  if (!/^>?From /.test(start)) return 0
  const end = octets.indexOf(0x0a)
  return end < 0 ? octets.length : end + 1
}
