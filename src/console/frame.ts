/** What `watch` shows, row by row: the call in progress with its bars, and what waits. Pure; no row is wider than the screen, nor are there more of them. */
import { fitted, wrapped } from './cells.ts'
import type { BoxStatus, Status } from './house.ts'
import type { Size } from './paging.ts'
import { count, printable, short, size, span } from './words.ts'

const barWidth = 30
const widestName = 12

export function frame(now: Status, budgets: readonly string[], { columns, rows }: Size): readonly string[] {
  const { queue, call, boxes } = now
  const width = Math.min(widestName, Math.max(5, ...boxes.map(({ name }) => name.length)))
  const label = (name: string, words: string): string => `${short(name, width).padEnd(width)}  ${words}`
  const lines = [
    `${now.hostname}, ${now.clock}`,
    '',
    label('line', now.line.words),
    ...(now.plan === '' ? [] : [label('plan', now.plan)]),
    ...(call ? [label('call', callWords(now))] : []),
    ...budgets.map((words) => label('left', words)),
    '',
    ...barsOf(now).map(({ name, words }) => label(name, words)),
    label(
      'queue',
      `${count(queue.letters, 'letter')}, ${size(queue.octets)}: ${queue.forIsp} for the ISP, ${queue.local} local, ${queue.held} held`,
    ),
    ...boxes.map(({ name, words }) => label(name, words)),
    ...now.stuck.map((words) => label('stuck', words)),
  ]
  const broken = lines.flatMap((line) => wrapped(printable(line), columns - 1)).map((line) => fitted(line, columns - 1).trimEnd())
  const room = Math.max(1, rows - 2)
  const shown = broken.length > room ? [...broken.slice(0, room - 1), `… and ${broken.length - room + 1} more`] : broken
  return [...shown, '', 'q ends'].slice(-rows)
}

function callWords(now: Status): string {
  const { call } = now
  if (!call) return ''
  const cost = call.cost === undefined ? '' : `, cost ${call.cost.toFixed(2)}`
  const left = timeLeft(now)
  const poll = now.nextPoll === undefined ? '' : `; next poll in ${span(now.nextPoll)}`
  return `${span(call.seconds)}${cost}${left > 0 ? `; about ${span(left)} of mail left` : ''}${poll}`
}

/** Seconds; both ways go at once. */
export function timeLeft(now: Status): number {
  return Math.max(0, ...barsOf(now).map(({ left }) => left))
}

type Bar = { readonly name: string; readonly words: string; readonly left: number }

/** One each way, as far as there is a call. */
function barsOf(now: Status): readonly Bar[] {
  const { call, outward, rate, boxes } = now
  if (!call) return []
  const coming = inward(boxes)
  return [bar('out', call.out, Math.max(0, outward.waiting - outward.gone), rate.out), bar('in', call.in, coming, rate.in)]
}

/** Octets that lie at the ISP still, of the boxes that are being emptied. */
function inward(boxes: readonly BoxStatus[]): number {
  return boxes.reduce((sum, { progress }) => sum + (progress ? Math.max(0, progress.octets.total - progress.octets.done) : 0), 0)
}

/** `[##########..........]  2 letters, 14K of 31K, 0:12 left`. */
function bar(name: string, done: { readonly letters: number; readonly octets: number }, remaining: number, rate: number): Bar {
  const total = done.octets + remaining
  const filled = total === 0 ? 0 : Math.floor((barWidth * done.octets) / total)
  const left = remaining === 0 ? 0 : Math.max(1, remaining / rate)
  const amount = remaining === 0 ? size(done.octets) : `${size(done.octets)} of ${size(total)}, ${span(left)} left`
  return { name, words: `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]  ${count(done.letters, 'letter')}, ${amount}`, left }
}
