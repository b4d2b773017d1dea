import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bury } from '../../src/sendmail/dead-letter.ts'

const home = mkdtempSync(join(tmpdir(), 'dialpost-dead-'))
test.after(() => rmSync(home, { recursive: true }))
const path = join(home, 'dead.letter')
const rites = { from: null, at: Date.UTC(2026, 10, 22, 9, 37), home }

async function* letter(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('Subject: x\r\n\r\nFrom')
  yield Buffer.from(' here\r\n')
}

test('letters are added to an mbox that nobody else may read', async () => {
  assert.equal(await bury(letter(), rites), path)
  assert.equal(await bury(letter(), rites), path)
  assert.match(readFileSync(path, 'utf8'), /^(From MAILER-DAEMON \w{3} Nov 22 .* 2026\nSubject: x\n\n>From here\n\n){2}$/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a full one takes no more, a link none at all', async () => {
  truncateSync(path, 1024 * 1024)
  assert.equal(await bury(letter(), rites), undefined)
  assert.equal(statSync(path).size, 1024 * 1024)
  rmSync(path)
  symlinkSync(join(home, 'elsewhere'), path)
  assert.equal(await bury(letter(), rites), undefined)
})
