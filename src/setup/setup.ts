/** `dialpost setup`: the questions, asked of a person line by line, and the settings that follow from the answers. Until the last yes nothing is written. */
import type { Config } from '../config/config.ts'
import { exit, type Voice } from '../console/voice.ts'
import { begin, given, prompt, type Step, step, welcome } from './dialogue.ts'
import { earlierAnswers } from './earlier.ts'
import { type Folder, textOf } from './folder.ts'
import { halve } from './halves.ts'
import type { Keeper } from './keeper.ts'
import type { Answers, Facts } from './question.ts'
import { changedByHand, settingsOf } from './settings.ts'
import { restoreSettings } from './restore.ts'
import { said, written } from './written.ts'

/** `draft` reads settings however wrong they are. */
export async function setup(keeper: Keeper, facts: Facts, draft: (toml: string) => Config, voice: Voice): Promise<number> {
  const { read } = voice
  if (!read) return complain('setup asks questions, and here nobody can answer; run it on a terminal', voice)
  const folder = keeper.read()
  if ('trouble' in folder) return complain(folder.trouble, voice)
  const toml = textOf(folder, 'dialpost.toml')
  const answers = await asked(earlierAnswers(folder, toml === undefined ? undefined : draft(halve(toml).own)), facts, { ...voice, read })
  if (answers === 'restore') return restoreSettings(keeper, undefined, voice, toml !== undefined)
  const old = answers && (await keptAside(folder, voice))
  if (!answers || !old) {
    voice.say('\nNothing is written.')
    return exit.tryAgain
  }
  return written(
    keeper,
    settingsOf(answers, facts, (name) => keeper.pathOf(name), old),
    voice,
    toml !== undefined,
  )
}

async function asked(
  earlier: Answers,
  facts: Facts,
  { say, read }: Pick<Required<Voice>, 'say' | 'read'>,
): Promise<Answers | 'restore' | undefined> {
  for (const line of welcome) say(line)
  let now: Step = begin(earlier, facts)
  for (;;) {
    for (const line of now.said) say(line)
    if (now.agreed) return given(now.state.answers, facts)
    const { text, secret } = prompt(now.state, facts)
    const typed = await read(text, secret)
    if (typed === undefined) return undefined
    if (typed.trim() === 'restore' && !secret) return 'restore'
    now = step(now.state, typed, facts)
  }
}

/** The folder with what somebody wrote by hand put aside, or undefined if it is not to be replaced. */
async function keptAside(folder: Folder, voice: Voice): Promise<Folder | undefined> {
  const changed = changedByHand(folder)
  if (changed.length === 0) return folder
  const aside = changed.map((name) => `${name}.old`)
  voice.say(`Somebody has changed ${changed.join(' and ')} by hand, where setup writes.`)
  if (!(await voice.ask(`Replace that? It is kept as ${aside.join(' and ')}.`))) return undefined
  const old = changed.flatMap((name) => {
    const file = folder.get(name)
    return file ? [[`${name}.old`, file] as const] : []
  })
  return new Map([...folder, ...old])
}

function complain(why: string, voice: Voice): number {
  said(why, voice)
  return exit.unavailable
}
