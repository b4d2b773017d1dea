import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutHeader, mended } from '../../src/accept/submission.ts'
import type { Header } from '../../src/mail/header.ts'
import { parseHeader } from '../../src/mail/header.ts'

const mending = {
  hostname: 'moriah.shire.lan',
  from: { local: 'eddy', domain: 'shire.lan' },
  messageId: '<4F2.x@moriah.shire.lan>',
  date: 'Sat, 3 Jun 2000 20:58:31 +0100',
}

const cuts: readonly [fact: string, letter: string, header: string, body: string][] = [
  ['a header ends at its blank line', 'A: 1\r\nB: 2\r\n\r\nbody\r\n', 'A: 1\r\nB: 2\r\n', 'body\r\n'],
  ['a header may be all there is', 'A: 1\r\n', 'A: 1\r\n', ''],
  ['a letter may have no header', '\r\nbody\r\n', '', 'body\r\n'],
  ['a letter may be nothing at all', '', '', ''],
  ['a line that is no field begins the body', 'A: 1\r\nhello\r\nB: 2\r\n\r\nx\r\n', 'A: 1\r\n', 'hello\r\nB: 2\r\n\r\nx\r\n'],
  ['folds belong to their field', 'A: 1\r\n 2\r\n\t3\r\n\r\n', 'A: 1\r\n 2\r\n\t3\r\n', ''],
  ['a fold without a field is body', ' A: 1\r\n\r\nx', '', ' A: 1\r\n\r\nx'],
  ["an mbox's From line is dropped", 'From eddy Sat Jun  3 20:58:31 2000\r\nA: 1\r\n\r\nx', 'A: 1\r\n', 'x'],
  ['a quoted From line too', '>From eddy Sat Jun  3 20:58:31 2000\r\nA: 1\r\n\r\nx', 'A: 1\r\n', 'x'],
  ['a From field is no From line', 'From: eddy\r\n\r\nx', 'From: eddy\r\n', 'x'],
]

for (const [fact, letter, header, body] of cuts) {
  test(fact, () => {
    const cut = cutHeader(Buffer.from(letter))
    assert.equal(text(cut.header), header)
    assert.equal(Buffer.from(cut.body).toString(), body)
  })
}

const added = 'Date: Sat, 3 Jun 2000 20:58:31 +0100\r\nFrom: eddy@shire.lan\r\nMessage-ID: <4F2.x@moriah.shire.lan>\r\n'

test('what a letter of ours lacks is added behind what it has', () => {
  assert.equal(text(mended(parseHeader(Buffer.from('Subject: hi\r\n')), mending)), `Subject: hi\r\n${added}`)
})

test('what it has stays octet for octet, odd blanks and letter case included', () => {
  const octets = Buffer.concat([
    Buffer.from('date : whenever\r\nFROM:eddy\r\n  ("x")\r\nMessage-id:\r\nX: '),
    Buffer.from([0xfc, 0x0d, 0x0a]),
  ])
  assert.deepEqual(Buffer.concat(mended(parseHeader(octets), mending).map(({ raw }) => raw)), octets)
})

test('a letter that is not ours is given nothing', () => {
  assert.equal(text(mended(parseHeader(Buffer.from('Subject: hi\r\n')), undefined)), 'Subject: hi\r\n')
})

test('Return-Path and Content-Length go, Bcc stays', () => {
  const header = parseHeader(Buffer.from('Return-Path: <x@y>\r\nBcc: keith\r\nContent-Length: 3\r\nreturn-PATH: <z>\r\n'))
  assert.equal(text(mended(header, undefined)), 'Bcc: keith\r\n')
})

test('a box that does not know the time adds no Date', () => {
  const { date: _, ...timeless } = mending
  assert.equal(text(mended([], timeless)), added.replace(/^Date.*\r\n/, ''))
})

test('an author without domain gets ours, and the null sender the name that answers for it', () => {
  const { date: _, ...timeless } = mending
  assert.match(text(mended([], { ...timeless, from: { local: 'eddy', domain: '' } })), /^From: eddy@moriah\.shire\.lan\r\n/)
  assert.match(text(mended([], { ...timeless, from: null })), /^From: MAILER-DAEMON@moriah\.shire\.lan\r\n/)
})

function text(header: Header): string {
  return Buffer.concat(header.map(({ raw }) => raw)).toString()
}
