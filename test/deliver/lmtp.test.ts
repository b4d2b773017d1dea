/** The dialogue with an LMTP server, and what becomes of letters when it refuses, breaks off or says nothing. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { lmtp } from '../../src/deliver/lmtp.ts'
import type { Mailbox } from '../../src/deliver/mailbox.ts'
import { listening, mail, never, noted, temporaryDirectory } from './mboxes.ts'

/** What the server says to each line; a body is one line, `.`. An answer of undefined ends the connection, '' is silence. */
type Answers = (line: string, body: string) => string | undefined

const friendly: Answers = (line) => {
  if (line.startsWith('LHLO')) return '250-there\r\n250 PIPELINING\r\n'
  if (line === 'DATA') return '354 go on\r\n'
  return line === 'QUIT' ? undefined : '250 2.0.0 Ok\r\n'
}

test('each letter is a transaction, answered for itself', async (t) => {
  const { mailbox, said, bodies } = await made(t, (line, body) =>
    line === '.' && body.includes('letter 2') ? '452 4.2.2 over quota\r\n' : friendly(line, body),
  )
  const outcomes = await mailbox.append('eddy', [mail(1), mail(2), mail(3)], noted, never)
  assert.deepEqual(
    outcomes.map(({ kind, reply }) => `${kind} ${reply.code}`),
    ['accepted 250', 'deferred 452', 'accepted 250'],
  )
  assert.deepEqual(said().slice(0, 4), ['LHLO moriah', 'MAIL FROM:<keith@shire.lan>', 'RCPT TO:<eddy@shire.lan>', 'DATA'])
  assert.match(bodies()[0] ?? '', /^Received: .*\r\n\r\nletter 1\r\nFrom here\r\n>From there\r\nbye\r\n$/s)
})

test('a refused recipient is refused, and the next letter goes on', async (t) => {
  let first = true
  const { mailbox, said } = await made(t, (line, body) => {
    if (!line.startsWith('RCPT') || !first) return friendly(line, body)
    first = false
    return '550 5.1.1 no such user\r\n'
  })
  const outcomes = await mailbox.append('eddy', [mail(1), mail(2)], noted, never)
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['refused', 'accepted'],
  )
  assert.ok(said().includes('RSET'))
})

test('a letter whose last answer is missing may have arrived, the rest are just later', async (t) => {
  const { mailbox } = await made(t, (line, body) => (line === '.' ? undefined : friendly(line, body)))
  const outcomes = await mailbox.append('eddy', [mail(1), mail(2)], noted, never)
  assert.deepEqual(
    outcomes.map((outcome) => [outcome.kind, outcome.kind === 'deferred' && outcome.unsure === true]),
    [
      ['deferred', true],
      ['deferred', false],
    ],
  )
})

test('a server that refuses us, says nonsense, or nothing at all, or is not there, defers before any note', async (t) => {
  const nowhere = lmtp({
    server: { path: join(temporaryDirectory(t), 'none') },
    hostname: 'moriah',
    clock: systemClock,
    log: listening().log,
  })
  const others = [
    (await made(t, (line, body) => (line.startsWith('LHLO') ? '550 go away\r\n' : friendly(line, body)))).mailbox,
    (await made(t, () => 'what?\r\n')).mailbox,
    (await made(t, () => '')).mailbox,
    (await made(t, () => undefined)).mailbox,
  ]
  for (const mailbox of [nowhere, ...others]) {
    let notes = 0
    const [outcome] = await mailbox.append('eddy', [mail(1)], async () => void notes++, never)
    assert.deepEqual([outcome?.kind, notes], ['deferred', 0])
  }
})

test('waiting ends with the signal', async (t) => {
  const { mailbox } = await made(t, () => '', 60_000)
  const stop = new AbortController()
  const waiting = mailbox.append('eddy', [mail(1)], noted, stop.signal)
  stop.abort()
  assert.equal((await waiting)[0]?.kind, 'deferred')
})

test('lines that begin with a dot arrive as they were', async (t) => {
  const { mailbox, bodies } = await made(t, friendly)
  await mailbox.append('eddy', [mail(1, '.\r\n..\r\n.x\r\n')], noted, never)
  assert.match(bodies()[0] ?? '', /\r\n\r\n\.\r\n\.\.\r\n\.x\r\n$/)
})

test('after a crash the letter is sent again, and that is said', async (t) => {
  const { mailbox, names } = await made(t, friendly)
  assert.equal(await mailbox.settled('eddy', mail(1), 'lmtp', never), undefined)
  assert.deepEqual(names(), ['possible-duplicate'])
})

async function made(
  t: TestContext,
  answers: Answers,
  timeLimit = 300,
): Promise<{ mailbox: Mailbox; said: () => string[]; bodies: () => string[]; names: () => string[] }> {
  const lines: string[] = []
  const bodies: string[] = []
  const server = createServer((socket) => serve(socket, answers, lines, bodies))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { log, names } = listening()
  const mailbox = lmtp({
    server: { host: '127.0.0.1', port: portOf(server) },
    hostname: 'moriah',
    domain: 'shire.lan',
    clock: systemClock,
    log,
    timeLimit,
  })
  return { mailbox, said: () => lines, bodies: () => bodies, names }
}

function serve(socket: Socket, answers: Answers, lines: string[], bodies: string[]): void {
  let unread = ''
  let body: string[] | undefined
  const say = (answer: string | undefined) => (answer === undefined ? socket.destroy() : socket.write(answer))
  const hear = (line: string) => {
    if (body && line !== '.') {
      body.push(line.replace(/^\./, ''))
      return
    }
    const whole = body?.map((one) => `${one}\r\n`).join('') ?? ''
    if (body) bodies.push(whole)
    body = undefined
    lines.push(line)
    const answer = answers(line, whole)
    if (answer?.startsWith('354')) body = []
    say(answer)
  }
  socket.on('error', () => {})
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    unread += text
    const whole = unread.split('\r\n')
    unread = whole.pop() ?? ''
    for (const line of whole) hear(line)
  })
  say(answers('', '') === '' ? '' : '220 there LMTP\r\n')
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
