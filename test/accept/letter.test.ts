import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arrival, House } from '../../src/accept/letter.ts'
import { ClientGone, openIntake, takeLetter } from '../../src/accept/letter.ts'
import { formatReply } from '../../src/mail/reply.ts'
import { SpoolFull } from '../../src/queue/intake.ts'
import { fakeClock } from '../fake/clock.ts'
import { fakeIntakes } from '../fake/intake.ts'
import { recorded } from './door.ts'

const eddy = { local: 'eddy', domain: 'shire.lan' }
const keith = { local: 'keith', domain: 'far.example' }

test('a letter from a user of this box is taken by the same path', async () => {
  const { reply, intakes, lines } = await taken(['Subject: from cron\n', '\nhello\n'])
  assert.equal(formatReply(reply), '250 2.0.0 4F1 Message accepted for delivery')
  const [letter] = intakes.kept
  assert.ok(letter)
  const [received, by, recipient, ...rest] = letter.content.toString().split('\r\n')
  assert.deepEqual([received, by], ['Received: (from eddy@localhost)', '\tby moriah.shire.lan id 4F1'])
  assert.match(recipient ?? '', /^\tfor keith@far\.example; /)
  assert.equal(rest[0], 'Subject: from cron')
  assert.deepEqual(rest.slice(-3), ['', 'hello', ''])
  assert.deepEqual(letter.draft.origin, { door: 'accept', client: 'eddy@localhost' })
  assert.equal(letter.draft.subject, 'from cron')
  assert.match(letter.draft.messageId ?? '', /^<4F1\..+@moriah\.shire\.lan>$/)
  const from = lines.find(({ event }) => event === 'from')
  assert.match(
    from?.text ?? '',
    new RegExp(`^4F1: from=eddy@shire.lan, size=${letter.content.length}, class=0, nrcpts=1, msgid=<.*>, relay=eddy@localhost$`),
  )
})

test('the promise changes hands in one order', async () => {
  const { lines } = await taken(['Subject: x\r\n\r\n'])
  assert.deepEqual(
    lines.filter(({ level }) => level === 'debug').map(({ event }) => event),
    ['data-begun', 'data-ended', 'accepted-250'],
  )
})

test('a box that does not know the time says so in Received, and makes up no Date', async () => {
  const { intakes } = await taken(['Subject: x\r\n\r\n'], { clockKnown: () => false })
  const content = intakes.kept[0]?.content.toString() ?? ''
  assert.match(content, /; .* \(clock not set\)\r\nSubject: x\r\nFrom: /)
  assert.doesNotMatch(content, /^Date:/m)
})

test('copies that would reach one mailbox twice are one', async () => {
  const copy = { from: eddy, recipient: keith, to: { courier: 'smarthost' } } as const
  const { intakes } = await taken(['\r\n'], {}, { copies: [copy, { ...copy, recipient: { local: 'KEITH', domain: 'far.example' } }] })
  assert.equal(intakes.kept[0]?.draft.copies.length, 1)
})

for (const [call, nth] of [
  ['write', 1],
  ['write', 3],
  ['keep', 1],
] as const) {
  test(`flash that is full at ${call} ${nth} puts the letter off and leaves nothing`, async () => {
    const intakes = fakeIntakes()
    intakes.failAt(call, nth, new SpoolFull('98 %'))
    const { reply } = await taken(['Subject: x\r\n\r\n', 'one\r\n', 'two\r\n'], {}, {}, intakes)
    assert.equal(formatReply(reply), '452 4.3.1 Insufficient system storage, try again later')
    assert.deepEqual([intakes.kept.length, intakes.discarded], [0, ['4F1']])
  })
}

test('what nobody foresaw puts it off, too, with its cause in the log', async () => {
  const intakes = fakeIntakes()
  intakes.failAt('keep', 1, new Error('database disk image is malformed'))
  const { reply, lines } = await taken(['\r\n'], {}, {}, intakes)
  assert.equal(formatReply(reply), '451 4.3.0 Local error, try again later')
  assert.match(lines.find(({ level }) => level === 'error')?.text ?? '', /database disk image is malformed/)
})

test('a letter that breaks off is discarded', async () => {
  const { reply, intakes } = await taken(['Subject: x\r\n\r\n', new ClientGone()])
  assert.equal(reply.code, 451)
  assert.deepEqual([intakes.kept.length, intakes.discarded], [0, ['4F1']])
})

test('a letter that is too big is not read to its end', async () => {
  const { reply, intakes } = await taken(['Subject: x\r\n\r\n', 'x'.repeat(2000), new Error('must not be read')], { maxMessage: 1000 })
  assert.equal(formatReply(reply), '552 5.3.4 Letter is larger than 1000 octets')
  assert.deepEqual([intakes.kept.length, intakes.discarded], [0, ['4F1']])
})

test('a body without header may be larger than any header', async () => {
  const { reply, intakes } = await taken(Array.from({ length: 400 }, () => `${'no field here '.repeat(73)}\r\n`))
  assert.equal(reply.code, 250)
  const content = intakes.kept[0]?.content.toString() ?? ''
  assert.equal(content.slice(content.indexOf('\r\n\r\n') + 4), `${'no field here '.repeat(73)}\r\n`.repeat(400))
})

test('an intake that cannot be opened is an answer', async () => {
  const { log } = recorded()
  const answer = await openIntake(() => Promise.reject(new SpoolFull('98 %')), log)
  assert.ok('code' in answer)
  assert.equal(answer.code, 452)
})

async function taken(
  content: readonly (string | Error)[],
  house: Partial<House> = {},
  arrival: Partial<Arrival> = {},
  intakes = fakeIntakes(),
) {
  const { log, lines } = recorded()
  async function* pieces() {
    for (const piece of content) {
      if (piece instanceof Error) throw piece
      yield Buffer.from(piece)
    }
  }
  const reply = await takeLetter(
    {
      envelope: { from: eddy, recipients: [{ address: keith }], parameters: {} },
      copies: [{ from: eddy, recipient: keith, to: { courier: 'smarthost' } }],
      client: { kind: 'user', user: 'eddy' },
      submitted: true,
      content: pieces(),
      intake: intakes.open(),
      ...arrival,
    },
    {
      hostname: 'moriah.shire.lan',
      maxMessage: 10_000_000,
      receivedLimit: 25,
      clock: fakeClock(),
      clockKnown: () => true,
      log,
      ...house,
    },
  )
  return { reply, intakes, lines }
}
