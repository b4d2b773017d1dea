/**
 * The machine that dials: wanted or not, it knows at every moment what modem and pppd are doing, and what to do next. Pure: a state, an
 * event, the next state and what to tell the world. There is never a second pppd, the modem is never dialled before it has been hung up,
 * and once nobody wants the line it goes down, whatever the world answers. Knows no mail and no money.
 */
import type { Caller, CallerEffect, CallerEvent, CallerPolicy, CallerStep } from './caller-state.ts'
import type { Carrier, Cause, LinkFacts, LinkState } from './line.ts'
import type { DialFailure } from './modem.ts'
import { verdictOf, type Verdict } from './pppd-status.ts'
import { mayDial, restAfter, type Trouble } from './redial.ts'

/** Milliseconds: from CONNECT to an IP address; for pppd to end; for ip-down to report; between attempts at a modem that is still connected, perhaps; to the next number; how late an ip-up may be. */
const patience = { negotiation: 60_000, ending: 10_000, counting: 2000, mute: 60_000, next: 3000, late: 5000 }

/** `now` is `clock.elapsed()` in milliseconds. */
export function stepCaller(state: Caller, event: CallerEvent, now: number, policy: CallerPolicy): CallerStep {
  switch (event.kind) {
    case 'wanted':
      return want({ ...state, wanted: event.cause }, event.cause, now, policy)
    case 'unwanted':
      return unwant({ ...state, wanted: undefined }, event.reason, now)
    case 'dialled':
      return state.phase === 'dialling' ? negotiate(state, event.carrier, now) : state.phase === 'abandoning' ? hangUp(state) : still(state)
    case 'dial-failed':
      return state.phase === 'dialling' || state.phase === 'abandoning' ? notDialled(state, event, now, policy) : still(state)
    case 'went-up':
      return isOurs(event.facts, policy) ? wentUp(state, event, now) : still(state)
    case 'went-down':
      return wentDown(state, event, now, policy)
    case 'pppd-ended':
      return pppdEnded(state, event, now)
    case 'hung-up':
      return state.phase === 'hanging-up' ? hungUp({ ...state, hungUp: event.modem }, now, policy) : still(state)
    case 'modem-back':
      return state.phase === 'broken' && state.hungUp === 'gone' ? mended(state, now, policy) : still(state)
    case 'woke':
      return state.wakeAt !== undefined && now >= state.wakeAt ? woke({ ...state, wakeAt: undefined }, now, policy) : still(state)
    default:
      return event satisfies never
  }
}

/** Whether a pppd of ours may be running. */
export function hasPppd({ phase }: Caller): boolean {
  return phase === 'negotiating' || phase === 'up' || phase === 'ending'
}

function want(state: Caller, cause: Cause, now: number, policy: CallerPolicy): CallerStep {
  if (state.phase === 'idle') return dial(turnedTo(state, cause, policy), now, policy)
  // A person may have mended what the machine cannot know of.
  if (cause.person && state.phase === 'resting') return dial(turnedTo({ ...state, rounds: 0 }, cause, policy), now, policy)
  if (cause.person && state.phase === 'broken' && state.hungUp === 'idle')
    return dial(turnedTo({ ...state, barred: new Map(), rounds: 0 }, cause, policy), now, policy)
  return still(state)
}

function unwant(state: Caller, reason: string, now: number): CallerStep {
  const why = { since: now, reason }
  switch (state.phase) {
    case 'resting':
      return enter({ ...state, phase: 'idle', wakeAt: undefined }, { kind: 'down', ...why })
    case 'dialling':
      return enter({ ...state, phase: 'abandoning' }, { kind: 'closing', ...why }, { kind: 'abandon-dialling' })
    case 'negotiating':
    case 'up':
      return endPppd({ ...state, verdict: { ending: 'ended', words: reason } }, reason, now)
    default:
      return still(state)
  }
}

/** The next number, unless nobody may be called, or not yet. */
function dial(state: Caller, now: number, policy: CallerPolicy): CallerStep {
  const { wanted } = state
  if (!wanted) return enter({ ...state, phase: 'idle' }, { kind: 'down', since: now, reason: 'not wanted' })
  const isp = policy.isps[state.turn.isp]
  const number = isp?.numbers[state.turn.number]
  if (!isp || number === undefined || state.barred.has(isp.name)) {
    const turn = firstOpen(state, policy)
    return turn ? dial({ ...state, turn }, now, policy) : broken(state, [...state.barred.values()].join('; '), now)
  }
  const at = mayDial(state.attempts, policy.attempts, now)
  if (at > now) return rest(state, `${policy.attempts} attempts within an hour are all that link.modem.attempts allows`, at, now)
  const attempts = [...state.attempts.slice(-policy.attempts), now]
  const line: LinkState = { kind: 'dialling', since: now, reason: wanted.words, isp: isp.name, number }
  const fresh = { attempts, verdict: undefined, usage: undefined, hungUp: 'idle', wakeAt: undefined } as const
  return enter({ ...state, ...fresh, phase: 'dialling' }, line, { kind: 'dial', number })
}

