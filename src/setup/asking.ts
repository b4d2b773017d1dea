/** A voice that can ask for lines: on the terminal that it has, which is then this command's alone. */
import type { Voice } from '../console/voice.ts'
import { type Keys, lineReader } from './typing.ts'

/** As it is where it can ask already, or has no terminal. */
export function atTerminal(voice: Voice & { readonly terminal?: Keys }): Voice {
  const { terminal, read } = voice
  if (read || !terminal) return voice
  // Whoever has the screen says everything on it.
  const say = (text: string): void => void terminal.write(`${text.replaceAll('\n', '\r\n')}\r\n`)
  return { ...withLines(voice, terminal), say, complain: say }
}

/** With the answers from those keys. */
export function withLines(voice: Voice, keys: Keys & { readonly echo?: boolean }): Voice {
  const read = lineReader(keys, keys)
  return {
    ...voice,
    read,
    ask: async (question) => /^y(?:es)?$/i.test((await read(`${question} [y/N] `))?.trim() ?? ''),
  }
}
