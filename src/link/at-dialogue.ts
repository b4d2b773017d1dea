/**
 * The conversation with a modem as a pure machine: wake it (out of a connection that somebody left, if need be), go through the errands, then
 * dial, or hang up. A state, what was heard or the time, the next state and what to say. However much is heard, it ends within
 * `longest`; `connected` comes of a CONNECT that was heard while dialling, and of nothing else. ITU-T V.250; the escape is Hayes's own.
 */
import { type AtErrand, judge, ruleOf } from './at-errand.ts'
import { type AtReply, type AtStyle, parseReply } from './at-reply.ts'
import {
  type AtEffect,
  type AtEvent,
  type AtPlan,
  type AtState,
  type AtStep,
  type Phase,
  type Stopped,
  ask,
  call,
  current,
  end,
  escape,
  fail,
  guard,
  hangUp,
  hungUp,
  pause,
  prepend,
  say,
  still,
  stop,
  times,
} from './at-state.ts'
import type { Carrier } from './line.ts'

/** Of the PIN's errands, which only the SIM asks for. */
const onDemand: readonly AtErrand[] = [{ kind: 'words' }, { kind: 'pin' }, { kind: 'network' }]

/** Milliseconds after which the dialogue has ended at the latest. */
export function longest({ errands, dial, calls }: AtPlan): number {
  const waking = (calls + 2) * times.wake + times.escape + times.hook + times.pause
  const asking = [...errands, ...onDemand].map((errand) => {
    const { within, tries } = ruleOf(errand)
    return tries * (within + times.again)
  })
  const stopping = times.stop + times.wake + times.escape + times.hook
  return [waking, ...asking, dial?.within ?? 0, stopping].reduce((sum, time) => sum + time, 0)
}

export function begin(plan: AtPlan, now: number): AtStep {
  const state: AtState = { phase: { at: 'waking', calls: 1 }, errands: plan.errands, style: 'either', escaped: false }
  return say(state, 'AT', now + times.wake)
}

export function step(state: AtState, event: AtEvent, now: number, plan: AtPlan): AtStep {
  switch (event.kind) {
    case 'heard':
      return heard(state, event.line, now, plan)
    case 'woke':
      return woke(state, now, plan)
    case 'aborted':
      return aborted(state, now)
    default:
      return event satisfies never
  }
}

function heard(state: AtState, line: string, now: number, plan: AtPlan): AtStep {
  const { phase } = state
  const reply = parseReply(line, styleOf(state))
  switch (phase.at) {
    case 'waking':
      if (reply.kind !== 'ok' && reply.kind !== 'error') return still(state)
      return awake(spoken(state, line), now)
    case 'escaping':
      return reply.kind === 'ok' ? hangUp(state, now) : still(state)
    case 'hanging-up':
      return isFinal(reply) ? hungUp(state, now) : still(state)
    case 'asking':
      return answered(isFinal(reply) ? spoken(state, line) : state, phase, reply, now, plan)
    case 'dialling':
      return dialled(state, phase, reply, plan)
    case 'stopping':
      // Too late: it is connected to what nobody wants any more.
      if (reply.kind === 'connect') return guard(state, now)
      return isFinal(reply) ? end(state, state.failure) : still(state)
    case 'guarding':
    case 'pausing':
    case 'ended':
      return still(state)
    default:
      return phase satisfies never
  }
}

function woke(state: AtState, now: number, plan: AtPlan): AtStep {
  const { phase } = state
  switch (phase.at) {
    case 'waking':
      if (phase.calls < (state.escaped ? 2 : plan.calls)) return call(state, phase.calls + 1, now)
      return state.escaped ? fail(state, 'mute', 'the modem does not answer AT, nor after +++') : escape(state, now)
    case 'guarding':
      return escape(state, now)
    case 'escaping':
      return hangUp(state, now)
    case 'hanging-up':
      return state.failure ? end(state, state.failure) : call(state, 1, now)
    case 'pausing':
      return next(state, phase.tries, now, plan)
    case 'asking':
      return phase.tries < ruleOf(current(state)).tries ? ask(state, phase.tries + 1, now) : settle(state, phase, undefined, now, plan)
    case 'dialling':
      return stop(state, phase.carrier, { failure: 'no-answer', words: 'no answer from the modem in time' }, now)
    case 'stopping':
      return guard(state, now)
    case 'ended':
      return still(state)
    default:
      return phase satisfies never
  }
}

function aborted(state: AtState, now: number): AtStep {
  if (state.failure) return still(state)
  const { phase } = state
  const failure: Stopped = { failure: 'aborted', words: 'dialling was given up' }
  return phase.at === 'dialling' ? stop(state, phase.carrier, failure, now) : fail(state, failure.failure, failure.words)
}

