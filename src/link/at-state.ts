/**
 * The states of a dialogue with a modem, and the moves between them: each says something or waits, and sets the one timer. What is heard, and
 * what follows from it, is at-dialogue.ts's. Pure.
 */
import { type AtErrand, type PinState, ruleOf } from './at-errand.ts'
import type { AtStyle } from './at-reply.ts'
import type { Carrier } from './line.ts'
import type { DialFailure, Dialled, ModemFacts } from './modem.ts'

export type AtPlan = {
  readonly errands: readonly AtErrand[]
  /** What is said at last (at-number.ts), and how long the answer may take in milliseconds; without it the errands are all. */
  readonly dial?: { readonly command: string; readonly within: number }
  /** bit/s between computer and modem: a CONNECT that names it says nothing of the line. */
  readonly speed: number
  readonly pin: PinState
  /** How often it is called before it counts as being in a connection still. */
  readonly calls: number
}

export type AtEvent = { readonly kind: 'heard'; readonly line: string } | { readonly kind: 'woke' } | { readonly kind: 'aborted' }

export type AtEffect =
  | { readonly kind: 'say'; readonly text: string }
  /** AT+CPIN with the PIN, which is spent from then on until it is `pin-taken`. */
  | { readonly kind: 'say-pin' }
  | { readonly kind: 'pin-taken' }
  | { readonly kind: 'learn'; readonly facts: ModemFacts }
  /** `woke` is due then, unless a later step says otherwise. */
  | { readonly kind: 'wake'; readonly at: number }
  | { readonly kind: 'end'; readonly outcome: AtOutcome }

/** done: all errands are, and nothing was to be dialled */
export type AtOutcome = Dialled | { readonly kind: 'done' }

export type Phase =
  | { readonly at: 'waking'; readonly calls: number }
  /** Silence, which makes what follows an escape (S12). */
  | { readonly at: 'guarding' | 'escaping' | 'hanging-up' | 'ended' }
  | { readonly at: 'pausing'; readonly tries: number }
  | { readonly at: 'asking'; readonly tries: number; readonly told: readonly string[] }
  | { readonly at: 'dialling' | 'stopping'; readonly carrier: Partial<Carrier> }

export type AtState = {
  readonly phase: Phase
  readonly errands: readonly AtErrand[]
  readonly style: AtStyle
  readonly escaped: boolean
  /** How it ends, whatever is still to be done. */
  readonly failure?: Dialled
}

export type AtStep = { readonly state: AtState; readonly effects: readonly AtEffect[] }

/** Milliseconds. `wake` is longer than the usual guard time (S12, 1 s), so that a call that nobody answered is the silence before an escape. */
export const times = { wake: 1500, escape: 1500, hook: 3000, pause: 100, again: 2000, stop: 3000 }

export type Stopped = { readonly failure: DialFailure; readonly words: string }

/** A modem that has just answered may miss what comes at once; and what comes late from it now answers nothing. */
export function pause(state: AtState, tries: number, at: number): AtStep {
  return { state: { ...state, phase: { at: 'pausing', tries } }, effects: [{ kind: 'wake', at }] }
}

export function call(state: AtState, calls: number, now: number): AtStep {
  return say({ ...state, phase: { at: 'waking', calls } }, 'AT', now + times.wake)
}

export function guard(state: AtState, now: number): AtStep {
  return { state: { ...state, phase: { at: 'guarding' } }, effects: [{ kind: 'wake', at: now + times.wake }] }
}

export function escape(state: AtState, now: number): AtStep {
  return {
    state: { ...state, escaped: true, phase: { at: 'escaping' } },
    effects: [
      { kind: 'say', text: '+++' },
      { kind: 'wake', at: now + times.escape },
    ],
  }
}

export function hangUp(state: AtState, now: number): AtStep {
  return say({ ...state, phase: { at: 'hanging-up' } }, 'ATH', now + times.hook)
}

export function hungUp(state: AtState, now: number): AtStep {
  return state.failure ? end(state, state.failure) : call(state, 1, now)
}

export function say(state: AtState, command: string, wake: number): AtStep {
  return {
    state,
    effects: [
      { kind: 'say', text: `${command}\r` },
      { kind: 'wake', at: wake },
    ],
  }
}

export function fail(state: AtState, failure: DialFailure, words: string): AtStep {
  return end(state, { kind: 'failed', failure, words })
}

/** Any character ends a dial under way (V.250 §6.3.1); then it says NO CARRIER or OK. */
export function stop(state: AtState, carrier: Partial<Carrier>, failure: Stopped, now: number): AtStep {
  return say({ ...state, phase: { at: 'stopping', carrier }, failure: { kind: 'failed', ...failure } }, '', now + times.stop)
}

export function end(state: AtState, outcome: AtOutcome = { kind: 'done' }): AtStep {
  return { state: { ...state, phase: { at: 'ended' } }, effects: [{ kind: 'end', outcome }] }
}

export function still(state: AtState): AtStep {
  return { state, effects: [] }
}

export function prepend(effects: readonly AtEffect[], { state, effects: more }: AtStep): AtStep {
  return { state, effects: [...effects, ...more] }
}

export function current({ errands: [errand] }: AtState): AtErrand {
  if (!errand) throw new Error('the dialogue asks without an errand')
  return errand
}

export function ask(state: AtState, tries: number, now: number): AtStep {
  const errand = current(state)
  const { command, within } = ruleOf(errand)
  const asking: AtState = { ...state, phase: { at: 'asking', tries, told: [] } }
  if (errand.kind !== 'pin') return say(asking, command, now + within)
  return { state: asking, effects: [{ kind: 'say-pin' }, { kind: 'wake', at: now + within }] }
}
