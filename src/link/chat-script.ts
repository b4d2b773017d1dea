/**
 * What a chat(8) script and its end mean, without running it: which of its ABORT strings was heard (chat exits with 3 and its place in the
 * list), and the speed in what REPORT wrote. Pure.
 */
import { parseReply } from './at-reply.ts'
import type { Carrier } from './line.ts'
import type { DialFailure, Dialled } from './modem.ts'

/** The ABORT strings in the order in which chat counts them, less those that CLR_ABORT takes back. */
export function abortStrings(script: string): readonly string[] {
  const words = script.split('\n').flatMap((line) => (line.startsWith('#') ? [] : wordsOf(line)))
  const aborts: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word !== 'ABORT' && word !== 'CLR_ABORT') continue
    // Whatever follows is its string, and no word of the language.
    i += 1
    const string = words[i] ?? ''
    if (word === 'ABORT') aborts.push(string)
    else if (aborts.includes(string)) aborts.splice(aborts.indexOf(string), 1)
  }
  return aborts
}

export type ChatEnd = {
  /** null: a signal ended it. */
  readonly code: number | null
  /** What it wrote to stderr: REPORT's lines, and why it could not begin. */
  readonly said: string
}

export function outcomeOfChat({ code, said }: ChatEnd, script: string): Dialled {
  if (code === 0) return { kind: 'connected', carrier: reported(said) }
  const lastWords = said.trim().split('\n').at(-1) ?? ''
  if (code === 3) return failed('no-answer', 'the chat script waited in vain (chat exits with 3)')
  const abort = code === null || code < 4 ? undefined : abortStrings(script)[code - 4]
  if (abort === undefined)
    return failed('refused', `chat ${code === null ? 'was killed' : `exits with ${code}`}${lastWords === '' ? '' : `: ${lastWords}`}`)
  return failed(failureOf(abort), abort)
}

/** What the modem meant by it; a string of the script's own is an error. */
function failureOf(abort: string): DialFailure {
  const reply = parseReply(abort.replace(/\\[rnsNd]|[\r\n]/g, ' ').trim(), 'words')
  return reply.kind === 'failed' ? reply.failure : 'refused'
}

/** `chat:  Nov 25 06:18:22 CONNECT 33600/ARQ/V34`, from `REPORT CONNECT`. */
function reported(said: string): Carrier {
  const lines = said.split(/[\r\n]+/).map((line) => parseReply(/\bCONNECT\b.*$/i.exec(line)?.[0].trim() ?? '', 'words'))
  return lines.find((reply) => reply.kind === 'connect')?.carrier ?? { speed: 0, protocol: '' }
}

function failed(failure: DialFailure, words: string): Dialled {
  return { kind: 'failed', failure, words }
}

/** Words as chat's do_file cuts them: quotes hold blanks, a backslash keeps the next character from being a quote's end. */
function wordsOf(line: string): readonly string[] {
  const words = line.matchAll(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|\S)+)/g)
  return [...words].map(([, double, single, bare]) => double ?? single ?? bare ?? '')
}
