/**
 * One operator's command, wherever it was typed (shell, control socket, serial console): the words are matched, the command runs
 * in the daemon and speaks through `Voice`. Exit codes are sysexits(3).
 */
import { type Command, commands } from './commands.ts'
import { match } from './grammar.ts'
import type { House } from './house.ts'

/** How a command speaks with the person. */
export interface Voice {
  /** One line, or several with '\n' between. */
  say(text: string): void
  /** A complaint that says what to do next. */
  complain(text: string): void
  /** A question that is answered by yes or no; no where nobody can answer. */
  ask(question: string): Promise<boolean>
  /** Aborted when nobody listens any more. */
  readonly signal: AbortSignal
}

export const exit = { ok: 0, usage: 64, data: 65, unavailable: 69, software: 70, tryAgain: 75, permission: 77, config: 78 } as const

/** Runs one command; resolves with its exit code and never rejects for something a user did. */
export async function perform(house: House, words: readonly string[], voice: Voice, table: readonly Command[] = commands): Promise<number> {
  const found = match(table, words)
  if ('mistake' in found) {
    voice.complain(`dialpost: ${found.mistake}`)
    return exit.usage
  }
  const { command, values, options } = found
  try {
    return await command.run(house, { values, options, json: options.has('--json') }, voice)
  } catch (fault) {
    voice.complain(`dialpost: ${words[0]} broke: ${fault instanceof Error ? fault.message : String(fault)}; see dialpost log`)
    return exit.software
  }
}
