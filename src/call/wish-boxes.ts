/**
 * Since when nobody has looked into the boxes, and whom to call for them: boxes that are collected in calls to one ISP alone are seen in
 * those and no others. What such a call could not empty has had its chance, and waits anew; so has an ISP that was to be called
 * and was not to be had, when another took its call: else the two would be called in turn for ever. Pure.
 */
import type { Policy, Wish } from './wish-state.ts'

/** The boxes that have waited longest. */
export type Unseen = {
  readonly since: number
  /** Seen in calls to this ISP alone. */
  readonly isp?: string
}

/** Undefined: there are no boxes. Of those that have waited equally long an ISP's own: a call for them is one for all others, too. */
export function unseen(state: Wish, { hasBoxes, ownBoxes = [] }: Policy): Unseen | undefined {
  if (!hasBoxes) return undefined
  const own = ownBoxes.map((isp): Unseen => ({ isp, since: state.seen?.get(isp) ?? state.started }))
  return [...own, { since: seenByAnyCall(state) }].reduce((longest, one) => (one.since < longest.since ? one : longest))
}

/** All boxes of the call under way were emptied of what lay in them then. */
export function emptied(state: Wish, since: number): Wish {
  const { line } = state
  return { ...(line.kind === 'up' ? lookedInto(state, line.isp, since) : state), emptied: since }
}

/** A call is up, by whoever answered. */
export function answered(state: Wish, isp: string, now: number): Wish {
  const meant = state.wanted?.cause.isp
  return meant === undefined || meant === isp ? state : lookedInto(state, meant, now)
}

/** The call to this ISP is over. */
export function called(state: Wish, isp: string, now: number): Wish {
  const emptiedInIt = (state.seen?.get(isp) ?? Number.NEGATIVE_INFINITY) >= (state.up ?? now)
  return emptiedInIt ? state : lookedInto(state, isp, now)
}

function lookedInto(state: Wish, isp: string, at: number): Wish {
  return { ...state, seen: new Map([...(state.seen ?? []), [isp, at]]) }
}

function seenByAnyCall({ emptied: last, up, over, started }: Wish): number {
  if (last !== undefined && (up === undefined || last >= up)) return last
  return over ?? started
}
