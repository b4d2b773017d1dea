/**
 * What may still start in a call, pure: whoever plans gives a ration of time, and each letter is weighed against it by what goes before it
 * and by the rate that the line is known to carry. What has begun is finished; whoever gave the ration hangs up a unit after
 * `budgetEnds` at the latest, which cuts. Refuses to know of tariffs and of the protocols.
 */
import type { Room } from '../mail/room.ts'

/** All in `clock.elapsed()` milliseconds; it is given anew whenever a unit begins. */
export type Ration = {
  /** The line is paid for until then. */
  readonly until: number
  /** Letters kept, or last tried, at that moment or before go with this call, whatever it costs; -Infinity: there are none. */
  readonly mustBefore: number
  /** Nothing may run after. */
  readonly budgetEnds: number
  /**
   * As good a call as there will be (cheap, its budget untouched): a letter that takes longer than so many milliseconds fits in no call
   * at all, and goes in this one, by itself and past the budget, rather than never. Absent: not in this one.
   */
  readonly longest?: number
}

export type Weight = {
  readonly now: number
  /** Octets a second in that direction. */
  readonly rate: number
  /** Octets of letters that go before. */
  readonly ahead: number
}

/** Milliseconds for the last answer to come back, behind what the other direction has under way. */
const lastAnswer = 2000
/** Octets that a letter costs beside its own: envelope, replies, packets. */
const wrapping = 400
/** A line is slower than it was rather than faster. */
const caution = 0.9

/** Undefined: everything goes. */
export function roomIn(ration: Ration | undefined, weight: Weight): Room | undefined {
  if (!ration) return undefined
  const { until, mustBefore, budgetEnds, longest } = ration
  const alone = longest !== undefined && weight.ahead === 0 ? { alone: octetsIn(longest, weight) } : {}
  const by = (end: number): number => octetsIn(end - weight.now, weight)
  return { paid: Math.min(by(until), by(budgetEnds)), most: by(budgetEnds), mustBefore, ...alone }
}

/** The largest letter that goes within so many milliseconds, behind what goes before it; -1 where none does. */
function octetsIn(milliseconds: number, { rate, ahead }: Weight): number {
  const octets = ((milliseconds - lastAnswer) / 1000) * Math.max(0, rate) * caution - ahead - wrapping
  return Math.max(-1, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(octets)))
}

/** Milliseconds of line that a letter takes by itself. */
export function lineTime(size: number, rate: number): number {
  return lastAnswer + ((size + wrapping) / (Math.max(1, rate) * caution)) * 1000
}

/** For lists: `waits for cheap rate: 3:20 of line`. */
export function waitWords(size: number, rate: number): string {
  const seconds = Math.round(lineTime(size, rate) / 1000)
  return `waits for cheap rate: ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} of line`
}
