/** Golden sessions: each `*.in` holds commands as typed, its `*.out` all that was said. `UPDATE_GOLDEN=1` writes them anew, to be read before committing. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { perform } from '../../src/console/perform.ts'
import { fakeHouse } from '../fake/house.ts'

process.env['TZ'] = 'UTC'
const folder = join(import.meta.dirname, 'sessions')
const sessions = readdirSync(folder).filter((file) => file.endsWith('.in'))

async function play(commands: readonly string[]): Promise<string> {
  const house = fakeHouse()
  const heard: string[] = []
  for (const command of commands) {
    heard.push(`> ${command}`)
    const code = await perform(
      house,
      command.split(' ').filter((word) => word !== ''),
      {
        say: (text) => heard.push(text),
        complain: (text) => heard.push(`! ${text}`),
        ask: async (question) => {
          heard.push(`? ${question}`)
          return false
        },
        signal: new AbortController().signal,
      },
    )
    if (code !== 0) heard.push(`= ${code}`)
  }
  return `${heard.join('\n')}\n`
}

for (const session of sessions) {
  test(`the session ${session} goes as written`, async () => {
    const commands = readFileSync(join(folder, session), 'utf8').split('\n').slice(0, -1)
    const said = await play(commands)
    const golden = join(folder, session.replace('.in', '.out'))
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, said)
    assert.equal(said, readFileSync(golden, 'utf8'))
  })
}

test('there are sessions to play', () => {
  assert.ok(sessions.length >= 6)
})

test('a command that breaks is a complaint, not a stack trace', async () => {
  const house = {
    ...fakeHouse(),
    status: () => {
      throw new Error('no /proc')
    },
  }
  const complaints: string[] = []
  const code = await perform(house, ['status'], {
    say: () => {},
    complain: (text) => complaints.push(text),
    ask: async () => false,
    signal: new AbortController().signal,
  })
  assert.equal(code, 70)
  assert.deepEqual(complaints, ['dialpost: status broke: no /proc; see dialpost log'])
})
