/**
 * Golden conversations: each `sessions/*.in` holds what a person types, a line an answer; its `.out` all that the terminal shows, what was
 * typed included, passwords as stars. `UPDATE_GOLDEN=1` writes them anew, to be read before committing. `^C` ends one; lines `# …` do not count.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { draftOf } from '../../src/config/read.ts'
import type { Facts } from '../../src/setup/question.ts'
import { setup } from '../../src/setup/setup.ts'
import { facts, makeWorld, type World } from './world.ts'

const folder = join(import.meta.dirname, 'sessions')
const sessions = readdirSync(folder).filter((file) => file.endsWith('.in'))

/** Each `~~~` is a setup of its own, in the folder that the ones before have left; after `!edit` somebody has been at it. */
async function play(text: string, world: World, here: Facts): Promise<string> {
  const shown: string[] = []
  for (const part of text.split('~~~\n')) {
    const typed = part
      .split('\n')
      .slice(0, -1)
      .filter((line) => !line.startsWith('# '))
    if (typed[0] === '!edit') {
      typed.shift()
      writeFileSync(
        world.at('dialpost.toml'),
        readFileSync(world.at('dialpost.toml'), 'utf8').replace('\n\n', '\nforward_files = false\n\n'),
      )
    }
    const code = await setup(world.keeper, here, draftOf, {
      say: (line) => shown.push(line),
      complain: (line) => shown.push(`! ${line}`),
      ask: async (question) => {
        const answer = typed.shift()
        shown.push(`${question} [y/N] ${answer}`)
        return answer === 'y'
      },
      read: async (prompt, hidden) => {
        const line = typed.shift()
        shown.push(`${prompt}${hidden === true && line !== '<' ? line?.replace(/./gu, '') : line}`)
        return line === '^C' ? undefined : line
      },
      signal: new AbortController().signal,
    })
    assert.deepEqual(typed, [], 'more was typed than asked')
    shown.push(`= ${code}`)
  }
  return `${shown.join('\n').replaceAll(world.root, '')}\n`
}

for (const session of sessions) {
  test(`the setup ${session} goes as written`, async (t) => {
    const world = makeWorld()
    t.after(() => world.remove())
    const said = await play(readFileSync(join(folder, session), 'utf8'), world, { ...facts, readers: session === 'readers.in' })
    const golden = join(folder, session.replace('.in', '.out'))
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, said)
    assert.equal(said, readFileSync(golden, 'utf8'))
    for (const line of said.split('\n')) assert.ok(line.length <= 80, `too wide: ${line}`)
    assert.doesNotMatch(said, /s3cret|undefined|NaN/)
  })
}

test('there are sessions to play', () => {
  assert.ok(sessions.length >= 5)
})
