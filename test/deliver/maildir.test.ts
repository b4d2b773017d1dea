/** A letter in a maildir is whole or not there, and takes its own place when it comes again. */
import assert from 'node:assert/strict'
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { Files } from '../../src/deliver/files.ts'
import { systemFiles } from '../../src/deliver/files.ts'
import type { Mailbox } from '../../src/deliver/mailbox.ts'
import { maildirs } from '../../src/deliver/maildir.ts'
import { faulty } from './faults.ts'
import { account, listening, mail, never, noted, temporaryDirectory } from './mboxes.ts'

const root = process.geteuid?.() === 0

test('a maildir is made when it is missing, its owner’s alone', async (t) => {
  const { mailbox, directory } = made(t)
  assert.equal((await mailbox.append('eddy', [mail(1)], noted, never))[0]?.kind, 'accepted')
  assert.deepEqual(readdirSync(directory).sort(), ['cur', 'new', 'tmp'])
  const [name = ''] = readdirSync(join(directory, 'new'))
  assert.equal(name, `${mail(1).at / 1000}.M4F1D1.moriah`)
  assert.deepEqual([statSync(directory).mode & 0o777, statSync(join(directory, 'new', name)).mode & 0o777], [0o700, 0o600])
  assert.deepEqual(readdirSync(join(directory, 'tmp')), [])
})

test('a letter that comes again takes its own place', async (t) => {
  const { mailbox, directory } = made(t)
  for (let n = 0; n < 2; n++) await mailbox.append('eddy', [mail(1)], noted, never)
  assert.equal(readdirSync(join(directory, 'new')).length, 1)
})

test('a letter is found where its reader has moved it, whatever its stamp says by now', async (t) => {
  const { mailbox, directory } = made(t)
  await mailbox.append('eddy', [mail(1)], noted, never)
  const [name = ''] = readdirSync(join(directory, 'new'))
  renameSync(join(directory, 'new', name), join(directory, 'cur', `${name}:2,RS`))
  assert.equal((await mailbox.settled('eddy', { ...mail(1), at: 0 }, 'maildir', never))?.kind, 'accepted')
  assert.equal(await mailbox.settled('eddy', mail(2), 'maildir', never), undefined)
  assert.equal(await mailbox.settled('eddy', { ...mail(1), delivery: 11 }, 'maildir', never), undefined)
})

for (const operation of ['write', 'sync', 'close', 'rename'] as const) {
  test(`a ${operation} that fails defers the letter and leaves nothing`, async (t) => {
    const { mailbox, directory } = made(t, faulty({ operation, nth: 1, code: 'ENOSPC', path: '.M' }))
    const outcomes = await mailbox.append('eddy', [mail(1), mail(2)], noted, never)
    assert.deepEqual(
      outcomes.map(({ kind, reply }) => [kind, reply.enhanced]),
      [
        ['deferred', '4.3.1'],
        ['accepted', '2.0.0'],
      ],
    )
    assert.deepEqual(readdirSync(join(directory, 'tmp')), [])
    assert.equal(readdirSync(join(directory, 'new')).length, 1)
  })
}

test('a link in place of a folder leads nowhere', async (t) => {
  const { mailbox, directory } = made(t)
  await mailbox.append('eddy', [], noted, never)
  const trap = join(directory, '..', 'trap')
  mkdirSync(trap)
  rmSync(join(directory, 'tmp'), { recursive: true })
  symlinkSync(trap, join(directory, 'tmp'))
  assert.equal((await mailbox.append('eddy', [mail(1)], noted, never))[0]?.kind, 'deferred')
  assert.deepEqual(readdirSync(trap), [])
})

test('as root, all is made the user’s, and somebody else’s maildir is refused', { skip: !root && 'needs root' }, async (t) => {
  const { mailbox, directory } = made(t, systemFiles, 4711)
  assert.equal((await mailbox.append('eddy', [mail(1)], noted, never))[0]?.kind, 'accepted')
  const [name = ''] = readdirSync(join(directory, 'new'))
  for (const path of [directory, join(directory, 'new'), join(directory, 'new', name)]) assert.equal(statSync(path).uid, 4711)
  chownSync(directory, 4712, 4712)
  const [outcome] = await mailbox.append('eddy', [mail(2)], noted, never)
  assert.match(outcome?.reply.text ?? '', /belongs to user number 4712, not to eddy/)
})

test('a letter is in tmp until it is whole', async (t) => {
  const { mailbox, directory } = made(t)
  const whole = mail(1)
  const seen: number[] = []
  const watched = {
    ...whole,
    async *content() {
      yield* whole.content()
      seen.push(readdirSync(join(directory, 'new')).length)
    },
  }
  await mailbox.append('eddy', [watched], noted, never)
  assert.deepEqual(seen, [0])
  const [name = ''] = readdirSync(join(directory, 'new'))
  assert.match(
    readFileSync(join(directory, 'new', name), 'latin1'),
    /^Return-Path: <keith@shire.lan>\nReceived: .*\n\nletter 1\nFrom here\n>From there\nbye\n$/s,
  )
  assert.ok(existsSync(join(directory, 'cur')))
})

function made(t: TestContext, files: Files = systemFiles, uid = account('eddy').uid): { mailbox: Mailbox; directory: string } {
  const directory = join(temporaryDirectory(t), 'Maildir')
  const accounts = { find: (user: string) => ({ ...account(user), uid }) }
  return { mailbox: maildirs({ directoryOf: () => directory, accounts, host: 'moriah', files, log: listening().log }), directory }
}
