/** The prompt: a line is edited, completed, looked up in the history, and meant at last. Pure. */
import { cells } from './cells.ts'
import { type Facts, type Next, nothing, type Prompt, running, type State, writing } from './dialogue.ts'
import { edit, emptyLine, type Line, lineOf, longestLine, replaceBefore, textOf } from './editor.ts'
import type { Key } from './keys.ts'
import { paint, repaint } from './paint.ts'

/** Lines that are remembered. */
const longestHistory = 50
/** After so many lines in a row that are no command, none of them is answered. */
const noise = 5
const fallenSilent = 'Too much that is no command: silent until a line that is one.\r\n'
const leaving: ReadonlySet<string | undefined> = new Set(['exit', 'quit', 'logout'])
/** Of an unambiguous completion only this much is listed (lines). */
const mostCandidates = 100

/** A new prompt, with a line begun. */
export function prompted(state: State, line: Line, facts: Facts, before = ''): Next {
  const mode: Prompt = { kind: 'prompt', prompt: facts.prompt(), line, recalled: 0, draft: emptyLine }
  const rest = isDeaf(state) ? fallenSilent : mode.prompt + paint(line, widthOf(state, mode))
  return { state: { ...state, mode }, effects: writing(before + rest) }
}

export function typed(state: State, mode: Prompt, key: Key, facts: Facts): Next {
  if (isDeaf(state)) return unheard(state, mode, key, facts)
  switch (key.kind) {
    case 'enter':
      return entered(state, mode, facts)
    case 'tab':
      return completed(state, mode, facts)
    case 'up':
      return recalled(state, mode, mode.recalled + 1)
    case 'down':
      return recalled(state, mode, mode.recalled - 1)
    case 'interrupt':
      return prompted(state, emptyLine, facts, '^C\r\n')
    case 'eof':
      return mode.line.points.length === 0 ? { state, effects: [...writing('\r\n'), { kind: 'leave' }] } : edited(state, mode, key)
    case 'clear':
      return cleared(state, mode)
    case 'text':
      return key.text === '?' && atWord(mode.line) ? helped(state, mode, facts) : edited(state, mode, key)
    default:
      return edited(state, mode, key)
  }
}

export function wordsOf(text: string): readonly string[] {
  const words = text.split(' ').filter((word) => word !== '')
  // Whoever copies a command from the handbook means it.
  return words[0] === 'dialpost' && words.length > 1 ? words.slice(1) : words
}

function isDeaf({ mistakes }: State): boolean {
  return mistakes >= noise
}

function widthOf({ size }: State, { prompt }: Prompt): number {
  return Math.max(4, size.columns - cells(prompt))
}

function change(state: State, mode: Prompt, next: Prompt): Next {
  return { state: { ...state, mode: next }, effects: writing(repaint(mode.line, next.line, widthOf(state, mode))) }
}

function edited(state: State, mode: Prompt, key: Key): Next {
  const line = edit(mode.line, key)
  return line === mode.line ? nothing(state) : change(state, mode, { ...mode, line })
}

function entered(state: State, mode: Prompt, facts: Facts): Next {
  const text = textOf(mode.line).trim()
  const words = wordsOf(text)
  if (words.length === 0) return prompted(state, emptyLine, facts, '\r\n')
  const history = state.history.at(-1) === text ? state.history : [...state.history, text].slice(-longestHistory)
  const now: State = { ...state, history }
  if (leaving.has(words[0]) && words.length === 1) return { state: now, effects: [...writing('\r\n'), { kind: 'leave' }] }
  const effect = words[0] === 'help' ? { kind: 'tell' as const, text: facts.help(words[1]) } : { kind: 'run' as const, words }
  return { state: { ...now, mode: running(state.size) }, effects: [...writing('\r\n'), effect] }
}

/** Noise, or an echo: nothing is sent until it can only have been a person. */
function unheard(state: State, mode: Prompt, key: Key, facts: Facts): Next {
  if (key.kind === 'interrupt') return prompted({ ...state, mistakes: 0 }, emptyLine, facts, '\r\n')
  if (key.kind === 'enter' && facts.understands(wordsOf(textOf(mode.line)))) return entered({ ...state, mistakes: 0 }, mode, facts)
  const line = key.kind === 'enter' || mode.line.points.length >= longestLine ? emptyLine : edit(mode.line, key)
  return { state: { ...state, mode: { ...mode, line } }, effects: [] }
}

function recalled(state: State, mode: Prompt, wanted: number): Next {
  const draft = mode.recalled === 0 ? mode.line : mode.draft
  const line = wanted === 0 ? draft : lineOf(state.history.at(-wanted) ?? '')
  if (wanted < 0 || wanted > state.history.length) return nothing(state)
  return change(state, mode, { ...mode, line, recalled: wanted, draft })
}

/** Asks the terminal for its size as well: the cursor is sent as far as it can go, asked where it is, and put back. */
function cleared(state: State, mode: Prompt): Next {
  const ask = '\x1b7\x1b[999;999H\x1b[6n\x1b8'
  return { state, effects: writing(`\x1b[H\x1b[2J${mode.prompt}${paint(mode.line, widthOf(state, mode))}${ask}`) }
}

/** What all candidates begin with is put in; where that is nothing new they are listed. */
function completed(state: State, mode: Prompt, facts: Facts): Next {
  const typed = mode.line.points.slice(0, mode.line.cursor).join('')
  const words = splitForCompletion(typed)
  const last = words.at(-1) ?? ''
  const found = facts.complete(words)
  if (found.length === 0) return nothing(state)
  const [only = ''] = found
  const whole = found.length === 1 ? `${only} ` : commonStart(found)
  if (whole.length > last.length) return change(state, mode, { ...mode, line: replaceBefore(mode.line, Array.from(last).length, whole) })
  return heard(state, mode, listed(found, state.size.columns), '')
}

function helped(state: State, mode: Prompt, facts: Facts): Next {
  const [first] = splitForCompletion(textOf(mode.line))
  return heard(state, mode, facts.help(first === '' ? undefined : first), '?')
}

function heard(state: State, mode: Prompt, text: string, typed: string): Next {
  return {
    state: { ...state, mode: running(state.size, mode.line) },
    effects: [...writing(`${typed}\r\n`), { kind: 'tell', text }],
  }
}

function atWord({ points, cursor }: Line): boolean {
  return cursor === points.length && (cursor === 0 || points[cursor - 1] === ' ')
}

/** The last one is half typed, or '' after a blank. */
function splitForCompletion(text: string): readonly string[] {
  const words = text.trimStart().split(/ +/)
  return words[0] === 'dialpost' && words.length > 1 ? words.slice(1) : words
}

function commonStart(texts: readonly string[]): string {
  return texts.reduce((start, text) => {
    let same = 0
    while (same < start.length && start[same] === text[same]) same++
    return start.slice(0, same)
  })
}

/** In columns, as ls does it. */
function listed(found: readonly string[], columns: number): string {
  const shown = found.slice(0, mostCandidates)
  const width = Math.max(...shown.map((one) => cells(one))) + 2
  const across = Math.max(1, Math.floor((columns - 1) / width))
  const rows = Array.from({ length: Math.ceil(shown.length / across) }, (_, row) =>
    shown
      .slice(row * across, (row + 1) * across)
      .map((one) => one + ' '.repeat(width - cells(one)))
      .join('')
      .trimEnd(),
  )
  return [...rows, ...(found.length > shown.length ? [`… and ${found.length - shown.length} more`] : [])].join('\n')
}
