/**
 * What may still start in the call under way, as wish and plan see it: nothing that the budget would cut, and of what may wait for a cheaper
 * hour only what fits into what is paid for anyhow. Pure. Refuses to know of letters: ration.ts weighs them.
 */
import type { Tariff } from '../link/tariff.ts'
import { allowedFrom, preferring } from './plan.ts'
import type { Ration } from './ration.ts'
import { allowance, longestCall, mayOverdraw } from './wish-budget.ts'
import { headStart } from './wish-due.ts'
import type { Now, Policy, Wish } from './wish-state.ts'
import { goodbye } from './wish-stay.ts'

/** When the call may begin in which what is put off goes, and until when it goes with this one all the same: `clock.elapsed()` milliseconds. */
export type Cheaper = { readonly at: number; readonly until: number }

/** Seconds of mail beyond what is paid for that no hour is too dear for: to wait for half a day for less would please nobody. */
const smallChange = 15

/** Undefined: everything goes; the call is not ours, or the operator's, or nothing limits it. */
export function rationOf(state: Wish, now: Now, policy: Policy): Ration | undefined {
  const { wanted, charged, spent } = state
  if (!wanted || !charged || wanted.by === 'operator') return undefined
  const { seconds } = allowance(spent, policy.budget, policy.tariff, charged)
  const budgetEnds = charged.elapsed + seconds * 1000
  const overdraft = now.elapsed < budgetEnds && mayOverdraw(state, now, policy) ? { longest: longestCall(charged, policy) } : {}
  const waitedLong = headStart(state, now, policy) - policy.max_wait
  const cheaper = cheaperCall(state, now, policy)
  if (cheaper) return { until: cheaper.until, mustBefore: cheaper.at + waitedLong, budgetEnds, ...overdraft }
  // What has waited as long as it may goes first, or small letters would take each day's budget before it.
  return Number.isFinite(budgetEnds) ? { until: budgetEnds, mustBefore: now.elapsed + waitedLong, budgetEnds, ...overdraft } : undefined
}

/** Undefined: there is none, or it matters to nobody, since people use the line as well or want their mail now. */
export function cheaperCall({ wanted, charged }: Wish, { elapsed, wall }: Now, policy: Policy): Cheaper | undefined {
  if (wanted?.by !== 'mail' || wanted.shared || wanted.cause.person || !charged || wall === undefined) return undefined
  const tariff = policy.tariff ?? preferring(policy.windows)
  const next = tariff.nextCheaper(wall)
  const at = next === undefined ? undefined : allowedFrom(next, policy.forbidden)
  if (at === undefined || tariff.rate(at) >= tariff.rate(wall)) return undefined
  const until = charged.elapsed + 1000 * worthwhile(tariff, { from: wall - elapsed + charged.elapsed, at, now: wall }, policy)
  return { at: at - wall + elapsed, until }
}

/** Seconds from the start of this call: what has been paid for, and what would cost less than a call for it at a cheaper hour. */
function worthwhile(tariff: Tariff, { from, at, now }: { from: number; at: number; now: number }, { learned }: Policy): number {
  const { setupSeconds } = learned()
  const another = tariff.cost(at, setupSeconds) / ((tariff.rate(now) - tariff.rate(at)) / 60)
  const paid = (seconds: number): number => tariff.paidUntil(from, seconds) - goodbye / 1000
  return Math.max(paid(setupSeconds) + Math.max(another, smallChange), paid((now - from) / 1000))
}
