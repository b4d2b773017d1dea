/**
 * A notice as octets: multipart/report (RFC 6522) of words for people, a status for programs (RFC 3464) and the letter or
 * its header. Eight-bit octets of the letter are given back as they came, and the parts say so. Pure: bounded, since what is
 * returned is given as octets.
 */
import type { Address } from '../mail/address.ts'
import { formatAddress, formatPath } from '../mail/address.ts'
import { mailDate } from '../mail/date.ts'
import type { Parameters } from '../mail/envelope.ts'
import type { Stamp } from '../mail/message.ts'
import type { Notice } from '../queue/notice.ts'
import { deliveryStatus } from './status.ts'
import { words } from './words.ts'

export type Dsn = Pick<Notice, 'kind' | 'message' | 'deliveries'> & {
  readonly hostname: string
  readonly to: Address
  /** The notice's own, angle brackets included. */
  readonly messageId: string
  readonly now: Stamp
  readonly returned: { readonly kind: 'full' | 'header'; readonly octets: Uint8Array }
  /** Why postmaster reads it instead of its sender. */
  readonly instead?: string
}

export type DsnLetter = {
  readonly octets: Uint8Array
  readonly subject: string
  /** What its envelope must say of it. */
  readonly parameters: Parameters
}

export function dsn(facts: Dsn): DsnLetter {
  const { kind, hostname, to, message, deliveries, returned, now } = facts
  const { headline, text } = words({
    ...facts,
    returned: returned.kind,
    ...(message.subject !== undefined && { subject: message.subject }),
  })
  const subject = `${headline}${isPlain(message.subject) ? `: ${message.subject}` : ''}`
  const boundary = boundaryFor(facts.messageId, returned.octets)
  const parts = [
    part('text/plain; charset=utf-8', Buffer.from(text.replaceAll('\n', '\r\n'))),
    part('message/delivery-status', Buffer.from(deliveryStatus({ kind, message, deliveries, hostname, now }))),
    part(returnedType(facts), returned.octets),
  ]
  const body = Buffer.concat([
    ...parts.flatMap((octets) => [Buffer.from(`--${boundary}\r\n`), octets, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
  const eightBit = isEightBit(body)
  const header = [
    `Date: ${mailDate(now.wall)}`,
    `From: Mail system at ${hostname} <MAILER-DAEMON@${hostname}>`,
    `To: ${formatPath(to)}`,
    `Subject: ${subject}`,
    `Message-ID: ${facts.messageId}`,
    ...(isReference(message.messageId) ? [`In-Reply-To: ${message.messageId}`, `References: ${message.messageId}`] : []),
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"`,
    `Content-Transfer-Encoding: ${eightBit ? '8bit' : '7bit'}`,
    '',
    'This is a report in MIME format (RFC 3464).',
    '',
    '',
  ]
  const needsUtf8 = /[^\x00-\x7f]/.test(formatAddress(to))
  return {
    octets: Buffer.concat([Buffer.from(header.join('\r\n')), body]),
    subject,
    parameters: { ...(eightBit || needsUtf8 ? { body: '8bitmime' } : {}), ...(needsUtf8 ? { smtputf8: true } : {}) },
  }
}

/** RFC 6522 §2; for a letter in UTF-8 throughout RFC 6533 §4. */
function returnedType({ message, returned }: Dsn): string {
  if (returned.kind === 'full') return message.parameters.smtputf8 ? 'message/global' : 'message/rfc822'
  return message.parameters.smtputf8 ? 'message/global-headers' : 'text/rfc822-headers'
}

function part(type: string, octets: Uint8Array): Uint8Array {
  const encoding = isEightBit(octets) ? '8bit' : '7bit'
  return Buffer.concat([Buffer.from(`Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`), octets])
}

/** One that does not stand in the letter, even if that is a notice of ours itself. */
function boundaryFor(messageId: string, returned: Uint8Array): string {
  const name = messageId.replace(/[^A-Za-z0-9.-]/g, '').slice(0, 40)
  for (let attempt = 0; ; attempt++) {
    const boundary = `=_${name}_${attempt}`
    if (!Buffer.from(returned.buffer, returned.byteOffset, returned.byteLength).includes(boundary)) return boundary
  }
}

function isEightBit(octets: Uint8Array): boolean {
  return octets.some((octet) => octet > 0x7f)
}

function isPlain(text: string | undefined): text is string {
  return text !== undefined && text !== '' && !/[^\x20-\x7e]/.test(text)
}

function isReference(messageId: string | undefined): boolean {
  return messageId !== undefined && /^<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>$/.test(messageId)
}
