/**
 * What to do with each letter in an ISP's box, given what we already have of it: seen → kept → removed. A POP3 server deletes
 * at QUIT or not at all, so a line that drops leaves letters there that are ours already: those are deleted, not fetched
 * again. Pure; the rows are queue/ledger's, the doing is drain's.
 */
import type { LedgerEntry, LedgerState } from '../queue/ledger.ts'

/** seen: nothing of it is ours · kept: ours · noted: too big, somebody was told of it · removed: deleted unless QUIT went wrong · gone. */
export type LetterState = 'seen' | LedgerState | 'gone'

export type LetterEvent =
  /** The box holds it. */
  | { readonly kind: 'listed'; readonly size: number; readonly wish: Wish | undefined }
  /** The letter, or the note that stands for it, is on our disk. */
  | { readonly kind: 'committed'; readonly as: 'kept' | 'noted' }
  /** The server took our DELE. */
  | { readonly kind: 'deleted' }
  | { readonly kind: 'ended'; readonly deletions: 'committed' | 'refused' | 'unknown' }
  /** The box no longer holds it. */
  | { readonly kind: 'absent' }

/** `fetch`: whatever its size. `drop`: delete it there, unread. */
export type Wish = 'fetch' | 'drop'

export type LetterEffect = 'retrieve' | 'note' | 'delete' | 'mark-removed' | 'forget'

export type Policy = {
  /** False: what is safe here is deleted there. */
  readonly keep: boolean
  /** Octets; larger ones stay there and a note is delivered. */
  readonly maxMessage: number | undefined
}

export type Step = { readonly state: LetterState; readonly effect?: LetterEffect }

export function step(state: LetterState, event: LetterEvent, policy: Policy): Step {
  if (state === 'gone') return { state }
  if (event.kind === 'listed') return listed(state, event.size, event.wish, policy)
  if (event.kind === 'committed') return committed(state, event.as, policy)
  if (event.kind === 'deleted') return { state: 'removed' }
  return event.kind === 'ended' ? ended(state, event.deletions) : { state: 'gone', effect: 'forget' }
}

function listed(state: LetterState, size: number, wish: Wish | undefined, { keep, maxMessage }: Policy): Step {
  if (state === 'removed' || wish === 'drop') return { state, effect: 'delete' }
  if (state === 'kept') return keep ? { state } : { state, effect: 'delete' }
  if (wish === 'fetch' || maxMessage === undefined || size <= maxMessage) return { state, effect: 'retrieve' }
  return state === 'seen' ? { state, effect: 'note' } : { state }
}

function committed(state: LetterState, as: 'kept' | 'noted', { keep }: Policy): Step {
  if (state !== 'seen' && state !== 'noted') return { state }
  return as === 'kept' && !keep ? { state: 'kept', effect: 'delete' } : { state: as }
}

/** Rows of what is certainly gone go; the others must outlive the doubt. */
function ended(state: LetterState, deletions: 'committed' | 'refused' | 'unknown'): Step {
  if (state !== 'removed') return { state }
  return deletions === 'committed' ? { state: 'gone', effect: 'forget' } : { state, effect: 'mark-removed' }
}

/** A letter in the box; `key` names it in the ledger, undefined where nothing names it yet. */
export type Identified = { readonly number: number; readonly size: number; readonly key: string | undefined }

export type Job<L extends Identified = Identified> = {
  readonly letter: L
  readonly state: LetterState
  readonly effect: 'retrieve' | 'note' | 'delete'
}

export type Plan<L extends Identified = Identified> = {
  /** What is only to be deleted first, then the small before the big, so that a short call brings many. */
  readonly jobs: readonly Job<L>[]
  /** Letters that stay there on purpose. */
  readonly left: number
  /** Keys of rows whose letters the box no longer holds. */
  readonly absent: readonly string[]
}

export function plan<L extends Identified>(
  letters: readonly L[],
  rows: ReadonlyMap<string, LedgerEntry>,
  wishes: ReadonlyMap<string, Wish>,
  policy: Policy,
): Plan<L> {
  const jobs: Job<L>[] = []
  for (const letter of letters) {
    const state = (letter.key !== undefined && rows.get(letter.key)?.state) || 'seen'
    const wish = letter.key === undefined ? undefined : wishes.get(letter.key)
    const { effect } = step(state, { kind: 'listed', size: letter.size, wish }, policy)
    if (effect === 'retrieve' || effect === 'note' || effect === 'delete') jobs.push({ letter, state, effect })
  }
  return { jobs: inOrder(jobs, new Map()), left: letters.length - jobs.length, absent: absent(letters, rows, policy) }
}

/** The same, with sizes that have become known since. */
export function inOrder<L extends Identified>(jobs: readonly Job<L>[], sizes: ReadonlyMap<number, number>): readonly Job<L>[] {
  return jobs
    .map((job) => ({ ...job, letter: { ...job.letter, size: sizes.get(job.letter.number) ?? job.letter.size } }))
    .sort((a, b) => costOf(a) - costOf(b))
}

/** Octets that will come, roughly. */
export function costOf({ letter, effect }: Job): number {
  if (effect === 'delete') return 0
  return effect === 'note' ? Math.min(letter.size, headerCost) : letter.size
}

const headerCost = 2048

/**
 * A box in which some letter has no name may hold any of the named ones. And a server that shows an empty box for a while must not
 * make us take all that we left in it for new.
 */
function absent(letters: readonly Identified[], rows: ReadonlyMap<string, LedgerEntry>, { keep }: Policy): readonly string[] {
  const keys = new Set(letters.map(({ key }) => key))
  if (keys.has(undefined) || (keep && letters.length === 0)) return []
  return [...rows.keys()].filter((key) => !keys.has(key))
}
