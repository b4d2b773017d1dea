/**
 * What a session can do without before it begins to fetch, and what it can fetch unseen: every line of a list is as many octets of
 * modem line as of a letter, and every question that is waited for a fifth of a second of it. Pure.
 */
import type { Maildrop, Wants } from './maildrop.ts'
import type { Policy } from './ledger.ts'
import { octetsAhead } from './window.ts'

export type Situation = {
  readonly multidrop: boolean
  /** The last session was cut: the small ones come first, lest a big one that is cut each time holds them up for ever. */
  readonly wasCut: boolean
  /** Something is known, or asked, of single letters: what is to be done with each depends on its id. */
  readonly told: boolean
}

/** Sizes decide where there is a limit, and show which letters of a multidrop box may be copies. Without either all are fetched. */
export function wanting({ maxMessage }: Pick<Policy, 'maxMessage'>, { multidrop, wasCut, told }: Situation): Wants {
  const sizes = maxMessage !== undefined || multidrop || wasCut
  return { sizes, ahead: sizes || told ? 0 : octetsAhead.low }
}

/** Whether to ask for sizes while the first letters come, so that the small of the others come before the big: ten octets a letter, a quarter per cent of these at most. */
export function worthOrdering({ octets = 0, letters }: Pick<Maildrop, 'octets' | 'letters'>): boolean {
  return octets >= 64 * 1024 && octets >= 4096 * letters.length
}
