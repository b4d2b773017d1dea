/**
 * How long to rest after a call that did not come about, by the reason and by how often in a row it was that (milliseconds): busy is soon
 * over, a missing dial tone may be somebody who telephones. And the cap on attempts an hour that some countries' law knows. Pure.
 */
export type Trouble = 'busy' | 'unanswered' | 'no-dialtone' | 'lost' | 'modem' | 'told'

const second = 1000
const minute = 60 * second

const rests: Readonly<Record<Trouble, { readonly first: number; readonly most: number }>> = {
  busy: { first: 20 * second, most: 5 * minute },
  unanswered: { first: 30 * second, most: 10 * minute },
  'no-dialtone': { first: 2 * minute, most: 30 * minute },
  lost: { first: 10 * second, most: 10 * minute },
  modem: { first: minute, most: 15 * minute },
  /** The modem itself says that it will not dial that number so soon. */
  told: { first: 5 * minute, most: 30 * minute },
}

/** `times`: how many calls in a row came to nothing, this one included; `words`: the modem's, which may tell how long. */
export function restAfter(trouble: Trouble, times: number, words = ''): number {
  const { first, most } = rests[trouble]
  return (trouble === 'told' ? toldBy(words) : undefined) ?? Math.min(most, first * 2 ** Math.min(Math.max(times, 1) - 1, 20))
}

const hour = 60 * minute

/** `DELAYED hh:mm:ss`. */
function toldBy(words: string): number | undefined {
  const [, hours, minutes, seconds] = /(\d{1,2}):(\d\d):(\d\d)/.exec(words) ?? []
  return seconds === undefined ? undefined : Number(hours) * hour + Number(minutes) * minute + Number(seconds) * second
}

/** When one more may be attempted, given the moments of the former ones: now, or when the oldest of the last hour is past. */
export function mayDial(attempts: readonly number[], cap: number, now: number): number {
  const recent = attempts.filter((at) => at > now - hour)
  return recent.length < cap ? now : (recent[recent.length - cap] ?? now) + hour
}
