/**
 * How long a line that we wanted is wanted on. A call that mail alone used ends with the last useful octet, one that people use too when
 * they have been quiet, both later where what is paid for is used; and all but the operator's when the budget is spent. Pure.
 */
import { nextBorder, within } from '../link/week.ts'
import { allowance, limitWords, mayOverdraw, spanWords } from './wish-budget.ts'
import type { Now, Policy, Wanted, Wish } from './wish-state.ts'

/** `at`: `clock.elapsed()` milliseconds. */
export type End = { readonly at: number; readonly reason: string }

/** To be off the line before the next unit begins (milliseconds). */
export const goodbye = 3000

/** Undefined: until something is heard. */
export function endOf(state: Wish, wanted: Wanted, now: Now, policy: Policy): End | undefined {
  const ends = state.charged
    ? [state.line.kind === 'up' ? quietEnd(state, wanted, now, policy) : undefined, budgetEnd(state, wanted, now, policy)]
    : [forbiddenEnd(wanted, now, policy)]
  const [first] = ends.filter((end) => end !== undefined).sort((a, b) => a.at - b.at)
  return first
}

function quietEnd(state: Wish, wanted: Wanted, now: Now, policy: Policy): End | undefined {
  if (state.busy) return undefined
  const patience = patienceWith(wanted, policy)
  if (patience !== undefined && state.active) return undefined
  const quiet = Math.max(state.quietSince + (patience ?? 0), now.elapsed)
  const reason = patience === undefined ? 'nothing left to do' : `quiet for ${spanWords(patience)}`
  const paid = policy.use_paid ? paidFrom(quiet, state, policy) : quiet
  return paid > quiet ? { at: paid, reason: 'what is paid for is used' } : { at: quiet, reason }
}

/** How long quiet is waited for; undefined: nobody but mail was here. */
function patienceWith({ by, shared }: Wanted, policy: Policy): number | undefined {
  if (by === 'operator') return policy.idle_by_hand
  return by === 'user' || shared ? policy.idle : undefined
}

/** Until when one may stay for what has been charged by then. */
function paidFrom(quiet: number, { charged }: Wish, { tariff }: Policy): number {
  if (charged?.wall === undefined || !tariff) return quiet
  const until = charged.elapsed + tariff.paidUntil(charged.wall, (quiet - charged.elapsed) / 1000) * 1000
  return Number.isFinite(until) ? until - goodbye : quiet
}

function budgetEnd(state: Wish, { by }: Wanted, now: Now, policy: Policy): End | undefined {
  const { charged, spent, busy } = state
  if (!charged || by === 'operator' || (busy && mayOverdraw(state, now, policy))) return undefined
  const { seconds, limit } = allowance(spent, policy.budget, policy.tariff, charged)
  return limit && { at: charged.elapsed + seconds * 1000, reason: `the budget of ${limitWords(limit)} is used up` }
}

/** The line dials again by itself; not into hours in which nobody is to. */
function forbiddenEnd({ always }: Wanted, { elapsed, wall }: Now, { forbidden }: Policy): End | undefined {
  if (always || wall === undefined) return undefined
  const at = within(forbidden, wall) ? wall : nextBorder(forbidden, wall)
  return at === undefined ? undefined : { at: at - wall + elapsed, reason: 'forbidden hours' }
}
