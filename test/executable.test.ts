/** The built executable is a snapshot of a heap: what it knows of the world must be today's, not that of the day it was built. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const program = join(import.meta.dirname, '../dist/dialpost')
const skip = existsSync(program) ? false : 'dist/dialpost is not built'

function run(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync(program, words, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', ...env } })
}

test('it reads the environment of its own start', { skip }, () => {
  const { status, stderr } = run(['status'], { DIALPOST_RUN: '/nonexistent/run' })
  assert.equal(status, 69)
  assert.match(stderr, /\/nonexistent\/run/)
})

test('it takes its words from the command line, and says nothing of what it is made of', { skip }, () => {
  const { status, stdout, stderr } = run(['settings', 'accept.max_message'])
  assert.equal(status, 0)
  assert.match(stdout, /max_message/)
  assert.equal(stderr, '')
})

test('what is loaded only when it is needed is there: export says that there is nothing yet', { skip }, () => {
  const { status, stderr } = run(['export', '-C', '/nonexistent/settings/dialpost.toml'])
  assert.equal(status, 69)
  assert.match(stderr, /no settings in \/nonexistent\/settings yet/)
})
