/** `dialpost export`: all settings as one plain text, on the screen or in a file. Without passwords and keys unless they are asked for. */
import { textOf } from './folder.ts'
import { parseBox } from './box.ts'
import { archiveOf } from './archive.ts'
import type { Keeper } from './keeper.ts'
import { exit, type Voice } from '../console/voice.ts'
import { count } from '../console/words.ts'

/** `save` puts the text into a new file that its owner alone may read, whole or not at all. */
export function exportSettings(
  keeper: Pick<Keeper, 'place' | 'read'>,
  { file, secrets, save }: { readonly file?: string; readonly secrets: boolean; readonly save: (file: string, text: string) => void },
  voice: Voice,
): number {
  const folder = keeper.read()
  if ('trouble' in folder) return refuse(folder.trouble, voice)
  if (!folder.has('dialpost.toml')) return refuse(`there are no settings in ${keeper.place} yet; dialpost setup makes them`, voice)
  const text = archiveOf(folder, { secrets, of: parseBox(textOf(folder, 'box') ?? '').HOSTNAME ?? '' })
  const left = text.split('\n').filter((line) => line.startsWith('without ')).length
  if (secrets) voice.complain('dialpost: passwords and keys are in it, for everybody to read: keep it as you keep those')
  else if (left > 0)
    voice.complain(`dialpost: ${count(left, 'file')} with a password or key left out; --secrets puts them in, as another box would need it`)
  if (file === undefined) voice.say(text.trimEnd())
  else {
    try {
      save(file, text)
    } catch (fault) {
      return refuse(`${file} cannot be written (${(fault as NodeJS.ErrnoException).code ?? String(fault)})`, voice)
    }
    voice.say(`Written to ${file}.`)
  }
  return exit.ok
}

function refuse(why: string, voice: Voice): number {
  voice.complain(`dialpost: ${why}`)
  return exit.unavailable
}
