/**
 * The table of `mailq`, column for column as sendmail 8 prints it, since scripts read it: print_single_queue() of its queue.c.
 * Our short ids stand at the left, where sendmail's long ones begin. Pure.
 */
import type { QueuedDelivery, QueuedLetter } from '../console/house.ts'
import { printable } from '../console/words.ts'
import { ctime } from '../mail/date.ts'
import type { Selection } from './arguments.ts'

/** Lines above the table of so many letters, without the last line end. */
export function mailqHead(spool: string, letters: number, verbose: boolean): string {
  if (letters === 0) return `${spool} is empty`
  const columns = verbose
    ? '-----Q-ID----- --Size-- -Priority- ---Q-Time--- --------Sender/Recipient--------'
    : '-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------'
  return `\t\t${spool} (${letters} request${letters === 1 ? '' : 's'})\n${columns}`
}

export function mailqLetter(letter: QueuedLetter, verbose: boolean): string {
  const open = openDeliveries(letter)
  const flag = open.some(({ state }) => state === 'trying') ? '*' : ' '
  const size = String(letter.size).padStart(8)
  const head = verbose
    ? `${size} ${String(priority(letter)).padStart(10)} ${ctime(letter.kept).slice(4, 16)} ${person(letter.from, 78)}`
    : `${size} ${ctime(letter.kept).slice(0, 16)} ${person(letter.from, 39)}`
  const why = open.map(statusOf).find((text) => text !== undefined)
  return [
    `${letter.id.padEnd(14)}${flag}${head}`,
    ...(why === undefined ? [] : [`${' '.repeat(17)}(${why.slice(0, verbose ? 100 : 60)})`]),
    ...open.map(({ recipient }) => (verbose ? `${'\t'.repeat(6)}${person(recipient, 71)}` : `${'\t'.repeat(5)} ${person(recipient, 38)}`)),
  ].join('\n')
}

export function mailqFoot(letters: number): string {
  return `\t\tTotal requests: ${letters}`
}

/** Whether all the selections hold of this letter. */
export function isSelected(letter: QueuedLetter, selections: readonly Selection[]): boolean {
  return selections.every(({ by, text, not }) => {
    const texts = by === 'id' ? [letter.id] : by === 'sender' ? [letter.from] : openDeliveries(letter).map(({ recipient }) => recipient)
    return texts.some((one) => one.toLowerCase().includes(text.toLowerCase())) !== not
  })
}

/** sendmail forgets recipients as they are settled. */
function openDeliveries({ deliveries }: QueuedLetter): readonly QueuedDelivery[] {
  return deliveries.filter(({ state }) => state === 'waiting' || state === 'trying' || state === 'held')
}

/** `Deferred: 451 4.4.1 …`; nothing of one that has not been tried. */
function statusOf({ state, words }: QueuedDelivery): string | undefined {
  if (words === 'waiting' || state === 'trying') return undefined
  return printable(words.replaceAll('\n', ' ')).replace(/^./, (first) => first.toUpperCase())
}

function person(address: string, width: number): string {
  return printable(address).slice(0, width)
}

const classOf = { urgent: 100, normal: 0, bulk: -60 } as const

/** sendmail's message priority with its usual factors: smaller is sooner. */
function priority(letter: QueuedLetter): number {
  return letter.size - classOf[letter.priority] * 1800 + openDeliveries(letter).length * 30_000
}
