import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPath, parseAddress } from '../../src/mail/address.ts'
import { headerLimit } from '../../src/mail/header.ts'
import type { MasqueradeSettings } from '../../src/send/masquerade.ts'
import { masquerade } from '../../src/send/masquerade.ts'

/** The talk's hub: allmasquerade, masquerade_entire_domain, masquerade_envelope, and a genericstable. */
const hub: MasqueradeSettings = {
  hostname: 'moriah.shire.lan',
  localDomains: ['moriah'],
  masquerade: {
    as: 'Shofar.isp.example',
    domains: ['shire.lan'],
    subdomains: true,
    recipients: true,
    envelope: true,
    users: new Map([
      ['eddy', 'eddy.younger@isp.example'],
      ['keith@herring.shire.lan', 'keith.h@isp.example'],
    ]),
  },
}

const make = (changes: Partial<MasqueradeSettings['masquerade']> = {}) =>
  masquerade({ ...hub, masquerade: { ...hub.masquerade, ...changes } })
const shown = (header: string, changes: Partial<MasqueradeSettings['masquerade']> = {}) =>
  Buffer.from(make(changes).header(Buffer.from(header))).toString()

const table: readonly (readonly [string, string, string])[] = [
  ['a plain user', 'From: games@shire.lan', 'From: games@shofar.isp.example'],
  ['a user of the table', 'From: eddy@shire.lan', 'From: eddy.younger@isp.example'],
  ['letter case', 'From: EDDY@Shire.LAN', 'From: eddy.younger@isp.example'],
  ['a name without a domain', 'From: games', 'From: games@shofar.isp.example'],
  ['a local domain that is not masqueraded by name', 'From: games@moriah', 'From: games@shofar.isp.example'],
  ['a host of the LAN', 'From: games@herring.shire.lan', 'From: games@shofar.isp.example'],
  ['a full address of the table', 'From: keith@herring.shire.lan', 'From: keith.h@isp.example'],
  ['the same name on another host', 'From: keith@salmon.shire.lan', 'From: keith@shofar.isp.example'],
  ['a detail is kept', 'From: games+x@shire.lan', 'From: games+x@shofar.isp.example'],
  ['a detail behind a user of the table is not', 'From: eddy+x@shire.lan', 'From: eddy.younger@isp.example'],
  ['others', 'From: bob@far.example', 'From: bob@far.example'],
  ['a domain that merely ends alike', 'From: eddy@myshire.lan', 'From: eddy@myshire.lan'],
  [
    'names, comments and quotes stay',
    'From: "Eddy @ home" (x) <eddy@shire.lan> (eddy@shire.lan)',
    'From: "Eddy @ home" (x) <eddy.younger@isp.example> (eddy@shire.lan)',
  ],
  [
    'recipients',
    'To: bob@far.example,\r\n\tNELUG-announce@moriah,  keith',
    'To: bob@far.example,\r\n\tNELUG-announce@shofar.isp.example,  keith@shofar.isp.example',
  ],
  ['members of a group', 'Cc: all: eddy@moriah, bob@far.example;', 'Cc: all: eddy.younger@isp.example, bob@far.example;'],
  ['a local part that needs quotes', 'From: "two words"@moriah', 'From: "two words"@shofar.isp.example'],
  ['obsolete blanks', 'From: games @ moriah', 'From: games@shofar.isp.example'],
  [
    'encoded words',
    'From: =?utf-8?q?Eddy_=3Ceddy=40moriah=3E?= <eddy@moriah>',
    'From: =?utf-8?q?Eddy_=3Ceddy=40moriah=3E?= <eddy.younger@isp.example>',
  ],
  [
    'other fields',
    'Subject: eddy@moriah\r\nMessage-ID: <1@moriah>\r\nReceived: by moriah for <eddy@moriah>',
    'Subject: eddy@moriah\r\nMessage-ID: <1@moriah>\r\nReceived: by moriah for <eddy@moriah>',
  ],
]
for (const [fact, header, expected] of table) {
  test(`header: ${fact}`, () => assert.equal(shown(`X: 1\r\n${header}\r\nY: 2\r\n\r\n`), `X: 1\r\n${expected}\r\nY: 2\r\n\r\n`))
}

for (const name of [
  'Sender',
  'Reply-To',
  'Resent-From',
  'Resent-Sender',
  'Resent-Reply-To',
  'Errors-To',
  'Return-Path',
  'Return-Receipt-To',
  'Disposition-Notification-To',
]) {
  test(`${name} is a sender`, () =>
    assert.equal(shown(`${name}: <games@moriah>\r\n`, { recipients: false }), `${name}: <games@shofar.isp.example>\r\n`))
}

for (const name of ['To', 'Cc', 'Bcc', 'Resent-To', 'Resent-Cc', 'Resent-Bcc', 'Apparently-To']) {
  test(`${name} is changed only if recipients are`, () => {
    assert.equal(shown(`${name}: games@moriah\r\n`), `${name}: games@shofar.isp.example\r\n`)
    assert.equal(shown(`${name}: games@moriah\r\n`, { recipients: false }), `${name}: games@moriah\r\n`)
  })
}

test('hosts below a domain are left alone unless subdomains are wanted', () => {
  assert.equal(shown('From: games@herring.shire.lan\r\n', { subdomains: false }), 'From: games@herring.shire.lan\r\n')
  assert.equal(shown('From: games@shire.lan\r\n', { subdomains: false }), 'From: games@shofar.isp.example\r\n')
})

test('broken headers pass, line ends and all', () => {
  const broken = 'no field\nFrom: <games@moriah\nTo:\n\x00\xff: x\r\n : y\r\r\n\n'
  const octets = Buffer.from(broken, 'latin1')
  assert.deepEqual(Buffer.from(make().header(octets)), Buffer.from(broken.replace('games@moriah', 'games@shofar.isp.example'), 'latin1'))
})

test('a header that is too long passes untouched', () => {
  const octets = Buffer.from(`From: games@moriah\r\nX: ${'x'.repeat(headerLimit)}\r\n\r\n`)
  assert.equal(make().header(octets), octets)
})

test('a header in which nothing changes is the very same octets', () => {
  const octets = Buffer.from('From: bob@far.example\r\n\r\n')
  assert.equal(make().header(octets), octets)
})

test('envelopes are masked as their settings say', () => {
  const games = parseAddress('games@moriah') ?? assert.fail()
  const all = make()
  const none = make({ envelope: false, recipients: false })
  assert.equal(formatPath(all.path(games)), '<games@shofar.isp.example>')
  assert.equal(formatPath(none.path(games)), '<games@moriah>')
  assert.equal(all.path(null), null)
  assert.equal(formatPath(all.recipient(games)), '<games@shofar.isp.example>')
  assert.equal(formatPath(none.recipient(games)), '<games@moriah>')
})

const back: readonly (readonly [string, string | undefined])[] = [
  ['eddy.younger@isp.example', 'eddy@moriah.shire.lan'],
  ['Eddy.Younger@ISP.example', 'eddy@moriah.shire.lan'],
  ['keith.h@isp.example', 'keith@herring.shire.lan'],
  ['games@shofar.isp.example', 'games@moriah.shire.lan'],
  ['somebody@isp.example', undefined],
  ['eddy@moriah', undefined],
]
for (const [address, expected] of back) {
  test(`${address} is ${expected ?? 'nobody'} inside`, () => {
    const user = make().unmask(parseAddress(address) ?? assert.fail())
    assert.equal(user && formatPath(user), expected && `<${expected}>`)
  })
}
