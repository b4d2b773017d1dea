/** How a letter stands in a mailbox, a maildir, and before a program. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dateAt, dateLength, fromLine, maildirLetter, mboxLetter, programLetter } from '../../src/deliver/from-line.ts'
import type { ReversePath } from '../../src/mail/address.ts'
import { mail } from './mboxes.ts'

const noon = new Date(2000, 5, 3, 12, 5, 9).getTime()

const senders: readonly [what: string, from: ReversePath, written: string][] = [
  ['an address', { local: 'eddy', domain: 'shire.lan' }, 'eddy@shire.lan'],
  ['the null sender', null, 'MAILER-DAEMON'],
  ['a local user', { local: 'root', domain: '' }, 'root'],
  ['a name with blanks', { local: 'john q doe', domain: 'x' }, '"john-q-doe"@x'],
  ['a name with a line end', { local: 'a\nFrom b', domain: 'x' }, '"a-From-b"@x'],
]

for (const [what, from, written] of senders) {
  test(`the From line has ${what} as one word`, () => {
    const line = fromLine(from, noon)
    assert.equal(line, `From ${written} Sat Jun  3 12:05:09 2000\n`)
    assert.equal(line.slice(dateAt(from), dateAt(from) + dateLength), 'Sat Jun  3 12:05:09 2000')
  })
}

test('every CRLF becomes LF, and a missing last line end is added', async () => {
  assert.match(await read(mboxLetter(mail(1, 'a\r\nb'))), /Subject: letter 1\n\na\nb\n\n$/)
  assert.match(await read(mboxLetter(mail(1, 'a\r\nb\r\n'))), /Subject: letter 1\n\na\nb\n\n$/)
  assert.match(await read(mboxLetter(mail(1, 'a\r\n\r\n'))), /Subject: letter 1\n\na\n\n\n$/)
})

test('a maildir file has neither From line nor quoting nor a blank line behind it', async () => {
  const text = await read(maildirLetter(mail(1, 'From a\r\n', 'Status: RO\r\n')))
  assert.equal(text, 'Return-Path: <keith@shire.lan>\nReceived: by moriah id 4F1\nSubject: letter 1\n\nFrom a\n')
})

test('a program reads a From line and an unquoted letter', async () => {
  const text = await read(programLetter(mail(1, 'From a\r\n')))
  assert.match(
    text,
    /^From keith@shire\.lan .{24}\nReturn-Path: <keith@shire.lan>\nReceived: by moriah id 4F1\nSubject: letter 1\n\nFrom a\n$/,
  )
})

test('octets that are no text pass as they are', async () => {
  const octets = Buffer.from(Array.from({ length: 256 }, (_, index) => index).filter((octet) => octet !== 0x0a && octet !== 0x0d))
  const letter = await read(mboxLetter(mail(1, octets.toString('latin1'))))
  assert.ok(letter.endsWith(`\n\n${octets.toString('latin1')}\n\n`))
})

test('chunks stay chunks: a large letter is never in memory as one', async () => {
  let largest = 0
  for await (const chunk of mboxLetter(mail(1, 'x'.repeat(70) + '\r\n'.repeat(1_000_000)))) largest = Math.max(largest, chunk.length)
  assert.ok(largest < 128 * 1024)
})

async function read(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString('latin1')
}
