/** `/file` of an alias: only where the user could have written himself, and never through a link. */
import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { dotlocks } from '../../src/deliver/dotlock.ts'
import { systemFiles } from '../../src/deliver/files.ts'
import { mailboxLocks } from '../../src/deliver/lock.ts'
import type { Mailbox } from '../../src/deliver/mailbox.ts'
import { plainFiles } from '../../src/deliver/plain-file.ts'
import type { Outcome } from '../../src/mail/outcome.ts'
import { asNobody, needsRoot } from '../nobody.ts'
import { account, listening, mail, marksIn, never, noted, temporaryDirectory } from './mboxes.ts'

const root = process.geteuid?.() === 0
const eddy = root ? { uid: 4711, gid: 4711 } : {}

test('an existing file of the user’s gets the letter as an mbox does', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'archive')
  writeFileSync(path, '')
  if (root) chownSync(path, 4711, 4711)
  assert.equal((await deliver(path)).kind, 'accepted')
  assert.deepEqual(marksIn(path), ['4F1.1'])
  assert.deepEqual(readdirSync(directory), ['archive'])
})

test('a new file in the user’s own directory is made, and made the user’s', async (t) => {
  const directory = temporaryDirectory(t)
  if (root) chownSync(directory, 4711, 4711)
  assert.equal((await deliver(join(directory, 'archive'))).kind, 'accepted')
  const { uid, mode } = statSync(join(directory, 'archive'))
  assert.deepEqual([uid, mode & 0o777], [root ? 4711 : process.geteuid?.(), 0o600])
})

test('a letter is found in it after a crash', async (t) => {
  const directory = temporaryDirectory(t)
  if (root) chownSync(directory, 4711, 4711)
  const file = made(join(directory, 'archive'))
  let note = ''
  await file.append('eddy', [mail(1)], async (text) => void (note = text), never)
  assert.equal((await file.settled('eddy', mail(1), note, never))?.kind, 'accepted')
  assert.equal(await file.settled('eddy', mail(2), note, never), undefined)
})

test('who is neither root nor the user writes nothing, not even where he may', { skip: needsRoot }, async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o777)
  const path = join(directory, 'archive')
  writeFileSync(path, '')
  chmodSync(path, 0o666)
  assert.match(said(await asNobody(() => deliver(path))), /archive cannot be written as eddy: dialpost does not run as root/)
  assert.equal(readFileSync(path, 'utf8'), '')
  assert.deepEqual(readdirSync(directory), ['archive'])
})

test('/dev/null takes everything', async () => {
  assert.equal((await deliver('/dev/null')).kind, 'accepted')
  assert.ok(statSync('/dev/null').isCharacterDevice())
})

test('another user’s file, or a new one in another’s directory, is left alone, without even a lock', {
  skip: !root && 'needs root',
}, async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'shadow')
  writeFileSync(path, 'secret')
  chmodSync(path, 0o644)
  assert.match(said(await deliver(path)), /shadow may not be written by eddy/)
  assert.match(said(await deliver(join(directory, 'new'))), /does not exist, and its directory is not eddy’s/)
  assert.equal(readFileSync(path, 'utf8'), 'secret')
  assert.deepEqual(readdirSync(directory), ['shadow'])
})

test('a file that the user’s group may write is as good as his own', { skip: !root && 'needs root' }, async (t) => {
  const path = join(temporaryDirectory(t), 'list')
  writeFileSync(path, '')
  chownSync(path, 0, 4711)
  chmodSync(path, 0o664)
  assert.equal((await deliver(path)).kind, 'accepted')
  assert.deepEqual([statSync(path).uid, statSync(path).gid, statSync(path).mode & 0o777], [0, 4711, 0o664])
})

test('neither a link, a directory nor a relative path is a file', async (t) => {
  const directory = temporaryDirectory(t)
  if (root) chownSync(directory, 4711, 4711)
  writeFileSync(join(directory, 'target'), '')
  symlinkSync(join(directory, 'target'), join(directory, 'link'))
  mkdirSync(join(directory, 'sub'))
  assert.match(said(await deliver(join(directory, 'link'))), /not a regular file/)
  assert.match(said(await deliver(join(directory, 'sub'))), /not a regular file/)
  assert.match(said(await deliver('archive')), /no plain path/)
  assert.match(said(await deliver(`${directory}/../archive`)), /no plain path/)
  assert.match(said(await deliver(join(directory, 'no', 'where'))), /does not exist/)
  assert.equal(existsSync(join(directory, 'target.lock')), false)
})

function made(path: string): Mailbox {
  const { log } = listening()
  const [files, clock] = [systemFiles, systemClock]
  const locks = mailboxLocks({ dotlocks: dotlocks({ files, clock, log }), files, clock, log, patience: 100 })
  return plainFiles({ files, locks, log, accounts: { find: (user) => ({ ...account(user), ...eddy }) } })(path)
}

async function deliver(path: string): Promise<Outcome> {
  const [outcome] = await made(path).append('eddy', [mail(1)], noted, never)
  assert.ok(outcome)
  return outcome
}

function said(outcome: Outcome): string {
  assert.equal(outcome.kind, 'deferred')
  return outcome.reply.text
}
