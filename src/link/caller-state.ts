/** What the machine that dials (caller.ts) knows, hears and has done. Times are `clock.elapsed()` in milliseconds. */
import type { Carrier, Cause, LinkFacts, LinkState, Usage } from './line.ts'
import type { DialFailure, HungUp } from './modem.ts'
import type { Verdict } from './pppd-status.ts'

export type Isp = { readonly name: string; readonly numbers: readonly string[] }

export type CallerPolicy = {
  /** In the order in which they are tried; at least one, each with at least one number. */
  readonly isps: readonly Isp[]
  /** Dial attempts within an hour, at most. */
  readonly attempts: number
  /** The modem's port: a ppp on another one (a tunnel, say) is not this line. Absent: every ppp is. */
  readonly tty?: string
}

export type CallerEvent =
  | { readonly kind: 'wanted'; readonly cause: Cause }
  | { readonly kind: 'unwanted'; readonly reason: string }
  | { readonly kind: 'dialled'; readonly carrier: Carrier }
  | { readonly kind: 'dial-failed'; readonly failure: DialFailure; readonly words: string }
  | { readonly kind: 'went-up'; readonly facts: LinkFacts; readonly reason: string }
  | { readonly kind: 'went-down'; readonly interface: string; readonly reason: string; readonly usage?: Usage }
  /** null: a signal ended it; `never`: it could not be started, and why. */
  | {
      readonly kind: 'pppd-ended'
      readonly status: number | null
      readonly never?: string
      readonly said?: string
      readonly counted?: Usage
    }
  | { readonly kind: 'hung-up'; readonly modem: HungUp }
  | { readonly kind: 'modem-back' }
  /** Of a `wake`; one that is late or early changes nothing. */
  | { readonly kind: 'woke' }

export type CallerEffect =
  | { readonly kind: 'announce'; readonly state: LinkState }
  | { readonly kind: 'dial'; readonly number: string }
  /** Answered by `dialled` or `dial-failed`, as the dialling would have been. */
  | { readonly kind: 'abandon-dialling' }
  | { readonly kind: 'start-pppd'; readonly isp: string }
  | { readonly kind: 'end-pppd'; readonly how: 'asked' | 'killed' }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'await-modem' }
  /** Replaces the one before. */
  | { readonly kind: 'wake'; readonly at: number }

/** What modem and pppd are at; the line's state is what others are told of it. */
type Phase =
  | 'idle'
  | 'dialling'
  | 'abandoning'
  | 'negotiating'
  | 'up'
  /** Somebody else's call, by another pppd. */
  | 'foreign'
  /** pppd is to end. */
  | 'ending'
  | 'hanging-up'
  /** ip-down's count may still come. */
  | 'counting'
  /** Resting, or broken: nothing is under way. */
  | 'resting'
  | 'broken'

export type Caller = {
  readonly phase: Phase
  readonly line: LinkState
  readonly wanted: Cause | undefined
  /** Whose turn it is, as places in the policy. */
  readonly turn: { readonly isp: number; readonly number: number }
  /** Moments of the last hour's attempts. */
  readonly attempts: readonly number[]
  /** Rounds through all numbers in a row that came to nothing. */
  readonly rounds: number
  /** ISPs that a person must mend first, and why. */
  readonly barred: ReadonlyMap<string, string>
  /** Why the call ends, once it does. */
  readonly verdict: Verdict | undefined
  readonly hungUp: HungUp
  readonly usage: Usage | undefined
  /** pppd's own, for want of ip-down's. */
  readonly counted: Usage | undefined
  readonly wakeAt: number | undefined
  /** Until then an ip-up may still speak of the pppd that has just ended. */
  readonly deafUntil: number
}

export type CallerStep = { readonly state: Caller; readonly effects: readonly CallerEffect[] }

/** Before anybody has said a word. */
export function callerAtRest(now: number): Caller {
  return {
    phase: 'idle',
    line: { kind: 'down', since: now, reason: 'not yet up since the start' },
    wanted: undefined,
    turn: { isp: 0, number: 0 },
    attempts: [],
    rounds: 0,
    barred: new Map(),
    verdict: undefined,
    hungUp: 'idle',
    usage: undefined,
    counted: undefined,
    wakeAt: undefined,
    deafUntil: 0,
  }
}
