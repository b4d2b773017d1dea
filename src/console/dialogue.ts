/** The words of the session machine (session.ts): its states, what happens to it, and what it wants done. */
import { emptyLine, type Line } from './editor.ts'
import type { Key } from './keys.ts'
import { emptyPage, type Page, type Size } from './paging.ts'

/** A line is typed. */
export type Prompt = {
  readonly kind: 'prompt'
  readonly prompt: string
  readonly line: Line
  /** Which line of the history it was, counted from the latest; 0: none. */
  readonly recalled: number
  /** What was typed before the history was looked into. */
  readonly draft: Line
}

/** A command waits for yes or no. */
export type Asking = { readonly kind: 'asking'; readonly prompt: string; readonly line: Line; readonly running: Running }

/** A command runs. */
export type Running = {
  readonly kind: 'running'
  readonly page: Page
  /** The line to go on with afterwards. */
  readonly resume: Line
  /** Typed meanwhile. */
  readonly ahead: readonly Key[]
  /** The person has had enough of it. */
  readonly stopped: boolean
  /** The command has the whole screen for itself. */
  readonly screen: boolean
}

export type State = {
  readonly mode: Prompt | Running | Asking
  readonly size: Size
  /** Oldest first. */
  readonly history: readonly string[]
  /** Lines in a row that were no command. */
  readonly mistakes: number
}

export type Event =
  | { readonly kind: 'key'; readonly key: Key }
  /** `live`: it happens now, and is shown at once. */
  | { readonly kind: 'said'; readonly text: string; readonly live: boolean }
  | { readonly kind: 'asked'; readonly question: string }
  /** The command takes the screen for itself, and the keys. */
  | { readonly kind: 'took' }
  | { readonly kind: 'ended'; readonly code: number }

export type Effect =
  | { readonly kind: 'write'; readonly text: string }
  /** What was to be written, and is not yet. */
  | { readonly kind: 'discard' }
  | { readonly kind: 'run'; readonly words: readonly string[] }
  | { readonly kind: 'answer'; readonly yes: boolean }
  | { readonly kind: 'interrupt' }
  /** A key for the command. */
  | { readonly kind: 'pass'; readonly text: string }
  /** Help, or a list: as if a command had said it, and had ended. */
  | { readonly kind: 'tell'; readonly text: string }
  | { readonly kind: 'leave' }

export type Facts = {
  /** `moriah (down) > `. */
  readonly prompt: () => string
  /** What may come next, given the words so far of which the last may be half typed. */
  readonly complete: (words: readonly string[]) => readonly string[]
  readonly understands: (words: readonly string[]) => boolean
  /** All commands in short, or one of them. */
  readonly help: (command: string | undefined) => string
}

export type Next = { readonly state: State; readonly effects: readonly Effect[] }

export function running(size: Size, resume: Line = emptyLine): Running {
  return { kind: 'running', page: emptyPage(size), resume, ahead: [], stopped: false, screen: false }
}

export function nothing(state: State): Next {
  return { state, effects: [] }
}

export function writing(text: string): readonly Effect[] {
  return text === '' ? [] : [{ kind: 'write', text }]
}
