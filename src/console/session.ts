/**
 * A person at a terminal, as a machine: what is typed becomes commands, what commands say becomes pages. Pure; whoever drives it
 * writes, runs and answers (console.ts). A serial line may bring noise, or an echo of all that is sent: after a few lines that nobody
 * can have meant it falls silent until one comes that is a command, for two machines that answer each other would never end.
 */
import {
  type Asking,
  type Effect,
  type Event,
  type Facts,
  type Next,
  nothing,
  type Running,
  running,
  type State,
  writing,
} from './dialogue.ts'
import { edit, emptyLine, textOf } from './editor.ts'
import type { Key } from './keys.ts'
import { cutShort, emptyPage, goOn, linesOf, type Size, turn } from './paging.ts'
import { repaint } from './paint.ts'
import { prompted, typed } from './prompt.ts'
import { exit, exitWords } from './voice.ts'

/** Keys that are kept for after the command. */
const mostAhead = 200

export function begin(size: Size, greeting: string, facts: Facts): Next {
  const state: State = { mode: running(size), size, history: [], mistakes: 0 }
  return prompted(state, emptyLine, facts, `\r\n${greeting}\r\n`)
}

export function step(state: State, event: Event, facts: Facts): Next {
  const { mode } = state
  if (event.kind === 'key' && event.key.kind === 'size') return { state: { ...state, size: sane(event.key) }, effects: [] }
  if (mode.kind === 'running') return event.kind === 'key' ? pressed(state, mode, event.key, facts) : happened(state, mode, event, facts)
  if (event.kind === 'key') return mode.kind === 'prompt' ? typed(state, mode, event.key, facts) : answering(state, mode, event.key, facts)
  // A question is pending, and the command went on: what it says is shown after the answer.
  if (mode.kind === 'asking') return event.kind === 'ended' ? happened(state, mode.running, event, facts) : nothing(state)
  return nothing(state)
}

function happened(state: State, mode: Running, event: Exclude<Event, { kind: 'key' }>, facts: Facts): Next {
  if (event.kind === 'took') return { state: { ...state, mode: { ...mode, screen: true } }, effects: [] }
  if (event.kind === 'said' && mode.stopped) return nothing(state)
  if (event.kind === 'asked' && mode.stopped) return { state, effects: [{ kind: 'answer', yes: false }] }
  const items = event.kind === 'said' ? linesOf(event.text, event.live, state.size) : [event]
  const page = { ...mode.page, waiting: [...mode.page.waiting, ...items] }
  return page.paused ? { state: { ...state, mode: { ...mode, page } }, effects: [] } : shown(state, mode, turn(page, state.size), facts)
}

function pressed(state: State, mode: Running, key: Key, facts: Facts): Next {
  if (mode.screen && key.kind !== 'interrupt') return { state, effects: passed(key) }
  const quits = key.kind === 'interrupt' || (mode.page.paused && (key.kind === 'eof' || (key.kind === 'text' && /q/i.test(key.text))))
  if (quits) return stopped(state, mode, facts)
  if (mode.page.paused) {
    const rows = rowsFor(key, state.size)
    return rows === 0 ? nothing(state) : shown(state, mode, goOn(mode.page, rows, state.size), facts)
  }
  if (mode.ahead.length >= mostAhead) return nothing(state)
  return { state: { ...state, mode: { ...mode, ahead: [...mode.ahead, key] } }, effects: [] }
}

/** To a command that has the screen: characters, and the keys by which a line is typed, as a terminal sends them. */
function passed(key: Key): readonly Effect[] {
  const text = key.kind === 'text' ? key.text : asTyped[key.kind]
  return text === undefined ? [] : [{ kind: 'pass', text }]
}

const asTyped: Partial<Record<Key['kind'], string>> = { enter: '\r', backspace: '\x7f', 'kill-before': '\x15', eof: '\x04' }

/** Blank: the next page. Enter: one row more. */
function rowsFor(key: Key, size: Size): number {
  if (key.kind === 'enter' || key.kind === 'down') return 1
  return key.kind === 'page' || (key.kind === 'text' && key.text === ' ') ? emptyPage(size).left : 0
}

function stopped(state: State, mode: Running, facts: Facts): Next {
  const { page, text } = cutShort(mode.page)
  const effects: readonly Effect[] = [{ kind: 'interrupt' }, { kind: 'discard' }, ...writing(`${text}^C\r\n`)]
  const next = shown(state, { ...mode, stopped: true, ahead: [] }, turn(page, state.size), facts)
  return { ...next, effects: [...effects, ...next.effects] }
}

function shown(state: State, mode: Running, { page, text, reached }: ReturnType<typeof turn>, facts: Facts): Next {
  const now = { ...mode, page }
  if (reached?.kind === 'asked') return asked(state, now, text, reached.question)
  if (reached?.kind === 'ended') return ended(state, now, text, reached.code, facts)
  return { state: { ...state, mode: now }, effects: writing(text) }
}

/** What was typed ahead was not meant as an answer. */
function asked(state: State, mode: Running, text: string, question: string): Next {
  if (mode.stopped) return { state: { ...state, mode }, effects: [...writing(text), { kind: 'answer', yes: false }] }
  const asking: Asking = { kind: 'asking', prompt: 'yes or no? ', line: emptyLine, running: { ...mode, ahead: [] } }
  return { state: { ...state, mode: asking }, effects: writing(`${text}${question}\r\n${asking.prompt}`) }
}

function answering(state: State, mode: Asking, key: Key, facts: Facts): Next {
  if (key.kind === 'interrupt') {
    const next = stopped(state, mode.running, facts)
    return { ...next, effects: [{ kind: 'answer', yes: false }, ...next.effects] }
  }
  if (key.kind === 'enter') {
    const yes = /^y(es)?$/i.test(textOf(mode.line).trim())
    const page = emptyPage(state.size)
    return { state: { ...state, mode: { ...mode.running, page } }, effects: [...writing('\r\n'), { kind: 'answer', yes }] }
  }
  const line = edit(mode.line, key)
  const width = state.size.columns - mode.prompt.length
  return { state: { ...state, mode: { ...mode, line } }, effects: writing(repaint(mode.line, line, width)) }
}

function ended(state: State, mode: Running, text: string, code: number, facts: Facts): Next {
  const words = code === exit.ok || mode.stopped ? '' : `(${exitWords(code)})\r\n`
  const mistakes = code === exit.usage ? state.mistakes + 1 : 0
  const start = prompted({ ...state, mistakes }, mode.resume, facts, text + words)
  return mode.ahead.reduce<Next>((now, key) => {
    const next = step(now.state, { kind: 'key', key }, facts)
    return { state: next.state, effects: [...now.effects, ...next.effects] }
  }, start)
}

function sane({ columns, rows }: Size): Size {
  return { columns: Math.min(400, Math.max(20, columns)), rows: Math.min(200, Math.max(4, rows)) }
}
