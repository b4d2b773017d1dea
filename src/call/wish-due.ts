/**
 * When mail dials next, while the line is down. No letter and no box waits longer than `max_wait`, save in forbidden hours or without budget;
 * sooner by the timetable, else at the moment that the plan finds cheapest, and at once for an urgent letter. Pure.
 */
import { nextTimeOfDay, within } from '../link/week.ts'
import { allowedBy, allowedFrom, lengthOf, type Need, planCall, preferring } from './plan.ts'
import { unseen } from './wish-boxes.ts'
import { allowance, renewed } from './wish-budget.ts'
import type { Due, Now, Policy, Wish } from './wish-state.ts'

/** With the clock unknown there is one call so long after the start: the ISP knows what time it is. */
const firstCall = 60_000
/** So much sooner than the wait is over, beside the length of the call: dialling takes its time, too. */
const lead = 60_000

/** Undefined: nothing to dial for. */
export function dueOf(state: Wish, now: Now, policy: Policy): Due | undefined {
  const isp = unseen(state, policy)?.isp
  const usual = now.wall === undefined ? unclocked(state, now, policy) : clocked(state, now, policy)
  const [soonest] = [urgent(state, now, policy), ...usual.map((due) => (due && isp !== undefined ? { ...due, isp } : due))]
    .filter((due) => due !== undefined)
    .sort((a, b) => a.at - b.at)
  return soonest && affordable(soonest, state, now, policy)
}

/** Whether a call may begin now, as far as the hours go. */
export function openNow({ wall }: Now, { forbidden }: Policy): boolean {
  return wall === undefined || !within(forbidden, wall)
}

/** The limit that leaves nothing for a call, if one does. */
export function spentLimit(state: Wish, now: Now, policy: Policy): ReturnType<typeof allowance>['limit'] {
  const { seconds, limit } = allowance(state.spent, policy.budget, policy.tariff, now)
  return seconds <= policy.learned().setupSeconds ? limit : undefined
}

function affordable(due: Due, state: Wish, now: Now, policy: Policy): Due | undefined {
  const limit = spentLimit(state, now, policy)
  if (!limit) return due
  const at = Math.max(due.at, renewed(limit, state.spent, now))
  const open = due.always ? at : openFrom(at, now, policy)
  return open === undefined
    ? undefined
    : { at: open, cause: due.cause, always: due.always, ...(due.isp === undefined ? {} : { isp: due.isp }) }
}

function urgent({ queue, tried }: Wish, now: Now, policy: Policy): Due | undefined {
  if (!queue.urgent || policy.urgent === 'never' || queue.urgent.id === tried) return undefined
  const always = policy.urgent === 'always'
  const at = always ? now.elapsed : openFrom(now.elapsed, now, policy)
  return at === undefined ? undefined : { at, cause: `urgent letter ${queue.urgent.id} from ${queue.urgent.from}`, always }
}

function unclocked(state: Wish, now: Now, policy: Policy): readonly (Due | undefined)[] {
  const { queue, started, up, withdrawn } = state
  const first = up === undefined && withdrawn === undefined && ((queue.letters > 0 && !queue.bulkOnly) || policy.timetable.length > 0)
  const deadline = deadlineOf(state, now, policy)
  return [
    first ? { at: Math.max(started + firstCall, now.elapsed), cause: 'what time is it', always: false } : undefined,
    deadline === undefined ? undefined : { at: deadline, cause: 'max_wait', always: false },
  ]
}

function clocked(state: Wish, now: Now, policy: Policy): readonly (Due | undefined)[] {
  const deadline = deadlineOf(state, now, policy)
  if (deadline === undefined || now.wall === undefined) return []
  const ahead = now.wall - now.elapsed
  const last = allowedBy(deadline + ahead, policy.forbidden, now.wall)
  const latest: Due | undefined = last === undefined ? undefined : { at: last - ahead, cause: 'max_wait', always: false }
  if (policy.timetable.length > 0) return [latest, nextInTimetable(now.wall, ahead, policy)]
  if (state.withdrawn !== undefined || (!policy.tariff && policy.windows.length === 0)) return [latest]
  return [planned(state, { elapsed: now.elapsed, wall: now.wall }, deadline, policy)]
}

function nextInTimetable(wall: number, ahead: number, { timetable, forbidden }: Policy): Due | undefined {
  const times = timetable.map((minutes) => nextTimeOfDay(minutes, wall)).filter((at) => !within(forbidden, at))
  return times.length > 0
    ? { at: Math.min(...times) - ahead, cause: `timetable ${timeWords(Math.min(...times))}`, always: false }
    : undefined
}

function planned(state: Wish, now: { elapsed: number; wall: number }, deadline: number, policy: Policy): Due | undefined {
  const ahead = now.wall - now.elapsed
  const tariff = policy.tariff ?? preferring(policy.windows)
  const boxes = unseen(state, policy)
  const need: Need = {
    octets: { out: state.queue.octets, in: state.putOff?.octets ?? 0 },
    deadline: Math.max(deadline + ahead, now.wall),
    emptied: boxes && boxes.since + ahead,
  }
  const plan = planCall(need, { tariff, forbidden: policy.forbidden, maxWait: policy.max_wait, learned: policy.learned() }, now.wall)
  if (!plan) return undefined
  const cheap = tariff.rate(plan.at) < tariff.rate(now.wall)
  return { at: plan.at - ahead, cause: cheap ? 'cheap rate' : 'planned', always: false, plan }
}

/** The latest moment to dial at, so that nothing that waits has waited longer than it may; undefined if nothing waits. */
function deadlineOf(state: Wish, now: Now, policy: Policy): number | undefined {
  const { queue, over, withdrawn, putOff } = state
  const boxes = unseen(state, policy)
  // What a call left behind has had its chance: it waits anew.
  const since = [...(queue.letters > 0 ? [Math.max(queue.oldest ?? now.elapsed, over ?? 0)] : []), ...(boxes ? [boxes.since] : [])]
  if (since.length === 0) return undefined
  const at = Math.min(Math.min(...since) + policy.max_wait - headStart(state, now, policy), putOff?.by ?? Number.POSITIVE_INFINITY)
  return withdrawn !== undefined && at <= withdrawn ? withdrawn + policy.max_wait : at
}

/** So many milliseconds before the wait is over mail dials: it takes its time to get through, and the call too. */
export function headStart({ queue, putOff }: Wish, { wall }: Now, policy: Policy): number {
  const learned = policy.learned()
  const come = policy.hasBoxes && wall !== undefined ? learned.expected(wall, wall + policy.max_wait).in : 0
  const length = lengthOf({ out: queue.octets, in: (putOff?.octets ?? 0) + come }, learned) * 1000
  return Math.min(lead + length, policy.max_wait / 2)
}

function openFrom(at: number, now: Now, { forbidden }: Policy): number | undefined {
  if (now.wall === undefined) return at
  const ahead = now.wall - now.elapsed
  const open = allowedFrom(at + ahead, forbidden)
  return open === undefined ? undefined : open - ahead
}

/** `13:05`, local time. */
export function timeWords(wall: number): string {
  const date = new Date(wall)
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`
}
