import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ParsedMail, simpleParser } from 'mailparser'
import type { Dsn } from '../../src/bounce/dsn.ts'
import { dsn } from '../../src/bounce/dsn.ts'
import { reply } from '../../src/mail/reply.ts'
import { address, failedDelivery, letter, letterOf } from '../fake/notice.ts'

const now = { wall: Date.UTC(2000, 5, 4, 8, 0, 0), known: true }

function make(changes: Partial<Dsn> = {}) {
  return dsn({
    kind: 'failure',
    hostname: 'moriah.shire.lan',
    to: address('games@moriah'),
    messageId: '<500.1@moriah.shire.lan>',
    message: letterOf(),
    deliveries: [failedDelivery()],
    now,
    returned: { kind: 'full', octets: Buffer.from(letter) },
    ...changes,
  })
}

const parse = (changes: Partial<Dsn> = {}): Promise<ParsedMail> =>
  simpleParser(Buffer.from(make(changes).octets), { keepDeliveryStatus: true })

/** The parts as a MIME reader finds them: type and octets. */
async function parts(changes: Partial<Dsn> = {}): Promise<ReadonlyMap<string, string>> {
  const { attachments } = await parse(changes)
  return new Map(attachments.map(({ contentType, content }) => [contentType, content.toString('latin1')]))
}

async function status(changes: Partial<Dsn> = {}): Promise<readonly (readonly string[])[]> {
  const text = (await parts(changes)).get('message/delivery-status') ?? assert.fail('no status')
  return text
    .trimEnd()
    .split('\r\n\r\n')
    .map((block) => block.replace(/\r\n[ \t]+/g, ' ').split('\r\n'))
}

test('a mail reader sees who wrote to whom about what', async () => {
  const mail = await parse()
  assert.equal(mail.from?.value[0]?.address, 'MAILER-DAEMON@moriah.shire.lan')
  assert.equal(mail.subject, 'Not delivered: Hello')
  assert.equal(mail.messageId, '<500.1@moriah.shire.lan>')
  assert.equal(mail.inReplyTo, '<1@moriah>')
  assert.equal(mail.date?.getTime(), now.wall)
  assert.equal(mail.headers.get('auto-submitted'), 'auto-replied')
  const type = mail.headers.get('content-type') as unknown as { value: string; params: Record<string, string> }
  assert.equal(type.value, 'multipart/report')
  assert.equal(type.params['report-type'], 'delivery-status')
})

test('people read what happened and what they can do', async () => {
  const { text } = await parse()
  assert.match(text ?? '', /Your letter "Hello" could not be delivered to:/)
  assert.match(text ?? '', /bob@far\.example\n {4}mail\.isp\.example \[192\.0\.2\.1\] said: 550 5\.1\.1 No such user/)
  assert.match(text ?? '', /There is no such mailbox/)
  assert.match(text ?? '', /It will not be tried again/)
})

test('programs read the status of a failure', async () => {
  const [[reporting, arrival] = [], recipient] = await status()
  assert.equal(reporting, 'Reporting-MTA: dns; moriah.shire.lan')
  assert.equal(Date.parse(arrival?.replace('Arrival-Date: ', '') ?? ''), letterOf().kept.wall)
  assert.deepEqual(recipient, [
    'Final-Recipient: rfc822; bob@far.example',
    'Action: failed',
    'Status: 5.1.1',
    'Remote-MTA: dns; mail.isp.example',
    'Diagnostic-Code: smtp; 550 5.1.1 No such user',
  ])
})

test('each recipient has a block of its own, as the sender named it', async () => {
  const deliveries = [
    failedDelivery({ orcpt: 'rfc822;Robert@far.example' }),
    failedDelivery({ recipient: address('ann@far.example'), outcome: { kind: 'refused', reply: { code: 554, text: 'Refused' } } }),
  ]
  const [, first, second] = await status({ deliveries })
  assert.equal(first?.[0], 'Original-Recipient: rfc822; Robert@far.example')
  assert.deepEqual(second, [
    'Final-Recipient: rfc822; ann@far.example',
    'Action: failed',
    'Status: 5.0.0',
    'Diagnostic-Code: smtp; 554 Refused',
  ])
})

test('the envelope id comes back', async () => {
  const message = letterOf({ parameters: { envid: 'QQ314159' } })
  assert.equal((await status({ message }))[0]?.[0], 'Original-Envelope-Id: QQ314159')
})

const late = failedDelivery({
  spent: 4 * 3600,
  left: 4 * 86_400,
  outcome: { kind: 'deferred', reply: reply(451, '4.4.1', 'Connection refused') },
})

test('a warning says that it is still being tried, and for how long at least', async () => {
  const { text, subject } = await parse({ kind: 'delay', deliveries: [late] })
  assert.equal(subject, 'Not delivered yet: Hello')
  assert.match(
    text ?? '',
    /still being tried, after 4 hours with a line\. You need not do anything\. It is given up after another 4 days of line\./,
  )
  const [, fields] = await status({ kind: 'delay', deliveries: [late] })
  assert.equal(fields?.[1], 'Action: delayed')
  assert.equal(Date.parse(fields?.at(-1)?.replace('Will-Retry-Until: ', '') ?? ''), now.wall + 4 * 86_400_000)
})

test('a box that does not know the time makes no promise in dates', async () => {
  const blocks = await status({
    kind: 'delay',
    deliveries: [late],
    now: { wall: 0, known: false },
    message: letterOf({ kept: { wall: 0, known: false } }),
  })
  assert.doesNotMatch(blocks.flat().join('\n'), /Arrival-Date|Will-Retry-Until/)
})

