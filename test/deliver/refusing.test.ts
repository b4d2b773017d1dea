import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { dotlocks } from '../../src/deliver/dotlock.ts'
import { systemFiles } from '../../src/deliver/files.ts'
import { mailboxLocks } from '../../src/deliver/lock.ts'
import { plainFiles } from '../../src/deliver/plain-file.ts'
import { noFiles, noPrograms } from '../../src/deliver/refusing.ts'
import { account, listening, mail, marksIn, never, temporaryDirectory } from './mboxes.ts'

test('a program is not run, and the sender is told which setting says so', async () => {
  assert.deepEqual(await noPrograms.run('vacation eddy', 'eddy', mail(1), never), {
    kind: 'refused',
    reply: { code: 550, enhanced: '5.7.1', text: 'Programs are not run here (deliver.programs is off)' },
    where: '|vacation eddy',
  })
})

test('a file is not written, nor made, nor locked, nor noted', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'archive')
  const refusal = {
    kind: 'refused',
    reply: { code: 550, enhanced: '5.7.1', text: 'Files are not written here (deliver.programs is off)' },
    where: path,
  }
  const outcomes = await noFiles(files())(path).append('eddy', [mail(1), mail(2)], async () => assert.fail(), never)
  assert.deepEqual(outcomes, [refusal, refusal])
  assert.deepEqual(readdirSync(directory), [])
})

test('what a crash interrupted before the setting changed is still found in the file', async (t) => {
  const path = join(temporaryDirectory(t), 'archive')
  writeFileSync(path, '')
  let note = ''
  await files()(path).append('eddy', [mail(1)], async (text) => void (note = text), never)
  const found = await noFiles(files())(path).settled('eddy', mail(1), note, never)
  assert.equal(found?.kind, 'accepted')
  assert.deepEqual(marksIn(path), ['4F1.1'])
})

test('/dev/null still takes everything', async () => {
  const outcomes = await noFiles(files())('/dev/null').append('eddy', [mail(1)], async () => {}, never)
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['accepted'],
  )
})

function files(): ReturnType<typeof plainFiles> {
  const { log } = listening()
  const [system, clock] = [systemFiles, systemClock]
  const locks = mailboxLocks({ dotlocks: dotlocks({ files: system, clock, log }), files: system, clock, log, patience: 100 })
  return plainFiles({ files: system, locks, log, accounts: { find: account } })
}
