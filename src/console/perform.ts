/**
 * One operator's command, wherever it was typed (shell, control socket, serial console): the words are matched, the command runs
 * in the daemon and speaks through `Voice`. Exit codes are sysexits(3).
 */
import { type Command, commands } from './commands.ts'
import { match } from './grammar.ts'
import type { House } from './house.ts'
import { exit, type Voice } from './voice.ts'

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
