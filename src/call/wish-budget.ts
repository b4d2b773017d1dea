/** What the budget still allows. A call counts for the day, week or month in which it began, by the clock on the wall as far as it is known. */
import type { Tariff } from '../link/tariff.ts'
import type { Limit, Now, Policy, Spent, Wish } from './wish-state.ts'

const day = 24 * 3_600_000
const lengths: Record<Limit['per'], number> = { day, week: 7 * day, month: 31 * day }

/** How many seconds a call from `now` on may last, and which limit says so. */
export type Allowance = { readonly seconds: number; readonly limit?: Limit }

export function allowance(spent: readonly Spent[], limits: readonly Limit[], tariff: Tariff | undefined, now: Now): Allowance {
  return limits.reduce<Allowance>(
    (least, limit) => {
      const seconds = Math.max(0, secondsLeft(spent, limit, tariff, now))
      return seconds < least.seconds ? { seconds, limit } : least
    },
    { seconds: Number.POSITIVE_INFINITY },
  )
}

/** Milliseconds of a call before which nothing was spent; Infinity where there is no limit. */
export function longestCall(now: Now, { budget, tariff }: Pick<Policy, 'budget' | 'tariff'>): number {
  return allowance([], budget, tariff, now).seconds * 1000
}

/**
 * Whether the call under way may outlast its budget for a letter that fits in none: nothing had been spent before it, and no cheaper hours are
 * to come, or the letter has waited as long as it may.
 */
export function mayOverdraw({ tooLong, charged, spent }: Wish, { elapsed }: Now, policy: Policy): boolean {
  if (tooLong === undefined || !charged) return false
  const { budget, tariff, max_wait } = policy
  const whole = allowance(spent, budget, tariff, charged).seconds * 1000 >= longestCall(charged, policy)
  const cheapest = charged.wall === undefined || tariff?.nextCheaper(charged.wall) === undefined
  return whole && (cheapest || elapsed - tooLong >= max_wait)
}

/** When the limit counts anew (`clock.elapsed()` milliseconds). */
export function renewed({ per }: Limit, spent: readonly Spent[], now: Now): number {
  if (now.wall !== undefined) return now.elapsed + periodOf(per, now.wall, 1) - now.wall
  const oldest = spent.find(({ elapsed }) => elapsed > now.elapsed - lengths[per])
  // Past the moment itself: rounded, the sum may still be one at which the call counts, and the same moment would be tried for ever.
  return (oldest?.elapsed ?? now.elapsed) + lengths[per] + 1
}

/** `1:30:00/day`, `5.00/month`. */
export function limitWords({ per, ms, money }: Limit): string {
  return `${ms === undefined ? (money ?? 0).toFixed(2) : spanWords(ms)}/${per}`
}

/** `0:52`, `1:30:00`. */
export function spanWords(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const two = (n: number): string => String(Math.floor(n) % 60).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  return hours > 0 ? `${hours}:${two(seconds / 60)}:${two(seconds)}` : `${Math.floor(seconds / 60)}:${two(seconds)}`
}

function secondsLeft(spent: readonly Spent[], { per, ms, money }: Limit, tariff: Tariff | undefined, now: Now): number {
  const counted = spent.filter((one) => counts(one, per, now))
  const sum = (part: 'seconds' | 'cost'): number => counted.reduce((all, one) => all + one[part], 0)
  const time = ms === undefined ? Number.POSITIVE_INFINITY : ms / 1000 - sum('seconds')
  if (money === undefined || tariff === undefined || now.wall === undefined) return time
  return Math.min(time, tariff.lasts(now.wall, money - sum('cost')))
}

function counts({ wall, elapsed }: Spent, per: Limit['per'], now: Now): boolean {
  return wall === undefined || now.wall === undefined ? elapsed > now.elapsed - lengths[per] : wall >= periodOf(per, now.wall, 0)
}

/** Where the period begins in which `wall` is, or one that comes so many later. */
function periodOf(per: Limit['per'], wall: number, later: number): number {
  const date = new Date(wall)
  const [year, month, monthDay] = [date.getFullYear(), date.getMonth(), date.getDate()]
  if (per === 'month') return new Date(year, month + later, 1).getTime()
  if (per === 'week') return new Date(year, month, monthDay - ((date.getDay() + 6) % 7) + 7 * later).getTime()
  return new Date(year, month, monthDay + later).getTime()
}
