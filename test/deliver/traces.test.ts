/** A crash can stop an append after any octet. Wherever it was, asking and appending again gives every letter once and whole. */
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Mailbox, Mail } from '../../src/deliver/mailbox.ts'
import { lettersIn, mail, marksIn, mboxesIn, never, noted, temporaryDirectory } from './mboxes.ts'

const earlier = 'From old@x Sat Jun  3 20:58:31 2000\nSubject: old\n\nold letter\n\n'

test('an append that stopped after any octet is made whole, and nothing comes twice', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const mails = [mail(1), mail(2, 'short\r\n')]
  const { note, before, whole } = await appended(mbox, path, mails)
  for (let length = before; length <= whole.length; length++) {
    writeFileSync(path, whole)
    truncateSync(path, length)
    await recover(mbox, mails, note)
    assert.equal(readFileSync(path, 'latin1'), whole.toString('latin1'), `stopped after ${length - before} octets`)
  }
})

test('blocks that never reached the disk, behind what did, are cut off, and nothing else is', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const mails = [mail(1), mail(2, 'short\r\n')]
  const { note, before, whole } = await appended(mbox, path, mails)
  for (let length = before; length < whole.length; length++) {
    // As inode and size were noted, the file is the same one.
    writeFileSync(path, Buffer.concat([whole.subarray(0, length), Buffer.alloc(70_000)]))
    await recover(mbox, mails, note)
    assert.equal(readFileSync(path, 'latin1'), whole.toString('latin1'), `${length - before} octets before the NULs`)
  }
  // What was there before the append is not ours to judge.
  const odd = Buffer.concat([Buffer.from(earlier), Buffer.alloc(9)])
  writeFileSync(path, odd)
  const { ino, mtimeMs } = statSync(path)
  assert.equal(await mbox.settled('eddy', mail(1), `${odd.length} ${ino} ${mtimeMs}`, never), undefined)
  assert.deepEqual(readFileSync(path), odd)
})

test('an append that had not begun is not in', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  writeFileSync(path, earlier)
  let note = ''
  await mbox.append('eddy', [mail(1)], async (text) => Promise.reject(new Error(`no disk for ${(note = text)}`)), never)
  assert.equal(await mbox.settled('eddy', mail(1), note, never), undefined)
  assert.equal(readFileSync(path, 'latin1'), earlier)
})

test('a letter is found although its reader has deleted another and marked it as read', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const { note, whole } = await appended(mbox, path, [mail(1)])
  const read = whole.toString('latin1').slice(earlier.length).replace('\n\n', '\nStatus: RO\n\n')
  for (const rewritten of [read, `${earlier}${read}`, `${read}${earlier}`, read.trimEnd() + '\n']) {
    for (const inPlace of [true, false]) {
      if (!inPlace) rmSync(path)
      writeFileSync(path, rewritten)
      assert.equal((await mbox.settled('eddy', mail(1), note, never))?.kind, 'accepted')
      assert.equal(readFileSync(path, 'latin1'), rewritten.endsWith('\n\n') ? rewritten : `${rewritten}\n`)
    }
  }
})

test('a letter whose stamp was mended since is still found, and so is its half', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const { note, whole, before } = await appended(mbox, path, [mail(1)])
  const mended = { ...mail(1), at: 0 }
  assert.equal((await mbox.settled('eddy', mended, note, never))?.kind, 'accepted')
  for (const octets of [1, 20, 40, 60, 80, 150]) {
    writeFileSync(path, whole.subarray(0, before + octets))
    assert.equal(await mbox.settled('eddy', mended, note, never), undefined)
    assert.equal(readFileSync(path, 'latin1'), earlier)
  }
})

test('a half that is no longer at the end is left alone, and the letter is not taken to be in', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const { note, whole } = await appended(mbox, path, [mail(1)])
  const between = `${whole.subarray(0, -20).toString('latin1')}\n\n${earlier}`
  writeFileSync(path, between)
  assert.equal(await mbox.settled('eddy', mail(1), note, never), undefined)
  assert.equal(readFileSync(path, 'latin1'), between)
})

test('a mark inside a forwarded letter is no delivery', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const { note } = await appended(mbox, path, [mail(1)])
  writeFileSync(
    path,
    `${earlier}From a@b Sat Jun  3 20:58:31 2000\nSubject: look\n\n> see\nX-Dialpost-Delivery: 4F1.1\nSubject: letter 1\n\nletter 1\n\n`,
  )
  assert.equal(await mbox.settled('eddy', mail(1), note, never), undefined)
})

test('a mailbox that its reader has removed holds nothing', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const { note } = await appended(mbox, path, [mail(1)])
  rmSync(path)
  assert.equal(await mbox.settled('eddy', mail(1), note, never), undefined)
})

test('letters larger than a piece are compared to their end', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const large = mail(1, 'From the top of a long line\r\n'.repeat(20_000))
  const { note, whole, before } = await appended(mbox, path, [large])
  assert.equal((await mbox.settled('eddy', large, note, never))?.kind, 'accepted')
  for (const length of [whole.length - 2, before + 64 * 1024, before + 300_000]) {
    writeFileSync(path, whole)
    truncateSync(path, length)
    await recover(mbox, [large], note)
    assert.deepEqual(readFileSync(path), whole)
  }
})

test('a copy elsewhere is not asked for: two mailboxes never answer for each other', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const mbox = mboxesIn(directory)
  const { note } = await appended(mbox, path, [mail(1)])
  writeFileSync(join(directory, 'keith'), earlier)
  assert.equal(await mbox.settled('keith', mail(1), note, never), undefined)
  copyFileSync(path, join(directory, 'keith'))
  assert.equal((await mbox.settled('keith', mail(1), note, never))?.kind, 'accepted')
})

async function appended(mbox: Mailbox, path: string, mails: readonly Mail[]): Promise<{ note: string; before: number; whole: Buffer }> {
  writeFileSync(path, earlier)
  const before = statSync(path).size
  let note = ''
  const outcomes = await mbox.append('eddy', mails, async (text) => void (note = text), never)
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    mails.map(() => 'accepted'),
  )
  assert.equal(lettersIn(path).length, 1 + mails.length)
  assert.deepEqual(
    marksIn(path).slice(1),
    mails.map(({ id, delivery }) => `${id}.${delivery}`),
  )
  return { note, before, whole: readFileSync(path) }
}

/** What a start does with interrupted deliveries. */
async function recover(mbox: Mailbox, mails: readonly Mail[], note: string): Promise<void> {
  const missing: Mail[] = []
  for (const one of mails) if (!(await mbox.settled('eddy', one, note, never))) missing.push(one)
  if (missing.length > 0) await mbox.append('eddy', missing, noted, never)
}
