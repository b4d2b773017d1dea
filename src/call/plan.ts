/**
 * When mail calls next, so that two days of calls together cost the least and nothing waits longer than it may: the shortest path over
 * the moments at which a call may begin. What a call costs is the tariff's word on how long it takes, which is the setup and then what
 * waits by then, letters and what is known to arrive, at the speed this line is known to have. Pure. Walls are milliseconds since 1970.
 */
import type { Window } from '../config/windows.ts'
import { type Tariff, tariffOf } from '../link/tariff.ts'
import { nextBorder, within } from '../link/week.ts'
import type { Both, Expected } from './arrivals.ts'

/** What former calls taught. */
export type Learned = {
  /** Octets a second, each way. */
  readonly rate: Both
  /** From the first charged second until mail moves. */
  readonly setupSeconds: number
  readonly expected: Expected
}

export type Need = {
  /** Octets that are known to wait. */
  readonly octets: Both
  /** The moment by which the next call has to be under way, whatever it costs. */
  readonly deadline: number
  /** Since when nobody has looked into the boxes at the ISP; undefined where there are none. */
  readonly emptied: number | undefined
}

export type Terms = {
  readonly tariff: Tariff
  readonly forbidden: readonly Window[]
  /** Milliseconds between two calls, where there are boxes. */
  readonly maxWait: number
  readonly learned: Learned
}

/** `seconds` and `cost` of the call at `at`; `now`: what it would cost at once. */
export type Plan = { readonly at: number; readonly seconds: number; readonly cost: number; readonly now: number }

const hour = 3_600_000
const horizon = 48 * hour
const grid = hour / 2

/** Where no tariff is given: the hours outside these windows count as three times as dear as those inside. */
export function preferring(windows: readonly Window[]): Tariff {
  const rates = { minimum: 0, unit: 1000, fee: 0 }
  return tariffOf([...windows.map((window) => ({ ...rates, window, per_minute: 1 })), { ...rates, per_minute: windows.length > 0 ? 3 : 1 }])
}

/** Seconds from the first charged one to the last, for so many octets: both ways at once. */
export function lengthOf({ out, in: back }: Both, { rate, setupSeconds }: Pick<Learned, 'rate' | 'setupSeconds'>): number {
  return setupSeconds + Math.max(out / rate.out, back / rate.in)
}

/** The next call; undefined where calls are forbidden at every hour. */
export function planCall(need: Need, terms: Terms, now: number): Plan | undefined {
  const moments = momentsOf(need, terms, now)
  const rest = need.emptied === undefined ? new Map<number, number>() : restOf(moments, terms, now)
  const whole = (moment: number): number => costOf(need, terms, moment, now) + (rest.get(moment) ?? 0)
  // Of equal ways the one that calls later: what comes until then goes with it.
  const at = reachable(moments, -1, need.deadline).reduce<number | undefined>(
    (best, moment) => (best === undefined || whole(moment) <= whole(best) + grain ? moment : best),
    undefined,
  )
  if (at === undefined) return undefined
  return { at, seconds: secondsOf(need, terms, at, now), cost: costOf(need, terms, at, now), now: costOf(need, terms, now, now) }
}

/** The last moment up to `deadline` at which mail may call, else the first after it; undefined if there is none. */
export function allowedBy(deadline: number, forbidden: readonly Window[], now: number): number | undefined {
  const wanted = Math.max(deadline, now)
  if (!within(forbidden, wanted)) return wanted
  const borders = bordersUpTo(wanted, now, (at) => nextBorder(forbidden, at))
  const before = borders.map((border) => border - lead).findLast((at) => at > now && !within(forbidden, at))
  return before ?? (within(forbidden, now) ? undefined : now) ?? allowedFrom(wanted, forbidden)
}

/** The first moment from `wall` on at which mail may call; undefined if there is none. */
export function allowedFrom(wall: number, forbidden: readonly Window[]): number | undefined {
  const seen = bordersUpTo(wall + 8 * 24 * hour, wall, (at) => nextBorder(forbidden, at))
  return [wall, ...seen].find((at) => !within(forbidden, at))
}

/** A call that is to end before a border begins so much before it, beside its own length (milliseconds). */
const lead = 60_000

function momentsOf(need: Need, terms: Terms, now: number): readonly number[] {
  const { tariff, forbidden } = terms
  const end = now + horizon
  const borders = bordersUpTo(end, now, tariff.nextBorder)
  const before = borders.map((border) => border - lead - secondsOf(need, terms, border, now) * 1000)
  const shut = bordersUpTo(end, now, (at) => nextBorder(forbidden, at))
  const half = Array.from({ length: horizon / grid }, (_, index) => (Math.floor(now / grid) + 1 + index) * grid)
  const due = allowedBy(need.deadline, forbidden, now)
  const all = [now, ...borders, ...before, ...shut, ...shut.map((border) => border - lead), ...half, ...(due === undefined ? [] : [due])]
  return [...new Set(all)].filter((at) => at >= now && !within(forbidden, at)).sort((a, b) => a - b)
}

/**
 * Where boxes have to be emptied again and again: what the calls after one at this moment cost, from the last moment back to the first.
 * The last call of a plan is the better the later it is: what it leaves to be called for after the horizon counts as a call usually costs.
 */
function restOf(moments: readonly number[], { tariff, learned, maxWait }: Terms, now: number): ReadonlyMap<number, number> {
  const rest = new Map<number, number>()
  const costs = (from: number, to: number): number => tariff.cost(to, lengthOf(learned.expected(from, to), learned))
  const usual = moments.reduce((sum, at) => sum + costs(at - maxWait, at), 0) / moments.length
  const end = now + horizon - maxWait
  for (const [index, from] of [...moments.entries()].reverse()) {
    const next = from < end ? reachable(moments, index, from + maxWait) : []
    const onwards = next.map((to) => costs(from, to) + (rest.get(to) ?? 0))
    rest.set(from, onwards.length > 0 ? Math.min(...onwards) : (usual * (end - from)) / maxWait)
  }
  return rest
}

/** Less than this is no difference in money. */
const grain = 1e-9

/** The moments after the one at `index` up to the limit, or the first of all where none is in time. */
function reachable(moments: readonly number[], index: number, limit: number): readonly number[] {
  const inTime = moments.slice(index + 1).filter((at) => at <= limit)
  return inTime.length > 0 ? inTime : moments.slice(index + 1, index + 2)
}

/** With what comes until then. */
function secondsOf({ octets, emptied }: Need, { learned }: Terms, at: number, now: number): number {
  const out = octets.out + learned.expected(now, at).out
  const back = octets.in + (emptied === undefined ? 0 : learned.expected(emptied, at).in)
  return lengthOf({ out, in: back }, learned)
}

function costOf(need: Need, terms: Terms, at: number, now: number): number {
  return terms.tariff.cost(at, secondsOf(need, terms, at, now))
}

function bordersUpTo(end: number, from: number, next: (wall: number) => number | undefined): readonly number[] {
  const borders: number[] = []
  for (let at = next(from); at !== undefined && at <= end; at = next(at)) borders.push(at)
  return borders
}
