/** Our own trace field on its way out: shorter, still a trace field, and nobody else's is touched. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { receivedField, type Trace } from '../../src/accept/received.ts'
import { shortTrace } from '../../src/send/trace.ts'

const hostname = 'moriah.shire.lan'
const base: Trace = {
  client: { kind: 'lan', helo: 'herring.shire.lan', address: '192.168.1.7' },
  hostname,
  protocol: 'ESMTP',
  id: '4F2',
  recipient: { local: 'sam', domain: 'far.example' },
  date: 'Sat, 3 Jun 2000 20:58:31 +0100',
}
const { recipient: _, ...nobody } = base
const { protocol: __, ...byUser } = base
const rest = 'From: eddy@shire.lan\r\nSubject: tea\r\n\r\n'

const shortened = (field: string): string => Buffer.from(shortTrace(Buffer.from(field + rest), hostname)).toString()

const rows: readonly [fact: string, trace: Trace, field: string][] = [
  [
    'the client’s address, the protocol, the recipient and the weekday stay here',
    base,
    'Received: from herring.shire.lan by moriah.shire.lan id 4F2; 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'so they do when there are several',
    nobody,
    'Received: from herring.shire.lan by moriah.shire.lan id 4F2; 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'a user of this box is nobody outside',
    { ...byUser, client: { kind: 'user', user: 'eddy' } },
    'Received: from localhost by moriah.shire.lan id 4F2; 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'a client by IPv6',
    { ...base, client: { kind: 'lan', helo: 'herring', address: 'fd00::7' } },
    'Received: from herring by moriah.shire.lan id 4F2; 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'a stamp that is a guess says so outside, too',
    { ...base, date: 'Thu, 1 Jan 1970 00:00:31 +0000 (clock not set)' },
    'Received: from herring.shire.lan by moriah.shire.lan id 4F2; 1 Jan 1970 00:00:31 +0000 (clock not set)\r\n',
  ],
]

for (const [fact, trace, field] of rows)
  test(fact, () => {
    assert.equal(shortened(receivedField(trace)), field + rest)
  })

for (const [fact, field] of [
  ['another host’s field', receivedField({ ...base, hostname: 'balrog.shire.lan' })],
  [
    'a field worded otherwise',
    'Received: from a (b [192.0.2.1]) by moriah.shire.lan (8.17) with SMTP id 1; Sat, 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  ['a letter without one', ''],
] as const)
  test(`${fact} is not touched`, () => {
    assert.equal(shortened(field), field + rest)
  })

test('only the first field is ours to shorten', () => {
  const second = receivedField(nobody)
  assert.equal(shortened(`Return-Path: <>\r\n${second}`), `Return-Path: <>\r\n${second}${rest}`)
})
