/**
 * What calls came to in a day, a week from Monday, a month, and in all, by the box's local time; and what is left of each budget. Pure. A box
 * that does not know the time cannot know the day: until it does, the last 24 hours of running stand for it, and as long as it has
 * run for less, all that is not known to be older than the last day it knew. So a start in the middle of a day gives no new budget.
 */
import { add, type CallRecord, type Fallen, noSum, type Sum, sumOf } from './record.ts'

export type Period = 'day' | 'week' | 'month'

/** So much time on line, or money, in each such period. */
export type Budget = { readonly per: Period } & ({ readonly ms: number } | { readonly money: number })

export type Left = { readonly budget: Budget; readonly left: number }

export type Sums = {
  readonly day: Sum
  readonly week: Sum
  readonly month: Sum
  readonly total: Sum
  /** In the order of the settings; milliseconds or money, below zero where more was spent. */
  readonly left: readonly Left[]
}

/** As whoever plans counts it: milliseconds, seconds, money (0 where nobody knows). */
export type Spent = { readonly wall: number | undefined; readonly elapsed: number; readonly seconds: number; readonly cost: number }

/** A call with the moment of its end in this run, `clock.elapsed()` milliseconds; undefined where it was in an earlier one. */
export type Kept = { readonly record: CallRecord; readonly until: number | undefined }

/** `wall` is undefined while unknown. */
export type Moment = { readonly elapsed: number; readonly wall: number | undefined }

const hours = 3_600_000
const lengths: Readonly<Record<Period, number>> = { day: 24 * hours, week: 7 * 24 * hours, month: 31 * 24 * hours }

export function sums(calls: readonly Kept[], fallen: Fallen | undefined, budgets: readonly Budget[], now: Moment): Sums {
  const latest = latestOf(calls.map(({ record }) => record))
  const spent = (period: Period): Sum => {
    const own = calls.filter((call) => isWithin(call, period, now, latest)).map(({ record }) => sumOf(record))
    return own.reduce(add, period === 'month' && countsStill(fallen, now, latest) ? (fallen?.month ?? noSum) : noSum)
  }
  const by = { day: spent('day'), week: spent('week'), month: spent('month') }
  return {
    ...by,
    total: calls.map(({ record }) => sumOf(record)).reduce(add, fallen?.total ?? noSum),
    left: budgets.map((budget) => ({ budget, left: leftOf(budget, by[budget.per]) })),
  }
}

export function spentOf(records: readonly CallRecord[]): readonly Spent[] {
  const latest = latestOf(records)
  return records.map(({ counted, seconds, cost }) => ({
    wall: counted,
    elapsed: Math.min(0, (counted ?? latest) - latest),
    seconds,
    cost: cost ?? 0,
  }))
}

function latestOf(records: readonly CallRecord[]): number {
  return records.reduce((last, { counted }) => Math.max(last, counted ?? 0), 0)
}

/** The call's note makes room for a new one; what it cost is not forgotten. */
export function fall(fallen: Fallen | undefined, record: CallRecord): Fallen {
  const sum = sumOf(record)
  const { counted } = record
  const sameMonth = counted === undefined || (fallen?.counted !== undefined && startOf('month', counted) <= fallen.counted)
  return {
    total: add(fallen?.total ?? noSum, sum),
    month: sameMonth ? add(fallen?.month ?? noSum, sum) : sum,
    counted: counted === undefined ? fallen?.counted : Math.max(counted, fallen?.counted ?? 0),
  }
}

/** Wall clock at the beginning of the local day, week or month in which that moment lies. */
export function startOf(period: Period, wall: number): number {
  const at = new Date(wall)
  const [year, month, date] = [at.getFullYear(), at.getMonth(), at.getDate()]
  if (period === 'month') return new Date(year, month, 1).getTime()
  return new Date(year, month, period === 'day' ? date : date - ((at.getDay() + 6) % 7)).getTime()
}

/** A clock that was set back counts more rather than less. */
function isWithin({ record: { counted }, until }: Kept, period: Period, { elapsed, wall }: Moment, latest: number): boolean {
  if (wall !== undefined) return counted === undefined || counted >= startOf(period, wall)
  if (until !== undefined) return elapsed - until < lengths[period]
  return elapsed < lengths[period] && (counted === undefined || counted >= startOf(period, latest))
}

function countsStill(fallen: Fallen | undefined, { elapsed, wall }: Moment, latest: number): boolean {
  if (fallen?.counted === undefined) return fallen !== undefined
  return wall === undefined
    ? elapsed < lengths.month && fallen.counted >= startOf('month', latest)
    : fallen.counted >= startOf('month', wall)
}

function leftOf(budget: Budget, { seconds, cost }: Sum): number {
  return 'ms' in budget ? budget.ms - seconds * 1000 : budget.money - cost
}
