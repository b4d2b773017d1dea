/**
 * What a modem says, line by line, as values: the result codes of Hayes, ITU-T V.250 §6.3 and the vendors, in words or in numbers (ATV0),
 * and 3GPP TS 27.007's errors. Line noise between the characters of ASCII is passed over; what is no result code is `info`. Pure.
 */
import type { Carrier } from './line.ts'
import type { DialFailure } from './modem.ts'

export type AtReply =
  | { readonly kind: 'ok' }
  | { readonly kind: 'error'; readonly words: string }
  | { readonly kind: 'connect'; readonly carrier: Carrier }
  | { readonly kind: 'failed'; readonly failure: DialFailure; readonly words: string }
  /** Told before CONNECT: what kind of connection it will be. */
  | { readonly kind: 'carrier'; readonly carrier: Partial<Carrier> }
  | { readonly kind: 'ring' }
  | { readonly kind: 'info'; readonly words: string }

/** How the modem answers: before its first answer, either. */
export type AtStyle = 'words' | 'numbers' | 'either'

/** No modem says longer lines; of noise without an end no more is kept. */
const longest = 400

/** Cuts what comes, however it is chopped, into lines without their ends; `rest` is what has none yet. */
export function cutLines(rest: string, text: string): { readonly lines: readonly string[]; readonly rest: string } {
  const pieces = (rest + text).split(/[\r\n]/)
  const last = pieces.pop() ?? ''
  const lines = pieces.map((line) => readable(line.slice(0, longest))).filter((line) => line !== '')
  return { lines, rest: last.slice(0, longest) }
}

/** `line` as `cutLines` gives it. */
export function parseReply(line: string, style: AtStyle): AtReply {
  if (style !== 'words' && /^\d{1,2}$/.test(line)) return byNumber(Number(line)) ?? { kind: 'info', words: line }
  return inWords(line) ?? { kind: 'info', words: line }
}

function inWords(line: string): AtReply | undefined {
  const said = line.toUpperCase()
  if (said === 'OK') return { kind: 'ok' }
  if (said === 'RING' || said === 'RINGING' || said === 'RRING') return { kind: 'ring' }
  if (/^(ERROR|COMMAND NOT SUPPORT)$|^\+CM[ES] ERROR\b/.test(said)) return { kind: 'error', words: line }
  const failure = failures.find(([pattern]) => pattern.test(said))?.[1]
  if (failure) return { kind: 'failed', failure, words: line }
  const connect = /^CONNECT(?:[ /:](.*))?$/.exec(said)
  if (connect) return { kind: 'connect', carrier: carrierOf(connect[1] ?? '') }
  const carrier = promised(said)
  return carrier ? { kind: 'carrier', carrier } : undefined
}

/** The words of each failed call; DELAYED tells how long still. */
const failures: readonly (readonly [RegExp, DialFailure])[] = [
  [/^NO CARRIER$/, 'no-carrier'],
  [/^NO DIAL ?TONE$/, 'no-dialtone'],
  [/^BUSY$/, 'busy'],
  [/^NO ANSWER$/, 'no-answer'],
  [/^VOICE$/, 'voice'],
  [/^DELAYED(?: \d{1,2}:\d\d(?::\d\d)?)?$/, 'delayed'],
  [/^BLACKLISTED(?: \d{1,2}:\d\d(?::\d\d)?)?$/, 'blacklisted'],
]

/** `33600/ARQ/V34`, `115200`, `31200 REL`: the speed, and the rest as the modem has it. */
function carrierOf(words: string): Carrier {
  const [speed = '', digits = ''] = /\b(\d{3,9})(?:BPS)?\b/.exec(words) ?? []
  return { speed: Number(digits), protocol: parts(words.replace(speed, '')).join('/') }
}

/** `CARRIER 33600`, `PROTOCOL: LAP-M`, `COMPRESSION: V.42BIS`, and V.250's `+MRR: 33600`, `+MCR: V34`, `+ER: LAPM`, `+DR: V42B`. */
function promised(said: string): Partial<Carrier> | undefined {
  const [, what = '', value = ''] = /^\+?(CARRIER|MRR|PROTOCOL|COMPRESSION|MCR|ER|DR):? +(\S.*)$/.exec(said) ?? []
  if (what === '') return undefined
  if (what !== 'CARRIER' && what !== 'MRR') return { protocol: value === 'NONE' ? '' : parts(value).join('/') }
  const speed = /\d{3,9}/.exec(value)?.[0]
  return speed === undefined ? undefined : { speed: Number(speed) }
}

/** The numbers of Hayes; from 13 on each vendor has its own. */
function byNumber(code: number): AtReply | undefined {
  const speed = { 1: 0, 5: 1200, 10: 2400, 11: 4800, 12: 9600 }[code]
  if (speed !== undefined) return { kind: 'connect', carrier: { speed, protocol: '' } }
  const word = { 0: 'OK', 2: 'RING', 3: 'NO CARRIER', 4: 'ERROR', 6: 'NO DIALTONE', 7: 'BUSY', 8: 'NO ANSWER' }[code]
  return word === undefined ? undefined : inWords(word)
}

function parts(words: string): readonly string[] {
  return words.split(/[\s/,]+/).filter((part) => part !== '')
}

function readable(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, '').trim()
}
