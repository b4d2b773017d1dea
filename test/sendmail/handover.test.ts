import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/mail/address.ts'
import { type Reply, reply } from '../../src/mail/reply.ts'
import { exitOf } from '../../src/sendmail/exits.ts'
import { type Connection, handOver, refusalWords } from '../../src/sendmail/handover.ts'

const ok = reply(250, '2.0.0', 'Ok')
const hello: Reply = { code: 250, text: 'moriah\nSIZE 1000\nDSN\n8BITMIME' }
const unknown = reply(550, '5.1.1', '<nosuch>... User unknown')

/** Answers by what each line begins with; the connection dies where the answer is none. */
function daemon(answers: Readonly<Record<string, Reply | undefined>>): Connection & { readonly heard: string[]; closed: boolean } {
  const all: Readonly<Record<string, Reply | undefined>> = {
    EHLO: hello,
    MAIL: ok,
    RCPT: ok,
    DATA: { code: 354, text: 'Go' },
    '.': reply(250, '2.0.0', '4F2 Message accepted'),
    ...answers,
  }
  const waiting: (Reply | undefined)[] = ['' in all ? all[''] : { code: 220, text: 'moriah' }]
  let letter = false
  return {
    heard: [],
    closed: false,
    async answer() {
      const next = waiting.shift()
      if (!next) throw new Error('the daemon hung up')
      return next
    },
    async send(octets) {
      const text = Buffer.from(octets).toString()
      this.heard.push(text)
      if (letter && text !== '.\r\n') return
      const key = Object.keys(all).find((start) => start !== '' && text.startsWith(start))
      letter = key === 'DATA'
      waiting.push(all[text.startsWith('RCPT TO:<nosuch>') && 'nosuch' in all ? 'nosuch' : (key ?? '')])
    },
    close() {
      this.closed = true
    },
  }
}

async function* octets(...pieces: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece
    yield Buffer.from(piece)
  }
}

function hand(connection: Connection, to: readonly string[], content = octets('Subject: x\r\n\r\n', '.dot\r\n')) {
  const recipients = to.map((one) => ({ address: parseAddress(one) ?? { local: one, domain: '' }, notify: ['never'] as const }))
  return handOver(connection, { envelope: { from: null, recipients, parameters: { envid: 'a b' } }, content, size: 20 })
}

test('a letter is handed over with what the daemon understands', async () => {
  const connection = daemon({})
  const handed = await hand(connection, ['eddy', 'linda@far.example'])
  assert.deepEqual(handed, { taken: reply(250, '2.0.0', '4F2 Message accepted'), refusals: [] })
  assert.deepEqual(connection.heard, [
    'EHLO localhost\r\n',
    'MAIL FROM:<> ENVID=a+20b\r\n',
    'RCPT TO:<eddy> NOTIFY=NEVER\r\n',
    'RCPT TO:<linda@far.example> NOTIFY=NEVER\r\n',
    'DATA\r\n',
    'Subject: x\r\n\r\n',
    '..dot\r\n',
    '.\r\n',
    'QUIT\r\n',
  ])
  assert.ok(connection.closed)
})

test('a refused recipient costs the others nothing', async () => {
  const handed = await hand(daemon({ nosuch: unknown }), ['nosuch', 'eddy'])
  assert.equal(handed.taken?.code, 250)
  assert.deepEqual(handed.refusals.map(refusalWords), ['nosuch... User unknown'])
})

test('where all are refused no letter is sent', async () => {
  const connection = daemon({ nosuch: unknown })
  const handed = await hand(connection, ['nosuch'])
  assert.equal(handed.taken, undefined)
  assert.ok(!connection.heard.includes('DATA\r\n'))
})

test('a recipient who cannot be judged now stops everything', async () => {
  const connection = daemon({ nosuch: reply(451, '4.3.0', 'Try again later') })
  const handed = await hand(connection, ['eddy', 'nosuch', 'keith'])
  assert.deepEqual(handed.refusals.map(refusalWords), ['nosuch... Deferred: Try again later'])
  assert.ok(!connection.heard.includes('DATA\r\n'))
})

const refusing: readonly (readonly [string, Reply])[] = [
  ['', reply(421, '4.3.2', 'Too busy')],
  ['EHLO', reply(550, '5.7.1', 'No')],
  ['MAIL', reply(552, '5.3.4', 'Too big')],
  ['DATA', reply(452, '4.3.1', 'Full')],
  ['.', reply(554, '5.4.6', 'Too many hops')],
]

for (const [at, answer] of refusing) {
  test(`a refusal at ${at === '' ? 'the greeting' : at} is the letter's`, async () => {
    assert.deepEqual(await hand(daemon({ [at]: answer }), ['eddy']), { refusals: [{ reply: answer }] })
  })
}

test('a letter that breaks off is never ended by a dot', async () => {
  const connection = daemon({})
  const handed = await hand(connection, ['eddy'], octets('Subject: x\r\n\r\n', new Error('interrupted')))
  assert.deepEqual(handed, { refusals: [], broken: { text: 'interrupted', unsure: false } })
  assert.ok(connection.heard.every((line) => line !== '.\r\n' && line !== 'QUIT\r\n'))
  assert.ok(connection.closed)
})

test('a daemon that dies before the dot has nothing, one that dies behind it may have it', async () => {
  assert.deepEqual((await hand(daemon({ MAIL: undefined }), ['eddy'])).broken, { text: 'the daemon hung up', unsure: false })
  assert.deepEqual((await hand(daemon({ '.': undefined }), ['eddy'])).broken, { text: 'the daemon hung up', unsure: true })
})

const exits: readonly (readonly [Reply, number])[] = [
  [ok, 0],
  [reply(451, '4.3.0', ''), 75],
  [unknown, 67],
  [reply(550, '5.1.2', ''), 68],
  [reply(501, '5.1.3', ''), 65],
  [reply(553, '5.6.7', ''), 65],
  [reply(550, '5.7.1', ''), 69],
  [reply(552, '5.3.4', ''), 69],
  [{ code: 554, text: '' }, 69],
]

for (const [answer, code] of exits) {
  test(`after ${answer.code} ${answer.enhanced ?? ''} the exit code is ${code}`, () => assert.equal(exitOf(answer), code))
}
