import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Trace, receivedField } from '../../src/accept/received.ts'
import { shortTrace } from '../../src/send/trace.ts'

const trace: Trace = {
  client: { kind: 'lan', helo: 'herring', address: '192.168.1.7' },
  hostname: 'moriah.shire.lan',
  protocol: 'ESMTP',
  id: '4F2',
  recipient: { local: 'frodo', domain: 'far.example' },
  date: 'Sat, 3 Jun 2000 20:58:31 +0100',
}
const { recipient: _, ...nobody } = trace
const rest = 'Received: from x by y; Sat, 3 Jun 2000 20:00:00 +0100\r\nSubject: hello\r\n\r\n'

const shorten = (field: string): string =>
  Buffer.from(shortTrace(Buffer.from(field + rest), 'moriah.shire.lan', '4F2'))
    .toString()
    .replace(rest, '')

const lan = 'Received: from herring by moriah.shire.lan; 3 Jun 2000 20:58 +0100\r\n'
const rows: readonly [string, Trace, string][] = [
  ['of a letter from the LAN, for one', trace, lan],
  ['for several', nobody, lan],
  [
    'over TLS, from an address',
    { ...nobody, protocol: 'ESMTPS', client: { kind: 'lan', helo: '[192.168.1.7]', address: 'fd00::7' } },
    lan.replace('herring', '[192.168.1.7]'),
  ],
  ['of a user of this box', { ...trace, client: { kind: 'user', user: 'eddy' } }, lan.replace('herring', 'localhost')],
]
for (const [name, one, short] of rows) test(`our own field is short: ${name}`, () => assert.equal(shorten(receivedField(one)), short))

const others: readonly [string, string][] = [
  ['another host’s', receivedField({ ...trace, hostname: 'mail.isp.example' })],
  ['that of a letter that came back', receivedField({ ...trace, id: '4F1' })],
  ['one with a date in doubt', receivedField({ ...trace, date: 'Thu, 1 Jan 1970 00:01:00 +0000 (clock not set)' })],
  ['another field above it', `Return-Path: <>\r\n${receivedField(trace)}`],
  ['one that goes on', receivedField(trace).replace(/\r\n$/, '\r\n\t(more)\r\n')],
]
for (const [name, field] of others) test(`${name} stays as it is`, () => assert.equal(shorten(field), field))

test('nothing is found in an empty header', () => {
  assert.equal(shortTrace(Buffer.alloc(0), 'moriah.shire.lan', '4F2').length, 0)
})
