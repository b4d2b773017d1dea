/**
 * How a letter stands in a mailbox: the `From ` line, two fields of ours, the header without what readers would believe of
 * an outsider, the body quoted, a blank line. Pure, and the same letter always gives the same octets but for the date in
 * its `From ` line: by that an append is recognised after a crash. There is no Delivered-To: a mailbox is the end of the
 * road, loops end by the count of Received lines, and a multidrop poll of such a mailbox would take it for an envelope.
 */
import type { ReversePath } from '../mail/address.ts'
import { formatAddress, formatPath } from '../mail/address.ts'
import { ctime } from '../mail/date.ts'
import type { Mail } from './mailbox.ts'
import type { Transform } from './mboxrd.ts'
import { bareLines, chained, joined, quoting } from './mboxrd.ts'
import { stripping } from './stripping.ts'

/** Octets of the date in a `From ` line. */
export const dateLength: number = 24

/** Octets before that date. */
export function dateAt(from: ReversePath): number {
  return octets(`From ${sender(from)} `).length
}

/** `From SENDER Sat Jun  3 20:58:31 2000\n`. */
export function fromLine(from: ReversePath, at: number): string {
  return `From ${sender(from)} ${ctime(at)}\n`
}

/** Our mark, the first field of a letter in an mbox: which delivery of which message this is. Two deliveries never share one. */
export function markLine({ id, delivery }: Pick<Mail, 'id' | 'delivery'>): string {
  return `X-Dialpost-Delivery: ${id}.${delivery}\n`
}

/** What stands before the letter's own header in an mbox. */
export function mboxHead(mail: Mail): Uint8Array {
  return octets(fromLine(mail.from, mail.at) + markLine(mail) + returnPath(mail.from))
}

/** The letter as an mbox has it, the blank line behind it included. */
export function mboxLetter(mail: Mail): AsyncGenerator<Uint8Array> {
  return letter(mboxHead(mail), mail.content(), chained(bareLines(), stripping(), quoting()), '\n')
}

/** The letter as a maildir has it: no `From ` line, no quoting, bare LF. */
export function maildirLetter(mail: Mail): AsyncGenerator<Uint8Array> {
  return letter(octets(returnPath(mail.from)), mail.content(), chained(bareLines(), stripping()), '')
}

/** The letter as a program reads it: with its `From ` line, since procmail and vacation look for it, but not quoted. */
export function programLetter(mail: Mail): AsyncGenerator<Uint8Array> {
  return letter(octets(fromLine(mail.from, mail.at) + returnPath(mail.from)), mail.content(), chained(bareLines(), stripping()), '')
}

async function* letter(
  head: Uint8Array,
  content: AsyncIterable<Uint8Array>,
  transform: Transform,
  close: string,
): AsyncGenerator<Uint8Array> {
  let pending = head
  let begun = false
  for await (const chunk of content) {
    const next = transform.push(chunk)
    if (next.length === 0) continue
    if (begun) yield pending
    pending = begun ? next : joined([head, next])
    begun = true
  }
  const last = joined([pending, transform.end()])
  yield joined([last, octets(last.at(-1) === 0x0a ? close : `\n${close}`)])
}

function returnPath(from: ReversePath): string {
  return `Return-Path: ${formatPath(from)}\n`
}

/** A blank would end the sender early, and a control character might end the line. */
function sender(from: ReversePath): string {
  return from === null ? 'MAILER-DAEMON' : formatAddress(from).replace(/[\s\x00-\x1f\x7f]/g, '-') || 'MAILER-DAEMON'
}

function octets(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
