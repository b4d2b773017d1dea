/** What only a mailbox may say is taken from the header, and from nowhere else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripping } from '../../src/deliver/stripping.ts'

const rows: readonly [what: string, before: string, after: string][] = [
  ['an ordinary letter stays', 'Subject: a\nTo: b\n\nbody\n', 'Subject: a\nTo: b\n\nbody\n'],
  ['what readers trust goes', 'Status: RO\nA: 1\nX-Status: A\nX-UID: 1\nX-IMAPbase: 1 2\nX-Keywords: x\n\nb\n', 'A: 1\n\nb\n'],
  ['so do an earlier return path and a length', 'Return-Path: <a@b>\nCONTENT-LENGTH: 5\nA: 1\n\nb\n', 'A: 1\n\nb\n'],
  ['nobody else sets our mark', 'X-Dialpost-Delivery: 1.1\nA: 1\n\nb\n', 'A: 1\n\nb\n'],
  ['with its folds', 'Status: R\n O\n\tX\nA: 1\n 2\n\nb\n', 'A: 1\n 2\n\nb\n'],
  ['a blank before the colon does not help', 'Status : RO\nContent-Length\t: 5\nA: 1\n\nb\n', 'A: 1\n\nb\n'],
  ['similar names stay', 'X-Status-Report: 1\nStatuses: 2\n\nb\n', 'X-Status-Report: 1\nStatuses: 2\n\nb\n'],
  ['the body may say what it likes', 'A: 1\n\nStatus: RO\nReturn-Path: x\n', 'A: 1\n\nStatus: RO\nReturn-Path: x\n'],
  ['From lines of other mailboxes go', 'From a Sat Jun\n>From b Sat Jun\nA: 1\n\nb\n', 'A: 1\n\nb\n'],
  ['also from the middle', 'A: 1\nFrom a Sat Jun\nB: 2\n\nb\n', 'A: 1\nB: 2\n\nb\n'],
  ['an old-fashioned From field is no From line', 'From : eddy\nFrom\t : keith\n\nb\n', 'From: eddy\nFrom: keith\n\nb\n'],
  ['text instead of a field ends the header', 'A: 1\nno field\nStatus: RO\n', 'A: 1\n\nno field\nStatus: RO\n'],
  ['a letter of text alone gets an empty header', 'hello\nworld\n', '\nhello\nworld\n'],
  ['a fold of nothing is text', ' a\nb\n', '\n a\nb\n'],
  ['an empty header stays empty', '\nbody\n', '\nbody\n'],
  ['nothing becomes an empty header', '', '\n'],
  ['a header without a blank line gets one', 'A: 1\n', 'A: 1\n\n'],
  ['and a line end', 'A: 1', 'A: 1\n\n'],
  ['a dropped field at the end, too', 'A: 1\nStatus: RO', 'A: 1\n\n'],
  ['a long line is no reason to stop', `A: ${'x'.repeat(5000)}\nStatus: RO\nB: 1\n\nb\n`, `A: ${'x'.repeat(5000)}\nB: 1\n\nb\n`],
  ['nor is a long line that is dropped', `X-Keywords: ${'x'.repeat(5000)}\n y\nB: 1\n\nb\n`, 'B: 1\n\nb\n'],
]

for (const [what, before, after] of rows) {
  test(`${what}, in one piece and octet by octet`, () => {
    for (const size of [before.length || 1, 1, 3]) {
      const transform = stripping()
      const parts = [
        ...(Buffer.from(before)
          .toString('latin1')
          .match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []),
      ]
      const out = parts.map((part) => Buffer.from(transform.push(Buffer.from(part))).toString())
      assert.equal(out.join('') + Buffer.from(transform.end()).toString(), after)
    }
  })
}
