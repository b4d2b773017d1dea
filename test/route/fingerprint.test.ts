import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHeader } from '../../src/mail/header.ts'
import { fingerprint } from '../../src/route/fingerprint.ts'

const author = [
  'Message-ID: <1@x.example>',
  'Date: Sat, 3 Jun 2000 18:18:25 +0100',
  'From: bob@far.example',
  'To: nelug@lists.example',
  'Subject: [nelug] meeting',
]
const mark = (...lines: readonly string[]) => fingerprint(parseHeader(Buffer.from(lines.join('\r\n'))))

test('copies that differ in what servers add are one letter', () => {
  const added = [
    'Return-Path: <nelug-eddy@lists.example>',
    'Delivered-To: eddy@isp.example',
    'X-Envelope-To: eddy@isp.example',
    'Received: by mx for <eddy@isp.example>; Sat',
  ]
  const others = added.map((line) => line.replaceAll('eddy', 'keith'))
  assert.equal(mark(...added, ...author), mark(...others, ...author))
  assert.notEqual(mark(...author), undefined)
})

test('folding and the order of the fields make no difference', () => {
  assert.equal(mark(...author.toReversed().map((line) => line.replace('meeting', '\r\n meeting'))), mark(...author))
})

for (const line of author) {
  test(`another ${line.split(':')[0]} is another letter`, () => {
    assert.notEqual(
      mark(...author.map((one) => (one === line ? one.replace(/x\.example|2000|bob|nelug@|meeting/, 'other') : one))),
      mark(...author),
    )
  })
}

test('a letter sent on by somebody is another letter', () => {
  assert.notEqual(mark('Resent-Message-ID: <2@y.example>', ...author), mark(...author))
})

for (const id of ['', 'Message-ID:', 'Message-ID: <>', 'Message-ID: none', 'Message-ID: <a@x.example>\r\nMessage-ID: <b@x.example>']) {
  test(`no fingerprint with ${JSON.stringify(id)}`, () => assert.equal(mark(...(id === '' ? [] : [id]), ...author.slice(1)), undefined))
}

test('a fingerprint is small, however long the header', () => {
  assert.ok((mark(...author, `Cc: ${'a@b.example, '.repeat(20_000)}`) ?? '').length < 4000)
})
