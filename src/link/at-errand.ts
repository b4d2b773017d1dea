/**
 * The commands between the modem's first answer and the dial: the user's own, who it is, and of a cellular one its SIM and its signal
 * (3GPP TS 27.007 §8.3, §7.2, §8.5). What is said, how long an answer may take, and what follows from it. Pure.
 */
import type { AtReply } from './at-reply.ts'
import type { DialFailure, ModemFacts } from './modem.ts'

export type AtErrand =
  | { readonly kind: 'init'; readonly command: string }
  | { readonly kind: 'words' | 'identity' | 'sim' | 'pin' | 'network' | 'signal' | 'hook' }

/** given: there is one that the SIM has not refused · absent: no `pin_file` · spent: said once and not taken · unreadable: no PIN in the file */
export type PinState = 'given' | 'absent' | 'spent' | 'unreadable'

export type Verdict =
  | { readonly kind: 'done'; readonly facts?: ModemFacts; readonly first?: readonly AtErrand[]; readonly pinTaken?: true }
  | { readonly kind: 'again' }
  | { readonly kind: 'failed'; readonly failure: DialFailure; readonly words: string; readonly facts?: ModemFacts }

type Rule = { readonly command: string; readonly within: number; readonly tries: number }

const rules: Readonly<Record<Exclude<AtErrand['kind'], 'init'>, Rule>> = {
  // A vendor's numbers above 12 are anybody's guess.
  words: { command: 'ATV1', within: 3000, tries: 2 },
  identity: { command: 'ATI', within: 2000, tries: 1 },
  // A SIM that is still being read answers so.
  sim: { command: 'AT+CPIN?', within: 5000, tries: 5 },
  // Never a second time: three wrong ones lock a SIM.
  pin: { command: 'AT+CPIN', within: 20_000, tries: 1 },
  network: { command: 'AT+CREG?', within: 3000, tries: 15 },
  signal: { command: 'AT+CSQ', within: 3000, tries: 1 },
  hook: { command: 'ATH', within: 3000, tries: 2 },
}

/** `within` in milliseconds for each of `tries`. The PIN itself is not in it: whoever has it says it. */
export function ruleOf(errand: AtErrand): Rule {
  return errand.kind === 'init' ? { command: errand.command, within: 5000, tries: 2 } : rules[errand.kind]
}

/** What follows from an answer, or from none after all tries; `told` are the lines before it, without the echo. */
export function judge(errand: AtErrand, answer: AtReply | undefined, told: readonly string[], pin: PinState): Verdict {
  const { command } = ruleOf(errand)
  switch (errand.kind) {
    case 'init':
      if (answer?.kind === 'ok') return done
      return answer ? failed('refused', `${command}: ${wordsOf(answer)}`) : failed('mute', `the modem does not answer ${command}`)
    case 'hook':
      return answer ? done : failed('mute', 'the modem does not answer ATH')
    case 'identity':
      return answer?.kind === 'ok' && told[0] !== undefined ? { kind: 'done', facts: { identity: told[0] } } : done
    case 'signal':
      return { kind: 'done', facts: signalOf(told) }
    case 'network':
      return answer && told.some((line) => /^\+CREG: ?\d,[15]\b/.test(line)) ? done : { kind: 'again' }
    case 'sim':
      return judgeSim(answer, told, pin)
    case 'pin':
      if (answer?.kind === 'ok') return { kind: 'done', facts: { sim: 'ready' }, pinTaken: true }
      return withoutSim(
        'PIN refused',
        `the SIM does not take the PIN (${answer ? wordsOf(answer) : 'no answer'}); it is not tried again until pin_file is written anew`,
      )
    case 'words':
      return done
    default:
      return errand satisfies never
  }
}

const done: Verdict = { kind: 'done' }

function judgeSim(answer: AtReply | undefined, told: readonly string[], pin: PinState): Verdict {
  if (answer?.kind === 'error') return simTrouble(answer.words)
  const state = told.map((line) => /^\+CPIN: ?(.*)$/i.exec(line)?.[1]?.toUpperCase()).find((one) => one !== undefined)
  // A modem that cannot say is asked no further: dialling will tell.
  if (state === undefined) return done
  if (state === 'READY') return { kind: 'done', facts: { sim: 'ready' } }
  if (state !== 'SIM PIN') return withoutSim(`${state} wanted`, `the SIM wants ${state}, which a person must give it in a telephone`)
  if (pin === 'given') return { kind: 'done', facts: { sim: 'PIN wanted' }, first: [{ kind: 'pin' }, { kind: 'network' }] }
  return withoutSim('PIN wanted', `the SIM wants its PIN, ${pinTroubles[pin]}`)
}

const pinTroubles: Readonly<Record<Exclude<PinState, 'given'>, string>> = {
  absent: 'and no pin_file is set',
  spent: 'and the one in pin_file was not taken: write the right one there',
  unreadable: 'and pin_file has none that can be read: four to eight digits',
}

/** By name or number (27.007 §9.2): 10 not inserted, 13 failure, 14 busy, 15 wrong. A plain ERROR: it does not know the command. */
function simTrouble(words: string): Verdict {
  const trouble = /^\+CME ERROR: ?(.*)$/i.exec(words)?.[1] ?? ''
  if (/^(14|SIM busy)$/i.test(trouble)) return { kind: 'again' }
  return /^(10|13|15|SIM .*)$/i.test(trouble) ? withoutSim('none', `there is no SIM that works (${words})`) : done
}

/** `+CSQ: 17,99`: -113 dBm and two for each step, 99 is unknown. Bars as telephones draw them. */
function signalOf(told: readonly string[]): ModemFacts {
  const step = told.map((line) => /^\+CSQ: ?(\d{1,2})\b/i.exec(line)?.[1]).find((one) => one !== undefined)
  if (step === undefined) return {}
  if (Number(step) > 31) return { signal: 'none' }
  const bars = [3, 5, 8, 12].filter((least) => Number(step) >= least).length
  return { signal: `${-113 + 2 * Number(step)} dBm, ${bars} of 4 bars` }
}

function wordsOf(answer: AtReply): string {
  return 'words' in answer ? answer.words : answer.kind.toUpperCase()
}

function withoutSim(sim: string, words: string): Verdict {
  return { kind: 'failed', failure: 'sim', words, facts: { sim } }
}

function failed(failure: DialFailure, words: string): Verdict {
  return { kind: 'failed', failure, words }
}
