/** What the wish for a call knows, hears and asks for. Times without a word are `clock.elapsed()` milliseconds, walls milliseconds since 1970. */
import type { Window } from '../config/windows.ts'
import type { Cause, LinkState } from '../link/line.ts'
import type { Tariff } from '../link/tariff.ts'
import type { Learned, Plan } from './plan.ts'
import type { Asker } from './planner.ts'

/** `wall` is undefined until the clock on the wall is known. */
export type Now = { readonly elapsed: number; readonly wall: number | undefined }

/** What waits for the ISP. `oldest`: when it was accepted. */
export type Waiting = {
  readonly letters: number
  readonly octets: number
  readonly oldest: number | undefined
  readonly urgent?: { readonly id: string; readonly from: string }
  readonly bulkOnly: boolean
}

export type WishEvent =
  | ({ readonly kind: 'queue' } & Waiting)
  | { readonly kind: 'asked'; readonly by: Asker; readonly cause: string; readonly isp?: string }
  /** The operator hung up: until something new asks, mail does not dial. */
  | { readonly kind: 'withdrawn'; readonly reason: string }
  | { readonly kind: 'line'; readonly state: LinkState }
  | { readonly kind: 'working'; readonly busy: boolean }
  | { readonly kind: 'users'; readonly active: boolean }
  /** All boxes were emptied of what lay in them then. */
  | { readonly kind: 'emptied'; readonly since: number }
  /** Letters were left for a later call, of which so many octets in boxes. `tooLong`: one of them fits in no call that the budget allows. */
  | { readonly kind: 'put-off'; readonly octets: number; readonly tooLong: boolean }
  | { readonly kind: 'clock-known' }
  | { readonly kind: 'woke' }

export type WishEffect =
  | { readonly kind: 'dial'; readonly cause: Cause }
  | { readonly kind: 'hang-up'; readonly reason: string }
  /** Replaces the former one. */
  | { readonly kind: 'wake'; readonly at: number }

export type WishStep = { readonly state: Wish; readonly effects: readonly WishEffect[] }

/** Milliseconds of line, or money in the bill's currency, of a local day, a week from Monday, or a month. */
export type Limit = { readonly per: 'day' | 'week' | 'month'; readonly ms?: number; readonly money?: number }

export type Policy = {
  /** Minutes since local midnight. */
  readonly timetable: readonly number[]
  readonly windows: readonly Window[]
  readonly forbidden: readonly Window[]
  /** Milliseconds, as `idle` and `idle_by_hand`. */
  readonly max_wait: number
  readonly idle: number
  readonly idle_by_hand: number
  readonly use_paid: boolean
  readonly urgent: 'always' | 'open' | 'never'
  readonly budget: readonly Limit[]
  readonly tariff: Tariff | undefined
  readonly hasBoxes: boolean
  /** ISPs with boxes that are collected in calls to them alone. */
  readonly ownBoxes?: readonly string[]
  /** Whether a letter would be taken, if one came. */
  hasRoom(): boolean
  learned(): Learned
}

/** One call that we made. */
export type Spent = { readonly wall: number | undefined; readonly elapsed: number; readonly seconds: number; readonly cost: number }

/** The line as we want it: `by` whom it is wanted. */
export type Wanted = {
  readonly by: 'mail' | 'operator' | 'user'
  readonly cause: Cause
  /** Even in hours in which mail does not dial. */
  readonly always: boolean
  /** LAN users were seen in it. */
  readonly shared: boolean
}

/** When mail dials next, the cause it then gives, and, where it chose the moment, what it reckons with. */
export type Due = {
  readonly at: number
  readonly cause: string
  readonly always: boolean
  readonly plan?: Plan
  /** Who is to be called; absent: the first in the settings. */
  readonly isp?: string
  /** It is time, and there is no room for what lies in the boxes. */
  readonly full?: true
}

export type Wish = {
  readonly started: number
  readonly queue: Waiting
  readonly line: LinkState
  /** Absent: we want no line; one that is up all the same is somebody else's. */
  readonly wanted?: Wanted
  /** When the call under way that we made began to cost money. */
  readonly charged?: Now
  readonly busy: boolean
  readonly active: boolean
  /** Since when neither mail nor users have used the line. */
  readonly quietSince: number
  /** What came into the boxes after that nobody has seen. */
  readonly emptied?: number
  /** By ISP: the same for boxes that are collected in calls to it alone. */
  readonly seen?: ReadonlyMap<string, number>
  /** When the last call went up, and when it was over. */
  readonly up?: number
  readonly over?: number
  readonly withdrawn?: number
  /** What the last call put off, and by when it has to go; `octets` are those in boxes. */
  readonly putOff?: { readonly by: number; readonly octets: number }
  /** Since when a letter waits that fits in no call that the budget allows: it goes past a budget of which nothing has been spent. */
  readonly tooLong?: number
  /** An urgent letter that has had its call: it is not dialled for again. */
  readonly tried?: string
  readonly spent: readonly Spent[]
  readonly due?: Due
}

/** Before anybody has said a word. `spent`: what former runs spent. */
export function noWish(now: number, spent: readonly Spent[]): Wish {
  return {
    started: now,
    queue: { letters: 0, octets: 0, oldest: undefined, bulkOnly: false },
    line: { kind: 'down', since: now, reason: 'not yet up since the start' },
    busy: false,
    active: false,
    quietSince: now,
    spent,
  }
}
