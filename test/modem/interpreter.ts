/**
 * A modem's mind as a pure machine: command state and online state, dialling and answering, registers and result codes (V.250), the
 * escape with its guard times, DTR. It is told what its computer types and what the telephone line does; it says what to do. It knows
 * neither ports nor clocks: `now` is milliseconds of whatever clock its driver has.
 */
import { execute } from './obey.ts'
import { listensFor } from './results.ts'
import {
  answer,
  factory,
  type ModemEffect,
  type ModemEvent,
  type ModemState,
  type ModemStep,
  online,
  onHook,
  type Personality,
  register,
  say,
} from './state.ts'

export function step(state: ModemState, event: ModemEvent, now: number, personality: Personality): ModemStep {
  switch (event.kind) {
    case 'typed':
      return typed(state, event.octets, now, personality)
    case 'terminal':
      return terminal(state, event.ready, personality)
    case 'rings':
      return rings(state, now)
    case 'heard':
      if (state.phase.kind !== 'dialling' || !listensFor(event.progress, state.settings.detail)) return { state, effects: [] }
      return onHook(state, { kind: event.progress })
    case 'carrier':
      if (state.phase.kind !== 'dialling' && state.phase.kind !== 'answering') return { state, effects: [] }
      return online(state, { speed: event.speed, protocol: event.protocol })
    case 'arrived':
      return { state, effects: state.phase.kind === 'online' ? [{ kind: 'give', octets: event.octets }] : [] }
    case 'lost':
      return state.phase.kind === 'command' ? { state, effects: [] } : onHook(state, { kind: 'no-carrier' })
    case 'woken':
      return woken(state, now)
    default:
      return event satisfies never
  }
}

function terminal(state: ModemState, ready: boolean, personality: Personality): ModemStep {
  const next: ModemState = { ...state, ready }
  const { phase, settings } = state
  if (ready || !state.ready || settings.terminal === 0) return { state: next, effects: [] }
  if (settings.terminal === 1) {
    if (phase.kind !== 'online') return { state: next, effects: [] }
    const held: ModemState = { ...next, phase: { kind: 'held', carrier: phase.carrier } }
    return { state: held, effects: say(held, { kind: 'ok' }) }
  }
  const reset: ModemState = settings.terminal === 3 ? { ...next, settings: factory(personality) } : next
  return phase.kind === 'command' ? { state: reset, effects: [] } : onHook(reset, { kind: 'no-carrier' })
}

/** Rings are counted while none is missed (V.250 §6.3.8: S1 is cleared after eight seconds). */
function rings(state: ModemState, now: number): ModemStep {
  if (state.phase.kind !== 'command') return { state, effects: [] }
  const count = now - state.rings.at > 8000 ? 1 : state.rings.count + 1
  const next: ModemState = { ...state, rings: { count, at: now } }
  const said = say(next, { kind: 'ring' })
  const after = register(next, 0)
  if (after === 0 || count < after || !state.ready) return { state: next, effects: said }
  const { state: answered, effects } = answer(next, now)
  return { state: answered, effects: [...said, ...effects] }
}

function woken(state: ModemState, now: number): ModemStep {
  const { phase } = state
  if (phase.kind === 'dialling' || phase.kind === 'answering')
    return now < phase.until ? { state, effects: [] } : onHook(state, { kind: 'no-carrier' })
  if (phase.kind !== 'online' || phase.pluses !== 3 || now - phase.at < guard(state)) return { state, effects: [] }
  const held: ModemState = { ...state, phase: { kind: 'held', carrier: phase.carrier }, typed: '' }
  return { state: held, effects: say(held, { kind: 'ok' }) }
}

const guard = (state: ModemState): number => register(state, 12) * 20

function typed(state: ModemState, octets: Uint8Array, now: number, personality: Personality): ModemStep {
  const effects: ModemEffect[] = []
  let at = 0
  let current = state
  while (at < octets.length) {
    // What follows the escape's or a command's end in one piece belongs to the state that it leads to.
    const { step: turn, taken } =
      current.phase.kind === 'online'
        ? { step: toTheLine(current, octets.subarray(at), now), taken: octets.length - at }
        : { step: toTheMind(current, octets[at] ?? 0, now, personality), taken: 1 }
    effects.push(...turn.effects)
    current = turn.state
    at += taken
  }
  return { state: current, effects }
}

/** The escape is three characters between two silences, and goes over the line as everything does. */
function toTheLine(state: ModemState, octets: Uint8Array, now: number): ModemStep {
  if (state.phase.kind !== 'online') return { state, effects: [] }
  const { phase } = state
  const all = octets.every((octet) => octet === register(state, 2))
  const silent = now - phase.at >= guard(state)
  const pluses = all && (silent || phase.pluses > 0) ? (silent ? 0 : phase.pluses) + octets.length : 0
  const next: ModemState = { ...state, phase: { ...phase, at: now, pluses } }
  const wake: readonly ModemEffect[] = pluses === 3 ? [{ kind: 'wake', at: now + guard(state) }] : []
  return { state: next, effects: [{ kind: 'send', octets }, ...wake] }
}

function toTheMind(state: ModemState, octet: number, now: number, personality: Personality): ModemStep {
  // Any key ends the dialling (V.250 §5.6.1).
  if (state.phase.kind === 'dialling' || state.phase.kind === 'answering') return onHook(state, { kind: 'no-carrier' })
  const echo: readonly ModemEffect[] = state.settings.echo ? [{ kind: 'echo', octets: Uint8Array.of(octet) }] : []
  const { state: next, effects } = key(state, octet, now, personality)
  return { state: next, effects: [...echo, ...effects] }
}

/** Bits above the seventh are parity, and may be anything. */
function key(state: ModemState, octet: number, now: number, personality: Personality): ModemStep {
  const letter = String.fromCharCode(octet & 0x7f)
  if (octet === register(state, 5)) return { state: { ...state, typed: state.typed.slice(0, -1) }, effects: [] }
  if (octet !== register(state, 3)) {
    // What comes before AT is no command line.
    const line = state.typed + letter
    return { state: { ...state, typed: /^A?$|^AT/i.test(line) ? line : /^A$/i.test(letter) ? letter : '' }, effects: [] }
  }
  const line = /^AT(?<commands>.*)$/is.exec(state.typed)?.groups?.['commands']
  const next: ModemState = { ...state, typed: '' }
  return line === undefined ? { state: next, effects: [] } : execute(next, line, now, personality)
}