test('a success tells where it ended', async () => {
  const delivered = failedDelivery({
    to: { courier: 'mailbox', user: 'keith' },
    outcome: { kind: 'accepted', reply: reply(250, '2.0.0', 'Ok') },
  })
  const [, fields] = await status({ kind: 'success', deliveries: [delivered] })
  assert.deepEqual(fields?.slice(1), ['Action: delivered', 'Status: 2.0.0'])
  const [, relayed] = await status({
    kind: 'success',
    deliveries: [failedDelivery({ outcome: { kind: 'accepted', reply: reply(250, '2.0.0', 'Ok') } })],
  })
  assert.equal(relayed?.[1], 'Action: relayed')
})

test('the whole letter comes back octet for octet', async () => {
  const octets = Buffer.from(`${letter}caf\xe9 \xff\r\n\r\n--=_500.1moriah.shire.lan_0\r\nno final line end`, 'latin1')
  const { attachments } = await parse({ returned: { kind: 'full', octets } })
  assert.deepEqual(attachments.find(({ contentType }) => contentType === 'message/rfc822')?.content, octets)
})

test('so does the header alone', async () => {
  const octets = Buffer.from('Subject: caf\xc3\xa9\r\n\r\n', 'latin1')
  assert.deepEqual(
    await parts({ returned: { kind: 'header', octets } }).then((all) => all.get('text/rfc822-headers')),
    octets.toString('latin1'),
  )
})

test('eight-bit octets are announced in the parts, the header and the envelope', () => {
  const { octets, parameters } = make({ returned: { kind: 'full', octets: Buffer.from('A: \xe9\r\n\r\n', 'latin1') } })
  const text = Buffer.from(octets).toString('latin1')
  assert.equal(parameters.body, '8bitmime')
  assert.match(text.slice(0, text.indexOf('\r\n\r\n')), /Content-Transfer-Encoding: 8bit/)
  assert.match(text, /Content-Type: message\/rfc822\r\nContent-Transfer-Encoding: 8bit/)
  assert.match(text, /Content-Type: message\/delivery-status\r\nContent-Transfer-Encoding: 7bit/)
  assert.deepEqual(make().parameters, {})
})

test('a letter in UTF-8 throughout comes back as one (RFC 6533)', async () => {
  const changes = {
    to: address('jürgen@moriah'),
    message: letterOf({ parameters: { smtputf8: true as const }, subject: 'Grüße' }),
    deliveries: [failedDelivery({ recipient: address('jörg@far.example') })],
  }
  const { parameters, subject } = make(changes)
  assert.deepEqual(parameters, { body: '8bitmime', smtputf8: true })
  assert.equal(subject, 'Not delivered')
  assert.equal((await status(changes))[1]?.[0], 'Final-Recipient: utf-8; j\\x{F6}rg@far.example')
  assert.ok((await parts(changes)).has('message/global'))
  assert.match((await parse(changes)).text ?? '', /jörg@far\.example/)
})

test('what came from outside cannot forge a field or a line', async () => {
  const evil = 'x\r\nAction: delivered\r\n\r\nFinal-Recipient: rfc822; evil'
  const blocks = await status({
    message: letterOf({ parameters: { envid: evil }, subject: 'a\r\nBcc: evil@x', messageId: '<1@x>\r\nBcc: evil@x' }),
    deliveries: [failedDelivery({ orcpt: `rfc822;${evil}`, outcome: { kind: 'refused', reply: { code: 550, text: evil }, where: 'h' } })],
  })
  assert.equal(blocks.length, 2)
  assert.equal(blocks[1]?.filter((line) => line.startsWith('Action:')).join(), 'Action: failed')
  const mail = await parse({ message: letterOf({ subject: 'a\r\nBcc: evil@x', messageId: '<1@x>\r\nBcc: evil@x' }) })
  assert.equal(mail.bcc, undefined)
})

test('an original recipient of no shape is passed on as unknown', async () => {
  assert.equal((await status({ deliveries: [failedDelivery({ orcpt: 'nonsense' })] }))[1]?.[0], 'Original-Recipient: unknown; nonsense')
})

test('no line of ours is longer than 998 octets, however much a server says', () => {
  const outcome = { kind: 'refused', reply: { code: 550, text: `${'word '.repeat(200)}${'x'.repeat(5000)}` } } as const
  const status = Buffer.from(make({ deliveries: [failedDelivery({ outcome })] }).octets).toString()
  for (const line of status.split('\r\n')) assert.ok(line.length <= 998, String(line.length))
})

test('postmaster reads why the letter comes to postmaster', async () => {
  const { text } = await parse({ instead: 'its sender <x@moriah> cannot be told (550 5.1.1 User unknown).' })
  assert.match(text ?? '', /You get this as postmaster: its sender <x@moriah> cannot be told/)
  assert.match(text ?? '', /A letter "Hello" could not be delivered to:/)
})

const advised: readonly (readonly [string, RegExp | undefined])[] = [
  ['5.1.1', /no such mailbox/],
  ['5.1.2', /no such domain/],
  ['5.1.3', /Check the address/],
  ['5.2.2', /mailbox is full/],
  ['5.3.4', /too large for that system/],
  ['5.4.7', /time for trying is over/],
  ['5.7.1', /A rule of the other side/],
  ['5.0.0', undefined],
]
for (const [enhanced, expected] of advised) {
  test(`what to do about ${enhanced}`, async () => {
    const { text = '' } = await parse({ deliveries: [failedDelivery({ outcome: { kind: 'refused', reply: reply(550, enhanced, 'No') } })] })
    if (expected) assert.match(text, expected)
    else assert.match(text, /550 5\.0\.0 No\n\nIt will not/)
  })
}
