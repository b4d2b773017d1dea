/**
 * What a session can do without before it begins to fetch, and what it can fetch unseen: every line of a list is as many octets of
 * modem line as of a letter, and every question that is waited for a fifth of a second of it. Pure.
 */
import type { Maildrop, Settled, Wants } from './maildrop.ts'
import type { Policy } from './ledger.ts'
import { octetsAhead } from './window.ts'

export type Situation = {
  readonly multidrop: boolean
  /** The last session was cut: the small ones come first, lest a big one that is cut each time holds them up for ever. */
  readonly wasCut: boolean
  /** Something is known, or asked, of single letters: what is to be done with each depends on its id. */
  readonly told: boolean
  /** Somebody asked for single letters by their ids. */
  readonly wished: boolean
  /** As the last session found it, under the same policy. */
  readonly settled: Settled | undefined
  /** The call has not room for every letter. */
  readonly rationed: boolean
}

/** Sizes decide where there is a limit or a ration, and show which letters of a multidrop box may be copies. Without either all are fetched. */
export function wanting(
  { maxMessage }: Pick<Policy, 'maxMessage'>,
  { multidrop, wasCut, told, wished, settled, rationed }: Situation,
): Wants {
  const sizes = maxMessage !== undefined || multidrop || wasCut || rationed
  return { sizes, ahead: sizes || told || wished ? 0 : octetsAhead.low, ...(wished || wasCut ? {} : { settled }) }
}

/** Fewer are listed sooner than asked about. */
const fewest = 32

/** How much of a box needs no look next time: the letters at its beginning with which nothing is to be done. `left` are those that stay, in order. */
export function settledIn(
  left: readonly { readonly uidl: string | undefined; readonly settled: boolean }[],
  before: Settled | undefined,
): Settled | undefined {
  const first = left.findIndex(({ uidl, settled }) => !settled || uidl === undefined)
  const rest = first < 0 ? left : left.slice(0, first)
  const uidl = rest.at(-1)?.uidl ?? before?.uidl
  const letters = (before?.letters ?? 0) + rest.length
  return uidl === undefined || letters < fewest ? undefined : { letters, uidl }
}

/** Whether to ask for sizes while the first letters come, so that the small of the others come before the big: ten octets a letter, a quarter per cent of these at most. */
export function worthOrdering({ octets = 0, letters }: Pick<Maildrop, 'octets' | 'letters'>): boolean {
  return octets >= 64 * 1024 && octets >= 4096 * letters.length
}
