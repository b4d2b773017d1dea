import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPath } from '../../src/mail/address.ts'
import { parseHeader } from '../../src/mail/header.ts'
import { senderOf } from '../../src/route/sender-of.ts'

const all = [
  'Return-Path: <rp@x.example>',
  'Resent-Sender: rs@x.example',
  'Sender: s@x.example',
  'Resent-From: rf@x.example',
  'From: Eddy <f@x.example>',
  'Reply-To: rt@x.example',
  'Apparently-From: af@x.example',
]

test('the order is fetchmail’s, wherever the fields stand', () => {
  const found = all.map((_, skip) => formatPath(senderOf(parseHeader(Buffer.from(all.slice(skip).toReversed().join('\r\n'))))))
  assert.deepEqual(
    found,
    ['rp', 'rs', 's', 'rf', 'f', 'rt', 'af'].map((name) => `<${name}@x.example>`),
  )
})

const table: readonly (readonly [string, string, string])[] = [
  ['an empty Return-Path is the null sender', 'Return-Path: <>\r\nFrom: f@x.example', '<>'],
  ['the first Return-Path holds', 'Return-Path: <a@x.example>\r\nReturn-Path: <>\r\n', '<a@x.example>'],
  ['a broken Return-Path does not', 'Return-Path: Eddy Younger\r\nFrom: f@x.example', '<f@x.example>'],
  ['a Sender that is no address is passed over', 'Sender: zap\r\nFrom: f@x.example', '<f@x.example>'],
  ['without any field nobody is told', 'Subject: hi', '<>'],
]
for (const [fact, header, expected] of table) {
  test(fact, () => assert.equal(formatPath(senderOf(parseHeader(Buffer.from(header)))), expected))
}
