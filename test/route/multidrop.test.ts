import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress } from '../../src/mail/address.ts'
import { parseHeader } from '../../src/mail/header.ts'
import type { MultidropSettings } from '../../src/route/multidrop.ts'
import { recipientsOf } from '../../src/route/multidrop.ts'

const box: MultidropSettings = {
  host: 'pop.isp.example',
  domains: ['isp.example'],
  envelope_skip: 0,
  users: new Map([
    ['eddy', 'eddy'],
    ['nelug', 'eddy'],
    ['keith', 'keith'],
    ['root', 'root'],
    ['NELUG-list', 'NELUG-list'],
    ['sales@isp.example', 'keith@shire.lan'],
  ]),
  postmaster: 'postmaster',
}

function resolve(text: string, settings: Partial<MultidropSettings> = {}) {
  return recipientsOf(parseHeader(Buffer.from(text.replace(/\n/g, '\r\n'))), { ...box, ...settings })
}

type Row = readonly [fact: string, header: string, recipients: readonly string[], evidence: string, settings?: Partial<MultidropSettings>]

/** What fetchmail 6.4.37 does, but for groups, which it gets wrong. */
const table: readonly Row[] = [
  ['a name of the map', 'To: nelug@isp.example', ['eddy'], 'addressees'],
  [
    'a by host that is no server of ours falls to To',
    'Received: from x by mx.other.example for <root@isp.example>; Sat\nTo: keith@isp.example',
    ['keith'],
    'addressees',
  ],
  ['two locals get one letter', 'To: eddy@isp.example, keith@isp.example', ['eddy', 'keith'], 'addressees'],
  ['two names of one person are one recipient', 'To: eddy@isp.example, nelug@isp.example', ['eddy'], 'addressees'],
  ['Bcc counts', 'Bcc: keith@isp.example', ['keith'], 'addressees'],
  ['Apparently-To counts', 'Apparently-To: keith@isp.example', ['keith'], 'addressees'],
  ['hosts below an aka match', 'To: eddy@sub.isp.example', ['eddy'], 'addressees'],
  ['a domain that merely ends alike does not', 'To: eddy@fakeisp.example', ['postmaster'], 'addressees'],
  ['letter case does not matter', 'To: Eddy@ISP.EXAMPLE', ['eddy'], 'addressees'],
  ['a bare name', 'To: eddy', ['eddy'], 'addressees'],
  ['a name with a detail is nobody', 'To: eddy+x@isp.example', ['postmaster'], 'addressees'],
  ['members of a group are recipients', 'To: friends: eddy@isp.example, Keith <keith@isp.example>;', ['eddy', 'keith'], 'addressees'],
  ['list mail without an envelope', 'To: nelug-announce@lists.example', ['postmaster'], 'addressees'],
  ['undisclosed recipients', 'To: undisclosed-recipients:;', ['postmaster'], 'none'],
  ['no header at all', '', ['postmaster'], 'none'],
  [
    'the ISP says for whom',
    'Received: from a by mail.isp.example (8.9.3) with ESMTP id X\n\tfor <keith@isp.example>; Sat, 3 Jun 2000\nTo: eddy@isp.example',
    ['keith'],
    'received',
  ],
  [
    'the mail host itself',
    'Received: from a by POP.isp.example for keith@isp.example; Sat\nTo: eddy@isp.example',
    ['keith'],
    'received',
    { domains: ['shofar.example'], users: new Map([['keith@isp.example', 'keith']]) },
  ],
  [
    'the first line that tells',
    'Received: from a by pop.isp.example; Sat\nReceived: from b by mx.isp.example for <root@isp.example>; Sat',
    ['root'],
    'received',
  ],
  ['by an address is no host', 'Received: by joe@x.example by mx.isp.example for <root@isp.example>; Sat', ['root'], 'received'],
  [
    'for without an address does not tell',
    'Received: from a by mx.isp.example for NELUG-announce; Sat\nTo: keith@isp.example',
    ['keith'],
    'addressees',
  ],
  ['a source route in for', 'Received: by mx.isp.example for <@hub.example:keith@isp.example>; Sat', ['keith'], 'received'],
  [
    'lines above the ISP are skipped',
    'Received: from a by relay.isp.example for <root@isp.example>; Sat\nReceived: from b by mx.isp.example for <keith@isp.example>; Sat',
    ['keith'],
    'received',
    { envelope_skip: 1 },
  ],
  ['Resent-To instead of To', 'To: eddy@isp.example\nResent-To: keith@isp.example', ['keith'], 'resent'],
  ['Resent-Cc too', 'To: eddy@isp.example\nResent-Cc: keith@isp.example\nResent-Bcc: root@isp.example', ['keith', 'root'], 'resent'],
  [
    'the envelope header comes first',
    'X-Envelope-To: keith@isp.example\nReceived: by mx.isp.example for <root@isp.example>; Sat\nTo: eddy@isp.example',
    ['keith'],
    'envelope',
    { envelope_header: 'X-Envelope-To' },
  ],
  [
    'several names in the envelope header',
    'X-Envelope-To: <keith@isp.example>, <root@isp.example>',
    ['keith', 'root'],
    'envelope',
    { envelope_header: 'X-Envelope-To' },
  ],
  [
    'the nth envelope header',
    'Delivered-To: eddy@isp.example\nDelivered-To: keith@isp.example',
    ['keith'],
    'envelope',
    { envelope_header: 'Delivered-To', envelope_skip: 1 },
  ],
  [
    'a qmail prefix is cut off',
    'Delivered-To: mbox-shofar-Keith@isp.example',
    ['keith'],
    'envelope',
    { envelope_header: 'delivered-to', strip_prefix: 'mbox-shofar-' },
  ],
  [
    'without its envelope header To, not Received',
    'Received: by mx.isp.example for <root@isp.example>; Sat\nTo: eddy@isp.example',
    ['eddy'],
    'addressees',
    { envelope_header: 'X-Envelope-To' },
  ],
  [
    'an envelope header for nobody is believed',
    'X-Envelope-To: nobody@isp.example\nTo: eddy@isp.example',
    ['postmaster'],
    'envelope',
    { envelope_header: 'X-Envelope-To' },
  ],
  ['a full address goes before its name', 'To: sales@isp.example', ['keith@shire.lan'], 'addressees'],
  [
    'an asterisk lets names pass in their letter case',
    'To: Somebody@isp.example',
    ['Somebody'],
    'addressees',
    { users: new Map([['*', '*']]) },
  ],
  [
    'local domains pass unchanged',
    'To: games@herring.shire.lan',
    ['games@herring.shire.lan'],
    'addressees',
    { localDomains: ['shire.lan'] },
  ],
  ['names of the map keep the spelling here', 'To: nelug-LIST@isp.example', ['NELUG-list'], 'addressees'],
]
for (const [fact, header, recipients, evidence, settings] of table) {
  test(fact, () => {
    const found = resolve(header, settings)
    assert.deepEqual(found.recipients.map(formatAddress), recipients)
    assert.equal(found.evidence, evidence)
    assert.equal(found.warning !== undefined, recipients[0] === 'postmaster')
  })
}

test('the warning says what fetchmail says, of one foreign address', () => {
  assert.equal(resolve('To: bob@far.example').warning, "X-Dialpost-Warning: recipient address bob@far.example didn't match any local name")
})

test('the warning says what fetchmail says, of several and of none', () => {
  const words = 'X-Dialpost-Warning: no recipient addresses matched declared local names'
  assert.equal(resolve('To: bob@far.example, ann@far.example').warning, words)
  assert.equal(resolve('To: nobody@isp.example').warning, words)
  assert.equal(resolve('').warning, words)
})

test('every address read has a reason', () => {
  const { reasons } = resolve('To: nelug@isp.example, bob@far.example, nobody@isp.example')
  assert.deepEqual(reasons, [
    'nelug@isp.example (from To, Cc or Bcc) is eddy here',
    'bob@far.example (from To, Cc or Bcc) is not for this box',
    'nobody@isp.example (from To, Cc or Bcc) is nobody here',
  ])
})

test('ten thousand recipients are read', () => {
  const header = `To: ${Array.from({ length: 10_000 }, (_, n) => `u${n}@far.example`).join(',\n ')}, keith@isp.example`
  assert.deepEqual(resolve(header).recipients.map(formatAddress), ['keith'])
})