function negotiate(state: Caller, carrier: Carrier, now: number): CallerStep {
  const { line } = state
  const isp = line.kind === 'dialling' ? line.isp : ''
  const entered = enter(
    { ...state, phase: 'negotiating' },
    { kind: 'negotiating', since: now, reason: line.reason, isp, carrier },
    { kind: 'start-pppd', isp },
  )
  return waking(entered, now + patience.negotiation)
}

function notDialled(
  state: Caller,
  { failure, words }: CallerEvent & { kind: 'dial-failed' },
  now: number,
  policy: CallerPolicy,
): CallerStep {
  if (failure === 'gone') {
    const { state: next, effects } = broken({ ...state, hungUp: 'gone' }, words, now)
    return { state: next, effects: [...effects, { kind: 'await-modem' }] }
  }
  if (!state.wanted) return enter({ ...state, phase: 'idle' }, { kind: 'down', since: now, reason: state.line.reason })
  if (failure === 'sim') return broken(state, words, now)
  // It was given up, and meanwhile it is wanted again.
  if (failure === 'aborted') return dial(state, now, policy)
  return again(state, troubles[failure], words, now, policy)
}

const troubles: Readonly<Record<Exclude<DialFailure, 'gone' | 'sim' | 'aborted'>, Trouble>> = {
  busy: 'busy',
  'no-carrier': 'unanswered',
  'no-answer': 'unanswered',
  voice: 'unanswered',
  'no-dialtone': 'no-dialtone',
  delayed: 'told',
  blacklisted: 'told',
  refused: 'modem',
  mute: 'modem',
  locked: 'modem',
}

function wentUp(state: Caller, { facts, reason }: CallerEvent & { kind: 'went-up' }, now: number): CallerStep {
  const { line } = state
  switch (state.phase) {
    case 'negotiating': {
      const own = line.kind === 'negotiating' ? { isp: line.isp, carrier: line.carrier } : { isp: '' }
      const up: LinkState = { kind: 'up', since: now, reason: line.reason, link: facts, ...own }
      return enter({ ...state, phase: 'up', rounds: 0, turn: { isp: 0, number: 0 }, wakeAt: undefined }, up)
    }
    case 'idle':
    case 'resting':
    case 'broken':
      // An ip-up of ours that speaks after its pppd was killed: nobody would ever tell that this line is down.
      if (now < state.deafUntil) return still(state)
      return enter({ ...state, phase: 'foreign', wakeAt: undefined }, { kind: 'up', since: now, reason, link: facts, isp: facts.ipparam })
    default:
      return still(state)
  }
}

function wentDown(state: Caller, event: CallerEvent & { kind: 'went-down' }, now: number, policy: CallerPolicy): CallerStep {
  const { line } = state
  const told = event.usage ? { ...state, usage: event.usage } : state
  const same = line.kind === 'up' && (event.interface === '' || event.interface === line.link.interface)
  switch (state.phase) {
    case 'up': {
      if (!same) return still(state)
      const entered = enter({ ...told, phase: 'ending' }, { kind: 'closing', since: now, reason: event.reason })
      return waking(entered, now + patience.ending)
    }
    case 'foreign':
      return same ? afterwards({ ...told, verdict: { ending: 'ended', words: event.reason } }, now, policy) : still(state)
    case 'counting':
      return afterwards(counted(told), now, policy)
    case 'ending':
    case 'hanging-up':
      return still(told)
    default:
      return still(state)
  }
}

function pppdEnded(state: Caller, { status, never, said, counted }: CallerEvent & { kind: 'pppd-ended' }, now: number): CallerStep {
  if (!hasPppd(state)) return still(state)
  const verdict: Verdict = state.verdict ?? (never === undefined ? verdictOf(status, said) : { ending: 'unfit', words: never })
  const closing: LinkState = { kind: 'closing', since: now, reason: verdict.words }
  return enter({ ...state, phase: 'hanging-up', verdict, counted, wakeAt: undefined, deafUntil: now + patience.late }, closing, {
    kind: 'hang-up',
  })
}

function hangUp(state: Caller): CallerStep {
  return { state: { ...state, phase: 'hanging-up' }, effects: [{ kind: 'hang-up' }] }
}

function hungUp(state: Caller, now: number, policy: CallerPolicy): CallerStep {
  const wasUp = state.verdict !== undefined && state.verdict.ending !== 'unfit'
  if (!wasUp || state.usage) return afterwards(state, now, policy)
  return waking({ state: { ...state, phase: 'counting' }, effects: [] }, now + patience.counting)
}

/** By pppd's own words where ip-down has said nothing. */
function counted(state: Caller): Caller {
  return { ...state, usage: state.usage ?? state.counted }
}

