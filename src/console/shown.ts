/** What commands show of the house, in words for a person on 80 columns: its state, the queue, a letter, a box at the ISP. Pure. */
import type { BoxLetter, QueuedLetter, ShownLetter, Status } from './house.ts'
import { count, moment, printable, short, size, span, table } from './words.ts'

export function statusWords(now: Status, budgets: readonly string[]): string {
  const { queue, memory, flash, call } = now
  const poll = now.nextPoll === undefined ? '' : `; next poll in ${span(now.nextPoll)}`
  const traffic =
    call && `${count(call.out.letters, 'letter')} out (${size(call.out.octets)}), ${call.in.letters} in (${size(call.in.octets)})${poll}`
  return table([
    ['dialpost', `${now.version} on ${now.hostname}, running for ${span(now.running)}`],
    ...(now.system === '' ? [] : [['system', now.system]]),
    ...(now.update === '' ? [] : [['update', now.update]]),
    ['line', now.line.words],
    ...(now.plan === '' ? [] : [['plan', now.plan]]),
    ...budgets.map((words) => ['budget', words]),
    ...(now.modem === '' ? [] : [['modem', now.modem]]),
    ...(traffic ? [['call', traffic]] : []),
    [
      'queue',
      `${count(queue.letters, 'letter')}, ${size(queue.octets)}: ${queue.forIsp} for the ISP${queue.lineSeconds > 0 ? ` (about ${span(queue.lineSeconds)} of line)` : ''}, ${queue.local} local, ${queue.held} held`,
    ],
    ...now.boxes.map(({ name, words }) => [`box ${name}`, words]),
    ...now.stuck.map((words) => ['stuck', words]),
    ['clock', now.clock],
    ['memory', `${size(memory.pss)} PSS, of which ${size(memory.anonymous)} anonymous`],
    [
      'flash',
      `${size(flash.octets)} written, ${count(flash.flushes, 'flush').replace('flushs', 'flushes')} since the start; ${size(flash.free)} free`,
    ],
    ...(flash.free < flash.reserve ? [['full', `no letter is taken while less than ${size(flash.reserve)} is free: make room`]] : []),
  ])
}

export function queueWords(letter: QueuedLetter): string {
  const line = letter.lineSeconds > 0 ? `, about ${span(letter.lineSeconds)} of line` : ''
  const urgency = letter.priority === 'normal' ? '' : `, ${letter.priority}`
  const head = `${letter.id.padEnd(6)} ${size(letter.size).padStart(5)}  ${moment(letter.kept, letter.keptKnown)}  ${printable(short(letter.from, 40))}${urgency}${line}`
  return [head, ...letter.deliveries.map(deliveryWords)].join('\n')
}

function deliveryWords({ recipient, courier, words, nextIn, possibleDuplicate }: QueuedLetter['deliveries'][number]): string {
  const when = nextIn === undefined ? '' : `; next try in ${span(nextIn)}`
  const doubt = possibleDuplicate ? '; possible duplicate' : ''
  return `         → ${printable(short(recipient, 40))} by ${courier}: ${printable(words)}${when}${doubt}`
}

export function showWords(letter: ShownLetter): string {
  const { readable } = letter
  const about = table([
    ['message', `${letter.id}, ${letter.size} octets, ${letter.priority}`],
    ['kept', `${moment(letter.kept, letter.keptKnown)}, ${letter.origin}`],
    ['sender', letter.from],
    ['From', readable.from],
    ['To', readable.to],
    ['Subject', readable.subject],
    ['Date', readable.date],
  ])
  const parts = [about, letter.deliveries.map(deliveryWords).join('\n'), letter.history.join('\n'), letter.header, readable.text]
  return parts
    .filter((part) => part !== '')
    .map((part) => printable(part))
    .join('\n\n')
}

export function previewWords(letters: readonly BoxLetter[]): string {
  const rows = letters.map(({ uidl, size: octets, from, subject, state }) => [
    size(octets).padStart(5),
    uidl,
    state,
    short(from, 24),
    short(subject, 40),
  ])
  return printable(table(rows))
}
