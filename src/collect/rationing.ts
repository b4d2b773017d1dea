/**
 * Which letters of a box may begin in a call that has not room for all, and since when one that is put off has been waiting. Nobody says when
 * a letter came to the box: not before we last saw what lay there. Pure; times are in running time, which outlives the process.
 */
import { isFit, type Room } from '../mail/room.ts'
import { costOf, type Identified, type Job, type Wish } from './ledger.ts'

export type Arrivals = {
  /** Whatever is not named below came later. */
  readonly since: number
  /** Letters put off, by id, and since when each may have been there. */
  readonly off: Readonly<Record<string, number>>
}

/** More are not named, and then all that lies in the box counts as old as the oldest. */
const mostNamed = 200

export function sinceOf({ key }: Pick<Identified, 'key'>, { since, off }: Arrivals): number {
  return (key === undefined ? undefined : off[key]) ?? since
}

/** `mustBefore` of the room is in running time here. What somebody asked for by its id goes whatever there is room for. */
export function mayBegin(job: Job, room: Room, arrivals: Arrivals, wishes: ReadonlyMap<string, Wish>): boolean {
  const { letter, effect } = job
  if (effect === 'delete' || (letter.key !== undefined && wishes.has(letter.key))) return true
  return isFit({ size: costOf(job), since: sinceOf(letter, arrivals), urgent: false }, room)
}

/** What must go first, else as they were. */
export function pressingFirst<J extends Job>(jobs: readonly J[], { mustBefore }: Room, arrivals: Arrivals): readonly J[] {
  const isPressing = ({ letter }: J): boolean => sinceOf(letter, arrivals) <= mustBefore
  return [...jobs.filter(isPressing), ...jobs.filter((job) => !isPressing(job))]
}

/** After a session that saw the whole box at `seen`, and put these off. */
export function arrivalsAfter(before: Arrivals, seen: number, off: readonly Identified[]): Arrivals {
  const named = off.flatMap((letter) => (letter.key === undefined ? [] : [[letter.key, sinceOf(letter, before)] as const]))
  if (named.length === off.length && named.length <= mostNamed) return { since: seen, off: Object.fromEntries(named) }
  return { since: Math.min(...off.map((letter) => sinceOf(letter, before))), off: {} }
}

/** Undefined for what nobody wrote. */
export function parseArrivals(text: string | undefined): Arrivals | undefined {
  if (text === undefined) return undefined
  try {
    const { since, off }: Partial<Arrivals> = JSON.parse(text)
    return typeof since === 'number' && typeof off === 'object' && off !== null ? { since, off } : undefined
  } catch {
    return undefined
  }
}
