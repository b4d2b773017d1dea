/** What a modem does on a command line: V.250 §6, and what Hayes modems and cellular ones know beyond it. Pure. */
import { cellularAnswer } from './cellular.ts'
import { type Command, parseCommands } from './commands.ts'
import {
  answer,
  factory,
  type ModemEffect,
  type ModemState,
  type ModemStep,
  online,
  type Personality,
  register,
  say,
  type Settings,
  tell,
} from './state.ts'

export function execute(state: ModemState, line: string, now: number, personality: Personality): ModemStep {
  const commands = parseCommands(line)
  if (!commands) return { state, effects: say(state, { kind: 'error' }) }
  const effects: ModemEffect[] = []
  let current = state
  for (const command of commands) {
    const done = obey(current, command, now, personality)
    effects.push(...done.effects)
    current = done.state
    if (done.final) return { state: current, effects }
  }
  return { state: current, effects: [...effects, ...say(current, { kind: 'ok' })] }
}

/** `final`: the result code of the line has been said, or comes later. */
type Obeyed = ModemStep & { readonly final?: boolean }

function obey(state: ModemState, command: Command, now: number, personality: Personality): Obeyed {
  switch (command.kind) {
    case 'basic':
      return basic(state, command, now, personality)
    case 'register': {
      const { number, value } = command
      if (value === undefined) return { state, effects: [tell(state, String(register(state, number)).padStart(3, '0'))] }
      if (value > 255) return refuse(state)
      return {
        state: { ...state, settings: { ...state.settings, registers: { ...state.settings.registers, [number]: value } } },
        effects: [],
      }
    }
    case 'dial':
      return dial(state, command, now, personality)
    case 'extended': {
      const answered = personality.cellular && cellularAnswer(personality.cellular, command, state.unlocked)
      if (!answered) return refuse(state)
      const effects = answered.lines.map((text) => tell(state, text))
      return { state: { ...state, unlocked: answered.unlocked }, effects, final: answered.failed }
    }
    default:
      return command satisfies never
  }
}

const refuse = (state: ModemState): Obeyed => ({ state, effects: say(state, { kind: 'error' }), final: true })

function dial(state: ModemState, { number, pauses }: Command & { kind: 'dial' }, now: number, { cellular }: Personality): Obeyed {
  if (state.phase.kind !== 'command' || number === '') return refuse(state)
  if (cellular && cellular.sim !== 'ready' && !state.unlocked) return { state, effects: say(state, { kind: 'no-carrier' }), final: true }
  const after = pauses * register(state, 8) * 1000
  const until = now + after + register(state, 7) * 1000
  return {
    state: { ...state, phase: { kind: 'dialling', until } },
    effects: [
      { kind: 'dial', number, after },
      { kind: 'wake', at: until },
    ],
    final: true,
  }
}

function basic(state: ModemState, { name, value }: Command & { kind: 'basic' }, now: number, personality: Personality): Obeyed {
  const set = (settings: Partial<Settings>): Obeyed => ({ state: { ...state, settings: { ...state.settings, ...settings } }, effects: [] })
  switch (name) {
    case 'E':
      return value > 1 ? refuse(state) : set({ echo: value === 1 })
    case 'Q':
      return value > 1 ? refuse(state) : set({ quiet: value === 1 })
    case 'V':
      return value > 1 ? refuse(state) : set({ verbose: value === 1 })
    case 'X':
      return value > 4 ? refuse(state) : set({ detail: value })
    case '&C':
      return value > 1 ? refuse(state) : set({ follow: value === 1 })
    case '&D':
      return value > 3 ? refuse(state) : set({ terminal: value })
    case '&F':
      return set(factory(personality))
    case 'I':
      return { state, effects: [tell(state, personality.identity)] }
    case 'Z':
      return hook({ ...state, settings: factory(personality) })
    case 'H':
      return value === 0 ? hook(state) : refuse(state)
    case 'A':
      return state.phase.kind === 'command' ? { ...answer(state, now), final: true } : refuse(state)
    case 'O':
      if (state.phase.kind !== 'held') return { state, effects: say(state, { kind: 'no-carrier' }), final: true }
      return { ...online(state, state.phase.carrier), final: true }
    default:
      // Loudspeaker, compression, flow control and what else makers have: nothing that can be seen from here.
      return 'LMNPT&GKRSWQ%C\\NVQKGAB'.includes(name.slice(-1)) ? { state, effects: [] } : refuse(state)
  }
}

/** Commands behind ATZ and ATH on the same line are done on the hook. */
function hook(state: ModemState): Obeyed {
  if (state.phase.kind !== 'held') return { state, effects: [] }
  return { state: { ...state, phase: { kind: 'command' } }, effects: [{ kind: 'hang-up' }] }
}
