/**
 * The planner at work: tells the wish (wish.ts) what happens in the house and what time it is, and does what it says: dials, hangs up, wakes
 * it. Questions to the queue are asked once for many changes.
 */
import type { Clock } from '../clock.ts'
import type { Line, LinkState } from '../link/line.ts'
import type { Log } from '../log/events.ts'
import type { Planner } from './planner.ts'
import type { Ration } from './ration.ts'
import { longestCall } from './wish-budget.ts'
import { rationOf } from './wish-ration.ts'
import { describe } from './wish-words.ts'
import { step } from './wish.ts'
import { noWish, type Policy, type Spent, type Waiting, type Wish, type WishEvent } from './wish-state.ts'

export type PlanningOptions = {
  readonly line: Line
  readonly clock: Clock
  /** Whether the wall clock is right. */
  readonly clockKnown: () => boolean
  readonly policy: Policy
  /** What calls of former runs have spent. */
  readonly spent: readonly Spent[]
  /** What waits for the ISP now. */
  readonly waiting: () => Waiting
  readonly log: Log
}

export interface Planning extends Planner {
  /** Letters came or went. */
  queueChanged(): void
  seen(state: LinkState): void
  working(busy: boolean): void
  /** LAN users use the line, or have gone quiet. */
  users(active: boolean): void
  /** Every box has been emptied of what lay in it then (`clock.elapsed()` milliseconds). */
  emptied(since: number): void
  /** Letters were left for a later call, so many octets of them in boxes. `tooLong`: one of them takes longer than a call may. */
  putOff(octets: number, tooLong: boolean): void
  /** What may still start in the call under way; undefined: everything. */
  ration(): Ration | undefined
  /** Milliseconds of a call of which no budget has been spent yet; Infinity where there is none. */
  longestCall(): number
  clockSet(): void
  close(): void
}

/** Changes of the queue within so many milliseconds are one. */
const gather = 500

export function openPlanning({ line, clock, clockKnown, policy, spent, waiting, log }: PlanningOptions): Planning {
  const closing = new AbortController()
  let alarm = new AbortController()
  let state: Wish = noWish(clock.elapsed(), spent)
  let looking = false
  const events: WishEvent[] = []
  let stepping = false
  let refused = ''

  const now = () => ({ elapsed: clock.elapsed(), wall: clockKnown() ? clock.now() : undefined })
  /** One after another: what the line announces while it is asked to dial waits for its turn. */
  const happen = (event: WishEvent): void => {
    events.push(event)
    if (stepping || closing.signal.aborted) return
    stepping = true
    for (let next = events.shift(); next; next = events.shift()) {
      const { state: after, effects } = step(state, next, now(), policy)
      state = after
      for (const effect of effects) {
        if (effect.kind === 'dial') tell(line.dial(effect.cause))
        else if (effect.kind === 'hang-up') tell(line.hangUp(effect.reason))
        else void wake(effect.at)
      }
    }
    stepping = false
  }
  const tell = (answer: string | undefined): void => {
    if (answer !== undefined && answer !== refused) log.warn('line-refused', answer)
    refused = answer ?? ''
  }
  const wake = async (at: number): Promise<void> => {
    alarm.abort()
    alarm = new AbortController()
    const signal = AbortSignal.any([alarm.signal, closing.signal])
    await clock.sleep(at, signal)
    if (!signal.aborted) happen({ kind: 'woke' })
  }
  const look = async (): Promise<void> => {
    looking = true
    await clock.sleep(clock.elapsed() + gather, closing.signal)
    looking = false
    if (!closing.signal.aborted) happen({ kind: 'queue', ...waiting() })
  }
  const planning: Planning = {
    ask(by, cause, isp) {
      happen({ kind: 'asked', by, cause, ...(isp === undefined ? {} : { isp }) })
      const { kind, reason } = line.state()
      if (kind === 'broken') return `the line is broken: ${reason}`
      return state.wanted || kind === 'up' ? undefined : describe(state, now(), policy)
    },
    hangUp() {
      happen({ kind: 'withdrawn', reason: 'operator' })
      return undefined
    },
    words: () => describe(state, now(), policy),
    queueChanged() {
      if (!looking) void look()
    },
    seen: (linkState) => happen({ kind: 'line', state: linkState }),
    working: (busy) => happen({ kind: 'working', busy }),
    users: (active) => happen({ kind: 'users', active }),
    emptied: (since) => happen({ kind: 'emptied', since }),
    putOff: (octets, tooLong) => happen({ kind: 'put-off', octets, tooLong }),
    ration: () => rationOf(state, now(), policy),
    longestCall: () => longestCall(now(), policy),
    clockSet: () => happen({ kind: 'clock-known' }),
    close: () => closing.abort(),
  }
  planning.queueChanged()
  return planning
}
