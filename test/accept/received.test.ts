import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Trace } from '../../src/accept/received.ts'
import { clientText, receivedField } from '../../src/accept/received.ts'

const base: Trace = {
  client: { kind: 'lan', helo: 'herring', address: '192.168.1.7' },
  hostname: 'moriah.shire.lan',
  protocol: 'ESMTP',
  id: '4F2',
  recipient: { local: 'eddy', domain: 'shire.lan' },
  date: 'Sat, 3 Jun 2000 20:58:31 +0100',
}

const { recipient: _, ...nobody } = base
const { protocol: __, ...byUser } = base

const rows: readonly [fact: string, trace: Trace, field: string][] = [
  [
    'a letter for one is marked with its recipient',
    base,
    'Received: from herring ([192.168.1.7])\r\n\tby moriah.shire.lan with ESMTP id 4F2\r\n\tfor <eddy@shire.lan>; Sat, 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'a letter for several names none of them',
    nobody,
    'Received: from herring ([192.168.1.7])\r\n\tby moriah.shire.lan with ESMTP id 4F2; Sat, 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'a user of this box is named as sendmail names him',
    { ...byUser, client: { kind: 'user', user: 'eddy' } },
    'Received: (from eddy@localhost)\r\n\tby moriah.shire.lan id 4F2\r\n\tfor eddy@shire.lan; Sat, 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'an IPv6 client has its tag (RFC 5321 §4.1.3)',
    { ...nobody, client: { kind: 'lan', helo: 'herring', address: 'fd00::7' } },
    'Received: from herring ([IPv6:fd00::7])\r\n\tby moriah.shire.lan with ESMTP id 4F2; Sat, 3 Jun 2000 20:58:31 +0100\r\n',
  ],
  [
    'a name that would forge a clause is masked',
    { ...nobody, client: { kind: 'lan', helo: 'a)by(b;\r\nX:', address: '192.168.1.7' } },
    'Received: from a?by?b???X: ([192.168.1.7])\r\n\tby moriah.shire.lan with ESMTP id 4F2; Sat, 3 Jun 2000 20:58:31 +0100\r\n',
  ],
]

for (const [fact, trace, field] of rows) test(fact, () => assert.equal(receivedField(trace), field))

test('the log names the client as Received does', () => {
  assert.equal(clientText({ kind: 'lan', helo: 'herring', address: '192.168.1.7' }), 'herring [192.168.1.7]')
  assert.equal(clientText({ kind: 'user', user: 'eddy' }), 'eddy@localhost')
  assert.equal(clientText({ kind: 'lan', helo: '', address: '::1' }), 'unknown [IPv6:::1]')
})
