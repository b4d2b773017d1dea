/**
 * `dialpost import fetchmailrc|sendmail-mc FILE`: prints the settings that do the same, and as comments what has no equivalent. An old file with a
 * mistake in it is not half understood: every mistake is named by its line, and nothing is printed.
 */
import { exit, type Voice } from '../console/voice.ts'
import { count } from '../console/words.ts'
import { fetchmailrcSettings } from './fetchmailrc.ts'
import type { Mistake } from './mistake.ts'
import { sendmailMcSettings } from './sendmail-mc.ts'

export type OldFile = 'fetchmailrc' | 'sendmail-mc'

export type Source = {
  /** As mistakes name it. */
  readonly name: string
  /** Absent where the person pastes it. */
  readonly read?: () => Read | Promise<Read>
}

/** A text, or what is said behind the name of a file that has none. */
export type Read = { readonly text: string } | { readonly trouble: string }

/** Ends what is pasted. */
const last = 'end'
/** Mistakes that are told of at once. */
const most = 20
/** Characters, or octets, that no such file has: it is something else. */
export const largest: number = 1024 * 1024
export const tooLarge = 'is too large to be such a file'

export async function importSettings(kind: OldFile, source: Source, voice: Voice): Promise<number> {
  const read = await (source.read?.() ?? pasted(voice))
  const trouble = 'trouble' in read ? read.trouble : troubleWith(read.text)
  if (trouble !== undefined) {
    voice.complain(`dialpost: ${source.name} ${trouble}`)
    return exit.data
  }
  const { text } = read as { readonly text: string }
  const settings = { fetchmailrc: fetchmailrcSettings, 'sendmail-mc': sendmailMcSettings }[kind](
    text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'),
  )
  if ('mistakes' in settings) return refuse(source.name, settings.mistakes, voice)
  voice.say(settings.toml.trimEnd())
  return exit.ok
}

function troubleWith(text: string): string | undefined {
  if (text.length > largest) return tooLarge
  return text.includes('\0') ? 'is not a text; name the file itself' : undefined
}

function refuse(file: string, mistakes: readonly Mistake[], { complain }: Voice): number {
  for (const { line, message } of mistakes.slice(0, most)) complain(`${file}:${line}: ${message}`)
  if (mistakes.length > most) complain(`${file}: and ${count(mistakes.length - most, 'more mistake')}`)
  return exit.data
}

/** Nothing of it is shown, for there may be passwords in it. */
async function pasted({ read, say }: Voice): Promise<Read> {
  if (!read) return { trouble: 'cannot be pasted here; name the file' }
  say(`Paste the file, and a line "${last}" behind it. Nothing of it is shown.`)
  const lines: string[] = []
  for (;;) {
    const line = await read('', true)
    if (line === undefined) return { trouble: `has no line "${last}" at its end; nothing was done` }
    if (line.trim() === last) return { text: `${lines.join('\n')}\n` }
    lines.push(line)
  }
}
