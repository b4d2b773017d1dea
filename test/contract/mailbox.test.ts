/** What every mailbox promises, whatever it is made of: one body, run on the fake, on an mbox, and on a maildir. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { suite, test } from 'node:test'
import { systemFiles } from '../../src/deliver/files.ts'
import type { Mail, Mailbox } from '../../src/deliver/mailbox.ts'
import { maildirs } from '../../src/deliver/maildir.ts'
import { account, listening, mail, marksIn, mboxesIn, never, noted, temporaryDirectory } from '../deliver/mboxes.ts'
import { fakeMailbox } from '../fake/mailbox.ts'

/** `marks`: what is in eddy's, in any order. */
type Made = { readonly mailbox: Mailbox; readonly marks: () => readonly string[] }

const kinds: Readonly<Record<string, (t: TestContext) => Made>> = {
  fake() {
    const mailbox = fakeMailbox(['eddy'])
    return { mailbox, marks: () => mailbox.lettersOf('eddy') }
  },
  mbox(t) {
    const directory = temporaryDirectory(t)
    const path = join(directory, 'eddy')
    return { mailbox: mboxesIn(directory, { accounts: onlyEddy }), marks: () => (existsSync(path) ? marksIn(path) : []) }
  },
  maildir(t) {
    const directory = join(temporaryDirectory(t), 'Maildir')
    const mailbox = maildirs({
      directoryOf: () => directory,
      accounts: { find: onlyEddy },
      host: 'moriah',
      files: systemFiles,
      log: listening().log,
    })
    const inNew = join(directory, 'new')
    return { mailbox, marks: () => (existsSync(inNew) ? readdirSync(inNew).map((file) => deliveredAs(join(inNew, file))) : []) }
  },
}

for (const [kind, make] of Object.entries(kinds)) {
  suite(kind, () => {
    test('every letter of a batch arrives once, and is accepted', async (t) => {
      const { mailbox, marks } = make(t)
      assert.deepEqual(await kindsOf(mailbox.append('eddy', [mail(1), mail(2), mail(3)], noted, never)), [
        'accepted',
        'accepted',
        'accepted',
      ])
      assert.deepEqual([...marks()].sort(), ['4F1.1', '4F2.2', '4F3.3'])
    })

    test('nothing is in before the note is on the disk', async (t) => {
      const { mailbox, marks } = make(t)
      const seen: (readonly string[])[] = []
      await mailbox.append('eddy', [mail(1)], async () => void seen.push([...marks()]), never)
      assert.deepEqual(seen, [[]])
    })

    test('a note that cannot be written defers the letters, and nothing is in', async (t) => {
      const { mailbox, marks } = make(t)
      const noting = () => Promise.reject(new Error('the queue is broken'))
      assert.deepEqual(await kindsOf(mailbox.append('eddy', [mail(1), mail(2)], noting, never)), ['deferred', 'deferred'])
      assert.deepEqual(marks(), [])
    })

    test('a letter that cannot be read is deferred and leaves nothing, and the others arrive', async (t) => {
      const { mailbox, marks } = make(t)
      assert.deepEqual(await kindsOf(mailbox.append('eddy', [mail(1), unreadable(2), mail(3)], noted, never)), [
        'accepted',
        'deferred',
        'accepted',
      ])
      assert.deepEqual([...marks()].sort(), ['4F1.1', '4F3.3'])
    })

    test('asked after a crash, it knows which letters are in', async (t) => {
      const { mailbox } = make(t)
      let note = ''
      await mailbox.append('eddy', [mail(1), unreadable(2)], async (text) => void (note = text), never)
      assert.equal((await mailbox.settled('eddy', mail(1), note, never))?.kind, 'accepted')
      assert.equal(await mailbox.settled('eddy', mail(2), note, never), undefined)
    })

    test('letters that arrive at the same time all arrive', async (t) => {
      const { mailbox, marks } = make(t)
      const all = await Promise.all([1, 2, 3, 4].map((n) => kindsOf(mailbox.append('eddy', [mail(n)], noted, never))))
      assert.deepEqual(all.flat(), ['accepted', 'accepted', 'accepted', 'accepted'])
      assert.deepEqual([...marks()].sort(), ['4F1.1', '4F2.2', '4F3.3', '4F4.4'])
    })

    test('nobody is given mail who has no mailbox', async (t) => {
      const { mailbox } = make(t)
      const [outcome] = await mailbox.append('nobody', [mail(1)], noted, never)
      assert.equal(outcome?.kind, 'refused')
      assert.equal(outcome?.reply.enhanced, '5.1.1')
    })
  })
}

async function kindsOf(outcomes: Promise<readonly { kind: string }[]>): Promise<string[]> {
  return (await outcomes).map(({ kind }) => kind)
}

function unreadable(delivery: number): Mail {
  const whole = mail(delivery)
  return {
    ...whole,
    async *content() {
      yield Buffer.from('Subject: half a letter\r\n\r\nand then')
      throw new Error('the spool broke')
    },
  }
}

function onlyEddy(user: string): ReturnType<typeof account> | undefined {
  return user === 'eddy' ? account(user) : undefined
}

function deliveredAs(path: string): string {
  const [, id = '', delivery = ''] = /\.M([0-9A-F]+)D(\d+)\.moriah$/.exec(path) ?? []
  assert.match(readFileSync(path, 'latin1'), /^Return-Path: <keith@shire.lan>\n/)
  return `${id}.${delivery}`
}