/** The call is over: what comes next. */
function afterwards(state: Caller, now: number, policy: CallerPolicy): CallerStep {
  const { ending, words } = state.verdict ?? { ending: 'ended', words: state.line.reason }
  if (state.hungUp === 'mute')
    return waking(
      broken(state, `the modem does not answer, and may be connected still: switch it off and on (${words})`, now),
      now + patience.mute,
    )
  if (state.hungUp === 'gone') {
    const { state: next, effects } = broken(state, 'the modem is gone', now)
    return { state: next, effects: [...effects, { kind: 'await-modem' }] }
  }
  if (ending === 'unfit') return broken(state, words, now)
  if (ending === 'refused') {
    const name = policy.isps[state.turn.isp]?.name ?? ''
    const barred = new Map([...state.barred, [name, name === '' ? words : `${name}: ${words}`]])
    const next = { ...state, barred }
    return firstOpen(next, policy) && next.wanted ? dial(next, now, policy) : broken(next, [...barred.values()].join('; '), now)
  }
  if (!state.wanted)
    return enter({ ...state, phase: 'idle' }, { kind: 'down', since: now, reason: words, ...(state.usage ? { usage: state.usage } : {}) })
  return again(state, 'lost', words, now, policy)
}

/** The next number's turn; after the last one, and where the trouble is on our side, a rest that grows. */
function again(state: Caller, trouble: Trouble, words: string, now: number, policy: CallerPolicy): CallerStep {
  const { isp, number } = state.turn
  if (trouble === 'no-dialtone' || trouble === 'modem')
    return rest({ ...state, rounds: state.rounds + 1 }, words, now + restAfter(trouble, state.rounds + 1), now)
  const more = (policy.isps[isp]?.numbers.length ?? 0) > number + 1
  const turn = more ? { isp, number: number + 1 } : { isp: isp + 1, number: 0 }
  const passed = !more && policy.isps.slice(turn.isp).every(({ name }) => state.barred.has(name))
  if (!passed) return rest({ ...state, turn }, words, now + patience.next, now)
  const rounds = state.rounds + 1
  return rest({ ...state, turn: { isp: 0, number: 0 }, rounds }, words, now + restAfter(trouble, rounds, words), now)
}

function woke(state: Caller, now: number, policy: CallerPolicy): CallerStep {
  switch (state.phase) {
    case 'resting':
      return dial(state, now, policy)
    case 'negotiating':
      return endPppd(
        { ...state, verdict: { ending: 'failed', words: 'no IP address within a minute' } },
        'no IP address within a minute',
        now,
      )
    case 'ending':
      return waking({ state, effects: [{ kind: 'end-pppd', how: 'killed' }] }, now + patience.ending)
    case 'counting':
      return afterwards(counted(state), now, policy)
    case 'broken':
      return state.hungUp === 'mute' ? hangUp(state) : still(state)
    default:
      return still(state)
  }
}

function mended(state: Caller, now: number, policy: CallerPolicy): CallerStep {
  const free = { ...state, hungUp: 'idle', verdict: undefined } as const
  if (free.wanted) return dial(free, now, policy)
  return enter({ ...free, phase: 'idle' }, { kind: 'down', since: now, reason: 'the modem is back' })
}

function endPppd(state: Caller, reason: string, now: number): CallerStep {
  const entered = enter({ ...state, phase: 'ending' }, { kind: 'closing', since: now, reason }, { kind: 'end-pppd', how: 'asked' })
  return waking(entered, now + patience.ending)
}

function rest(state: Caller, reason: string, until: number, now: number): CallerStep {
  const usage = state.usage ? { usage: state.usage } : {}
  const entered = enter({ ...state, phase: 'resting', usage: undefined }, { kind: 'resting', since: now, reason, until, ...usage })
  return waking(entered, until)
}

function broken(state: Caller, reason: string, now: number): CallerStep {
  const usage = state.usage ? { usage: state.usage } : {}
  return enter({ ...state, phase: 'broken', usage: undefined, wakeAt: undefined }, { kind: 'broken', since: now, reason, ...usage })
}

function firstOpen({ barred }: Caller, { isps }: CallerPolicy): Caller['turn'] | undefined {
  const isp = isps.findIndex(({ name }) => !barred.has(name))
  return isp < 0 ? undefined : { isp, number: 0 }
}

function isOurs({ tty }: LinkFacts, policy: CallerPolicy): boolean {
  return policy.tty === undefined || tty === '' || tty === policy.tty
}

function turnedTo(state: Caller, { isp }: Cause, { isps }: CallerPolicy): Caller {
  const place = isp === undefined ? -1 : isps.findIndex(({ name }) => name === isp)
  return place < 0 ? state : { ...state, turn: { isp: place, number: 0 } }
}

function enter(state: Caller, line: LinkState, ...effects: readonly CallerEffect[]): CallerStep {
  return { state: { ...state, line }, effects: [{ kind: 'announce', state: line }, ...effects] }
}

function waking({ state, effects }: CallerStep, at: number): CallerStep {
  return { state: { ...state, wakeAt: at }, effects: [...effects, { kind: 'wake', at }] }
}

function still(state: Caller): CallerStep {
  return { state, effects: [] }
}
