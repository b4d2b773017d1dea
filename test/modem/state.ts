/** What a modem knows, what can happen to it, what it does, and the moves between its phases that several events lead to. Pure. */
import type { Cellular } from './cellular.ts'
import { type Result, resultWords } from './results.ts'

export type Personality = {
  /** What ATI says. */
  readonly identity: string
  /** A GSM or LTE stick, with its SIM. */
  readonly cellular?: Cellular
  /** S registers that differ from the usual ones after ATZ and AT&F. */
  readonly registers?: Readonly<Record<number, number>>
}

export type ModemState = {
  readonly phase: Phase
  readonly settings: Settings
  /** What has been typed of a command line. There is no A/: a modem that has lost its carrier would find one in what pppd still sends, and redial. */
  readonly typed: string
  readonly rings: { readonly count: number; readonly at: number }
  readonly ready: boolean
  /** The SIM has taken its PIN. */
  readonly unlocked: boolean
}

export type Phase =
  | { readonly kind: 'command' }
  /** Off the hook, until a carrier comes, or `until`. */
  | { readonly kind: 'dialling' | 'answering'; readonly until: number }
  /** `at`: when the computer last sent something; `pluses`: how many escape characters since a silence. */
  | { readonly kind: 'online'; readonly at: number; readonly pluses: number; readonly carrier: Connected }
  /** Escaped: commands are taken, the call goes on. */
  | { readonly kind: 'held'; readonly carrier: Connected }

export type Connected = { readonly speed: number; readonly protocol: string }

export type Settings = {
  readonly echo: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** X0 to X4. */
  readonly detail: number
  /** &C: DCD follows the carrier, or is always on. */
  readonly follow: boolean
  /** &D0 to &D3. */
  readonly terminal: number
  readonly registers: Readonly<Record<number, number>>
}

export type ModemEvent =
  | { readonly kind: 'typed'; readonly octets: Uint8Array }
  | { readonly kind: 'terminal'; readonly ready: boolean }
  | { readonly kind: 'rings' }
  /** What became of the dialling, but for a carrier. */
  | { readonly kind: 'heard'; readonly progress: Exclude<Result['kind'], 'ok' | 'ring' | 'error' | 'connect'> }
  | ({ readonly kind: 'carrier' } & Connected)
  | { readonly kind: 'arrived'; readonly octets: Uint8Array }
  | { readonly kind: 'lost' }
  | { readonly kind: 'woken' }

export type ModemEffect =
  | { readonly kind: 'echo'; readonly octets: Uint8Array }
  /** A result code or other text, framed as it goes to the computer. */
  | { readonly kind: 'say'; readonly text: string }
  /** What has come over the line. */
  | { readonly kind: 'give'; readonly octets: Uint8Array }
  | { readonly kind: 'send'; readonly octets: Uint8Array }
  /** `after`: milliseconds that the commas in the number take. */
  | { readonly kind: 'dial'; readonly number: string; readonly after: number }
  | { readonly kind: 'answer' | 'hang-up' }
  /** Tell me when it is so late. */
  | { readonly kind: 'wake'; readonly at: number }

export type ModemStep = { readonly state: ModemState; readonly effects: readonly ModemEffect[] }

/** As it is when it has been switched on. */
export function switchedOn(personality: Personality): ModemState {
  return {
    phase: { kind: 'command' },
    settings: factory(personality),
    typed: '',
    rings: { count: 0, at: -Infinity },
    ready: true,
    unlocked: false,
  }
}

/** What DCD shows. */
export function dcd({ phase, settings }: ModemState): boolean {
  return !settings.follow || phase.kind === 'online' || phase.kind === 'held'
}

/** S0 rings until it answers by itself, S2 escape character, S3 and S4 line end, S7 seconds for a carrier, S8 seconds a comma, S12 guard time in 1/50 s. */
const usual: Readonly<Record<number, number>> = { 0: 0, 2: 43, 3: 13, 4: 10, 5: 8, 6: 2, 7: 60, 8: 2, 10: 14, 12: 50 }

export function factory({ registers }: Personality): Settings {
  return { echo: true, quiet: false, verbose: true, detail: 4, follow: true, terminal: 2, registers: { ...usual, ...registers } }
}

export function register({ settings }: ModemState, number: number): number {
  return settings.registers[number] ?? 0
}

/** A result code, framed as V and Q want it. */
export function say(state: ModemState, result: Result): readonly ModemEffect[] {
  if (state.settings.quiet) return []
  const [cr, lf] = lineEnd(state)
  const text = resultWords(result, state.settings)
  return [{ kind: 'say', text: state.settings.verbose ? `${cr}${lf}${text}${cr}${lf}` : `${text}${cr}` }]
}

export function tell(state: ModemState, text: string): ModemEffect {
  const [cr, lf] = lineEnd(state)
  return { kind: 'say', text: `${state.settings.verbose ? `${cr}${lf}` : ''}${text}${cr}${lf}` }
}

function lineEnd(state: ModemState): [string, string] {
  return [String.fromCharCode(register(state, 3)), String.fromCharCode(register(state, 4))]
}

export function onHook(state: ModemState, result: Result): ModemStep {
  const next: ModemState = { ...state, phase: { kind: 'command' }, typed: '' }
  return { state: next, effects: [{ kind: 'hang-up' }, ...say(next, result)] }
}

export function online(state: ModemState, carrier: Connected): ModemStep {
  const next: ModemState = { ...state, phase: { kind: 'online', at: -Infinity, pluses: 0, carrier }, rings: { count: 0, at: -Infinity } }
  return { state: next, effects: say(next, { kind: 'connect', ...carrier }) }
}

/** Off the hook after a ring (V.250 §6.3.5). */
export function answer(state: ModemState, now: number): ModemStep {
  // Nobody has rung of late: there is no carrier to wait for.
  if (now - state.rings.at > 8000) return { state, effects: say(state, { kind: 'no-carrier' }) }
  const until = now + register(state, 7) * 1000
  return { state: { ...state, phase: { kind: 'answering', until } }, effects: [{ kind: 'answer' }, { kind: 'wake', at: until }] }
}
