/** A notice in plain English: what happened to the letter, whose word that is, and what its sender can do. Pure. */
import { formatAddress } from '../mail/address.ts'
import { formatReply, statusOf } from '../mail/reply.ts'
import type { Notice, Reported } from '../queue/notice.ts'

export type Words = {
  readonly kind: Notice['kind']
  readonly hostname: string
  /** Of the letter, as its header has it; encoded words are left out, for people read this. */
  readonly subject?: string
  readonly deliveries: readonly Reported[]
  readonly returned: 'full' | 'header'
  /** Set where postmaster reads it, for no sender can be told: why not. */
  readonly instead?: string
}

/** The text, one line per '\n', and a short headline for the Subject. */
export function words(facts: Words): { readonly headline: string; readonly text: string } {
  const { kind, hostname, deliveries, instead } = facts
  const lines = [
    `This is the mail system at ${hostname}.`,
    '',
    ...(instead === undefined ? [] : [`You get this as postmaster: ${instead}`, '']),
    `${letter(facts)} ${openings[kind]}`,
    '',
    ...deliveries.flatMap((delivery) => [...about(kind, delivery), '']),
    closing(facts),
    `Below are a report for programs and ${facts.returned === 'full' ? 'the letter itself' : 'the header of the letter'}.`,
    '',
  ]
  return { headline: headlines[kind], text: lines.join('\n') }
}

const headlines: Readonly<Record<Notice['kind'], string>> = { failure: 'Not delivered', delay: 'Not delivered yet', success: 'Delivered' }

const openings: Readonly<Record<Notice['kind'], string>> = {
  failure: 'could not be delivered to:',
  delay: 'has not been delivered yet to:',
  success: 'has been delivered to:',
}

function letter({ subject, instead }: Words): string {
  const whose = instead === undefined ? 'Your letter' : 'A letter'
  return subject === undefined || subject === '' || /[^\x20-\x7e]|=\?/.test(subject) ? whose : `${whose} "${subject}"`
}

function about(kind: Notice['kind'], { recipient, outcome }: Reported): readonly string[] {
  const said = formatReply(outcome.reply)
  const answer = outcome.where === undefined ? said : `${outcome.where} said: ${said}`
  const advice = kind === 'success' ? undefined : adviceOn(statusOf(outcome.reply))
  return [`  ${formatAddress(recipient)}`, ...wrapped(answer), ...(advice === undefined ? [] : wrapped(advice))]
}

/** Status (RFC 3463), in part or whole, → what its sender can do. The longest that fits is meant. */
const advice: readonly (readonly [string, string])[] = [
  ['1.1', 'There is no such mailbox. Look for a slip in the part before the @, and ask the recipient for the right address.'],
  ['1.2', 'There is no such domain. Look for a slip in the part behind the @.'],
  ['1.6', 'The recipient has moved. Ask for the new address.'],
  ['1.8', 'The other side does not believe the sender address. Tell your postmaster: the masquerade settings may be wrong.'],
  ['1', 'Check the address.'],
  ['2.2', 'The mailbox is full. Write again when its owner has had time to tidy up, or tell them in another way.'],
  ['2.3', 'The letter is too large for that mailbox. Send it in parts, or without attachments.'],
  ['3.4', 'The letter is too large for that system. Send it in parts, or without attachments.'],
  ['4.6', 'The letter goes round in circles: somebody forwards to an address that leads back. Tell your postmaster.'],
  ['4.7', 'The time for trying is over. Send it again if it still matters.'],
  ['6.7', 'The address has letters that a system on the way does not know. Ask the recipient for a plain one.'],
  ['7', 'A rule of the other side forbids it. If that is a mistake, its postmaster can help; sending it again will not.'],
]

function adviceOn(status: string): string | undefined {
  const detail = status.replace(/^\d+\./, '')
  const fits = advice.filter(([key]) => detail === key || detail.startsWith(`${key}.`))
  return fits.toSorted(([a], [b]) => b.length - a.length)[0]?.[1]
}

function closing({ kind, deliveries }: Words): string {
  if (kind === 'failure') return 'It will not be tried again.'
  if (kind === 'success') return 'You asked to be told.'
  const spent = Math.max(...deliveries.map((delivery) => delivery.spent))
  const left = Math.max(...deliveries.map((delivery) => delivery.left ?? 0))
  const rest = left > 0 ? ` It is given up after another ${duration(left)} of line.` : ''
  return `It is still being tried, after ${duration(spent)} with a line. You need not do anything.${rest}`
}

/** `4 hours`, `2 days`: from seconds, in the largest unit that it fills. */
function duration(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ]
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, 'second']
  const count = Math.round(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < 72) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`    ${word.slice(0, 900)}`)
  }
  return lines
}