function answered(state: AtState, phase: Phase & { at: 'asking' }, reply: AtReply, now: number, plan: AtPlan): AtStep {
  const errand = current(state)
  // A modem that was still ringing or losing its carrier says so in the middle of another answer.
  if (reply.kind === 'ok' || reply.kind === 'error' || (errand.kind === 'hook' && isFinal(reply))) {
    return settle(state, phase, reply, now, plan)
  }
  if (reply.kind !== 'info' || /^AT/i.test(reply.words) || phase.told.length >= 20) return still(state)
  return still({ ...state, phase: { ...phase, told: [...phase.told, reply.words] } })
}

/** An errand has its answer, or has none after all tries. */
function settle(state: AtState, phase: Phase & { at: 'asking' }, reply: AtReply | undefined, now: number, plan: AtPlan): AtStep {
  const errand = current(state)
  const verdict = judge(errand, reply, phase.told, plan.pin)
  if (verdict.kind === 'again' && phase.tries < ruleOf(errand).tries) return pause(state, phase.tries, now + times.again)
  const facts: readonly AtEffect[] = 'facts' in verdict ? [{ kind: 'learn', facts: verdict.facts }] : []
  if (verdict.kind === 'failed') return prepend(facts, fail(state, verdict.failure, verdict.words))
  const taken: readonly AtEffect[] = verdict.kind === 'done' && verdict.pinTaken ? [{ kind: 'pin-taken' }] : []
  const first = verdict.kind === 'done' ? (verdict.first ?? []) : []
  const left = [...first, ...state.errands.slice(1)]
  return prepend([...facts, ...taken], pause({ ...state, errands: wordy(left, state.style, errand) }, 0, now + times.pause))
}

function dialled(state: AtState, phase: Phase & { at: 'dialling' | 'stopping' }, reply: AtReply, plan: AtPlan): AtStep {
  switch (reply.kind) {
    case 'connect':
      return end(state, { kind: 'connected', carrier: carrierOf(reply.carrier, phase.carrier, plan.speed) })
    case 'failed':
      return end(state, reply)
    case 'error':
      return fail(state, 'refused', `${plan.dial?.command}: ${reply.words}`)
    case 'carrier':
      return still({ ...state, phase: { ...phase, carrier: joined(phase.carrier, reply.carrier) } })
    // An OK is the last command's, which came late.
    case 'ok':
    case 'ring':
    case 'info':
      return still(state)
    default:
      return reply satisfies never
  }
}

function awake(state: AtState, now: number): AtStep {
  return pause({ ...state, errands: wordy(state.errands, state.style) }, 0, now + times.pause)
}

/** After the user's own commands, which may choose numbers, the modem is asked for words: only they tell the speed. */
function wordy(errands: readonly AtErrand[], style: AtStyle, before?: AtErrand): readonly AtErrand[] {
  const over = (before === undefined || before.kind === 'init') && errands[0]?.kind !== 'init'
  return over && style === 'numbers' ? [{ kind: 'words' }, ...errands] : errands
}

/** Where the user's commands may change it, either; else as it last answered: an identity may be a number. */
function styleOf({ phase, style, errands: [errand] }: AtState): AtStyle {
  return phase.at === 'asking' && (errand?.kind === 'init' || errand?.kind === 'words') ? 'either' : style
}

function spoken(state: AtState, line: string): AtState {
  return { ...state, style: /^\d/.test(line) ? 'numbers' : 'words' }
}

function next(state: AtState, tries: number, now: number, { dial }: AtPlan): AtStep {
  if (state.errands.length > 0) return ask(state, tries + 1, now)
  if (!dial) return end(state, { kind: 'done' })
  return say({ ...state, phase: { at: 'dialling', carrier: {} } }, dial.command, now + dial.within)
}

function isFinal({ kind }: AtReply): boolean {
  return kind === 'ok' || kind === 'error' || kind === 'failed'
}

function joined(before: Partial<Carrier>, more: Partial<Carrier>): Partial<Carrier> {
  const protocol = [before.protocol ?? '', more.protocol ?? ''].filter((one) => one !== '').join('/')
  return { ...before, ...more, protocol }
}

/** What CARRIER told is of the line; CONNECT names the speed of the wire to the modem with many modems (V.250 §5.3 W0). */
function carrierOf(told: Carrier, before: Partial<Carrier>, wire: number): Carrier {
  const speed = told.speed === wire && wire > 33_600 ? 0 : told.speed
  return { speed: before.speed ?? speed, protocol: told.protocol === '' ? (before.protocol ?? '') : told.protocol }
}
