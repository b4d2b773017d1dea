/** The end of setup and restore alike: the new folder in place of the former one, and what is said of it. */
import { exit, type Voice } from '../console/voice.ts'
import { boxMistakes } from './box.ts'
import { type Folder, textOf } from './folder.ts'
import type { Keeper } from './keeper.ts'

/** `apply`: false where whoever started us goes on with them. */
export function written(keeper: Keeper, contents: Folder, voice: Voice, apply = true): number {
  const box = textOf(contents, 'box')
  const wrong = box === undefined ? [] : boxMistakes(box, (name) => contents.has(name))
  try {
    const replaced = wrong.length > 0 ? { mistakes: wrong } : keeper.replace(contents)
    if ('mistakes' in replaced) {
      for (const mistake of replaced.mistakes) voice.complain(mistake)
      said('these settings do not pass dialpost check; nothing is changed', voice)
      return exit.config
    }
    const { former } = replaced
    voice.say(`The settings are in ${keeper.place}${former === undefined ? '' : `; the former ones in ${former}`}.`)
    if (apply) voice.say(keeper.apply() ? 'The box makes itself ready for them now.' : 'They hold once dialpost is started again.')
    return exit.ok
  } catch (fault) {
    const { code, message } = fault as NodeJS.ErrnoException
    said(`the settings cannot be written to ${keeper.place} (${code ?? message}${hint(code, keeper)}); nothing is changed`, voice)
    return exit.unavailable
  }
}

/** Says what is wrong, as commands do. */
export function said(why: string, { complain }: Pick<Voice, 'complain'>): undefined {
  complain(`dialpost: ${why}`)
}

function hint(code: string | undefined, { place }: Keeper): string {
  return code === 'EACCES' || code === 'EPERM' ? `: whoever does this must own ${place} and may write beside it` : ''
}
