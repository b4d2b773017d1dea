/**
 * `dialpost restore`: settings that were exported take the place of those that are there, all or nothing, and only if the sum fits and
 * `dialpost check` has nothing against them. Passwords and keys that the export left out stay as they are here.
 */
import { exit, type Voice } from '../console/voice.ts'
import { type Archive, last, readArchive } from './archive.ts'
import { type Folder, isSecret } from './folder.ts'
import type { Keeper } from './keeper.ts'
import { said, written } from './written.ts'

export type Source = { readonly file: string; readonly open: (file: string) => string }

/** Without a source the person pastes it, or it comes from a pipe: lines up to `end`. `apply` as in written.ts. */
export async function restoreSettings(keeper: Keeper, source: Source | undefined, voice: Voice, apply = true): Promise<number> {
  const text = source ? textFrom(source, voice) : await pasted(voice)
  if (text === undefined) return exit.data
  const archive = readArchive(text)
  const present = keeper.read()
  if ('trouble' in archive) return complain(archive.trouble, exit.data, voice)
  if ('trouble' in present) return complain(present.trouble, exit.unavailable, voice)
  const lacking = archive.without.filter((name) => !present.has(name))
  if (lacking.length > 0)
    return complain(
      `the export was made without ${lacking.join(', ')}, and here there is none; export with --secrets, or run dialpost setup`,
      exit.data,
      voice,
    )
  return written(keeper, together(archive, present), voice, apply)
}

function textFrom({ file, open }: Source, voice: Voice): string | undefined {
  try {
    return open(file)
  } catch (fault) {
    return said(`${file} cannot be read (${(fault as NodeJS.ErrnoException).code ?? String(fault)})`, voice)
  }
}

/** Nothing of it is shown, for there may be passwords in it. */
async function pasted({ read, say, complain }: Voice): Promise<string | undefined> {
  if (!read) return said('name the file with the export: dialpost restore FILE', { complain })
  say('Paste the export, to its line "end". Nothing of it is shown.')
  const lines: string[] = []
  while (lines.at(-1) !== last) {
    const line = await read('', true)
    if (line === undefined) return said('that was not all of it; nothing is changed', { complain })
    lines.push(line.trimEnd())
  }
  return lines.join('\n')
}

function together({ folder, without }: Archive, present: Folder): Folder {
  return new Map([...[...present].filter(([name, file]) => without.includes(name) && isSecret(name, file)), ...folder])
}

function complain(why: string, code: number, voice: Voice): number {
  said(why, voice)
  return code
}
