import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, formatPath } from '../../src/mail/address.ts'
import { parseHeader } from '../../src/mail/header.ts'
import type { Asked } from '../../src/sendmail/arguments.ts'
import { envelopeOf, headerOf } from '../../src/sendmail/submission.ts'

const header = (...lines: readonly string[]) => parseHeader(Buffer.from(lines.map((line) => `${line}\r\n`).join('')))

function envelope(asked: Partial<Asked>, ...lines: readonly string[]) {
  const made = envelopeOf({ recipients: [], recipientsInHeader: true, dotIsData: true, parameters: {}, ...asked }, header(...lines), 'eddy')
  if ('wrong' in made) return made.wrong
  return { from: formatPath(made.envelope.from), to: made.envelope.recipients.map(({ address }) => formatAddress(address)).join(' ') }
}

const recipients: readonly (readonly [string, Partial<Asked>, readonly string[], string])[] = [
  ['To, Cc and Bcc', {}, ['To: a, "B, C" <b@x>', 'Cc: friends: c@x, d@x;', 'Bcc: e@x', 'Reply-To: f@x'], 'a b@x c@x d@x e@x'],
  ['folded fields and repeated ones', {}, ['To: a@x,', ' b@x', 'To: c@x'], 'a@x b@x c@x'],
  ['nobody twice', { recipients: ['A@X'] }, ['To: a@x, b@x', 'Cc: B@x'], 'A@x b@x'],
  ['the command line and the header', { recipients: ['c@x, Dee <d@x>'] }, ['To: a@x'], 'c@x d@x a@x'],
  ['without -t the command line alone', { recipients: ['c'], recipientsInHeader: false }, ['To: a@x'], 'c'],
  [
    'the newest Resent- fields alone',
    {},
    ['Resent-From: me@x', 'Resent-To: new@x', 'Resent-Bcc: dark@x', 'Received: by x', 'Resent-To: old@x', 'To: a@x', 'Bcc: b@x'],
    'new@x dark@x',
  ],
  [
    'of two Resent- blocks in a row the first',
    {},
    ['Resent-From: b@x', 'Resent-To: new@x', 'Resent-From: a@x', 'Resent-To: old@x', 'To: a@x'],
    'new@x',
  ],
]

for (const [name, asked, lines, to] of recipients) {
  test(`recipients are ${name}`, () => assert.deepEqual(envelope(asked, ...lines), { from: '<eddy>', to }))
}

test('the sender is who asks, or -f, or nobody', () => {
  const from = (sender: string) => (envelope({ sender, recipients: ['a'] }) as { from: string }).from
  assert.deepEqual(['keith@shire.lan', 'Keith <k@x>', '<k@x>', '<>', ''].map(from), ['<keith@shire.lan>', '<k@x>', '<k@x>', '<>', '<>'])
})

test('what is no address is said', () => {
  assert.equal(envelope({ recipients: ['@@'] }), '@@... Invalid recipient address')
  assert.equal(envelope({ recipients: ['a'], sender: '@' }), '@... Invalid sender address')
  assert.equal(envelope({}, 'Subject: to nobody', 'To: undisclosed-recipients:;'), 'No recipient addresses found in header')
})

test('no line end of an argument reaches the wire', () => {
  const made = envelope({ recipients: ['a@x>\r\nRCPT TO:<b@y'], sender: 'c@x>\r\nDATA' })
  assert.doesNotMatch(JSON.stringify(made), /\\r|\\n/)
})

test('wishes for notices, body and UTF-8 are in the envelope', () => {
  const asked: Asked = {
    recipients: ['zoë@x.example'],
    recipientsInHeader: false,
    dotIsData: true,
    parameters: { ret: 'hdrs', envid: '7' },
    notify: ['never'],
  }
  assert.deepEqual(envelopeOf(asked, [], 'eddy'), {
    envelope: {
      from: { local: 'eddy', domain: '' },
      recipients: [{ address: { local: 'zoë', domain: 'x.example' }, notify: ['never'] }],
      parameters: { ret: 'hdrs', envid: '7', smtputf8: true },
    },
  })
})

const rewritten = (fullName: string | undefined, ...lines: readonly string[]) =>
  Buffer.from(headerOf(header(...lines), { fullName, from: { local: 'eddy', domain: '' }, hostname: 'moriah.shire.lan' })).toString()

test('Bcc and Resent-Bcc never leave, all else stays as it is', () => {
  assert.equal(rewritten(undefined, 'To: a', 'Bcc: b,', ' c', 'resent-bcc: d', 'X-Odd:  as  is '), 'To: a\r\nX-Odd:  as  is \r\n\r\n')
})

const names: readonly (readonly [string, string])[] = [
  ['CronDaemon', 'CronDaemon'],
  ['Eddy Younger', 'Eddy Younger'],
  ['Eddy "E." Younger', '"Eddy \\"E.\\" Younger"'],
  ['Eddy\r\nBcc: x@y', '"Eddy Bcc: x@y"'],
  ['Zoë', '=?UTF-8?B?Wm/Dqw==?='],
]

for (const [name, written] of names) {
  test(`the full name ${JSON.stringify(name)} is written into a From that was missing`, () => {
    assert.equal(rewritten(name, 'To: a'), `From: ${written} <eddy@moriah.shire.lan>\r\nTo: a\r\n\r\n`)
  })
}

test('a From that is there stays alone', () => {
  assert.equal(rewritten('Eddy', 'From: keith'), 'From: keith\r\n\r\n')
})
