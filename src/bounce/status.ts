/**
 * The part of a notice that programs read: message/delivery-status (RFC 3464 §2), always ASCII; addresses that are not are
 * written as RFC 6533 §3 has it. Texts that came from outside cannot begin a field of their own. Pure.
 */
import type { Address } from '../mail/address.ts'
import { formatAddress } from '../mail/address.ts'
import { mailDate } from '../mail/date.ts'
import type { Stamp } from '../mail/message.ts'
import { formatReply, statusOf } from '../mail/reply.ts'
import type { Notice, Reported } from '../queue/notice.ts'

export type StatusFacts = Pick<Notice, 'kind' | 'message' | 'deliveries'> & { readonly hostname: string; readonly now: Stamp }

/** The fields, CRLF line ends, one block for the message and one for each recipient. */
export function deliveryStatus(facts: StatusFacts): string {
  const { hostname, message, deliveries } = facts
  const { envid } = message.parameters
  const whole = [
    ...(envid === undefined ? [] : [field('Original-Envelope-Id', envid)]),
    field('Reporting-MTA', `dns; ${hostname}`),
    ...(message.kept.known ? [field('Arrival-Date', mailDate(message.kept.wall))] : []),
  ]
  return [whole, ...deliveries.map((delivery) => recipientFields(delivery, facts))].map((fields) => `${fields.join('')}\r\n`).join('')
}

function recipientFields(delivery: Reported, { kind, now }: StatusFacts): readonly string[] {
  const { orcpt, recipient, outcome, to, left } = delivery
  const bySmtp = to.courier === 'smarthost'
  const server = bySmtp ? outcome.where?.split(' ')[0] : undefined
  return [
    ...(orcpt === undefined ? [] : [field('Original-Recipient', originalRecipient(orcpt))]),
    field('Final-Recipient', typed(recipient)),
    field('Action', actions[kind](bySmtp)),
    field('Status', statusOf(outcome.reply)),
    ...(server === undefined ? [] : [field('Remote-MTA', `dns; ${server}`)]),
    ...(kind === 'success' ? [] : [field('Diagnostic-Code', `${bySmtp ? 'smtp' : 'x-dialpost'}; ${formatReply(outcome.reply)}`)]),
    ...(now.known && kind === 'delay' && left !== undefined ? [field('Will-Retry-Until', mailDate(now.wall + left * 1000))] : []),
  ]
}

const actions: Readonly<Record<Notice['kind'], (bySmtp: boolean) => string>> = {
  failure: () => 'failed',
  delay: () => 'delayed',
  success: (bySmtp) => (bySmtp ? 'relayed' : 'delivered'),
}

function typed(address: Address): string {
  const text = formatAddress(address)
  return isAscii(text) ? `rfc822; ${text}` : `utf-8; ${ascii(text)}`
}

/** `rfc822;eddy@shire.lan`, decoded from a sender's ORCPT and thus of any shape. */
function originalRecipient(orcpt: string): string {
  const [type = '', ...rest] = orcpt.split(';')
  const address = rest.join(';').trim()
  if (rest.length === 0 || !/^[a-z0-9-]+$/i.test(type)) return `unknown; ${ascii(orcpt)}`
  return isAscii(address) ? `${type}; ${ascii(address)}` : `utf-8; ${ascii(address)}`
}

/** One field, folded at blanks so that lines stay short; a word that is longer than a line may be is cut. */
function field(name: string, value: string): string {
  const [first = '', ...words] = ascii(value).split(/ +/)
  const lines = [`${name}: ${first.slice(0, 900)}`]
  for (const word of words) {
    const last = lines.at(-1) ?? ''
    if (last.length + word.length < 76) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`    ${word.slice(0, 900)}`)
  }
  return `${lines.join('\r\n')}\r\n`
}

/** Control characters as blanks; what is not ASCII as `\x{FC}`. */
function ascii(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .replace(/[^\x20-\x7e]/gu, (character) => `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)
    .trim()
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text)
}
