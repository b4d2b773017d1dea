/** Whatever a server answers, in whatever pieces, and wherever the line dies: every recipient has one outcome, and it is the true one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from '../../src/clock.ts'
import { events } from '../../src/log/events.ts'
import { smarthost } from '../../src/send/smarthost.ts'
import { fakeClock } from '../fake/clock.ts'
import { type FakeLetter, type FakeLoad, fakeLetter, fakeLoad } from '../fake/load.ts'
import { type Mood, type SmtpServer, smtpServer } from '../fake/smtp-server.ts'
import { fakeConnect } from '../fake/wire.ts'

const mood = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Mood>('good') },
  { weight: 4, arbitrary: fc.constantFrom<Mood>('later', 'never') },
  { weight: 1, arbitrary: fc.constantFrom<Mood>('enough', 'hang up', 'hang up after') },
)

const content = fc
  .array(fc.constantFrom('.', '..', '.\r\n', '\r\n', '\n', '\r', 'From x', 'Subject: a\r\n', '\r\n.\r\n', 'x'.repeat(9000)), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))

const letters = fc
  .array(fc.record({ recipients: fc.integer({ min: 1, max: 4 }), content, piece: fc.integer({ min: 1, max: 20_000 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((list) =>
    list.map(
      ({ recipients, content, piece }, at): FakeLetter => ({
        id: String(at),
        from: `s${at}@shire.lan`,
        to: Array.from({ length: recipients }, (_, place) => `r${at}-${place}@a.example`),
        content,
        piece: Math.max(piece, Math.ceil(content.length / 50)),
      }),
    ),
  )

const plan = fc.record({
  pipelining: fc.boolean(),
  chunking: fc.boolean(),
  moods: fc.array(mood, { maxLength: 80 }),
  pieces: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }),
})

const logins = fc.record({
  login: fc.constantFrom('lets in' as const, 'asks' as const, 'refuses' as const, 'busy' as const),
  closed: fc.constantFrom('MAIL' as const, 'RCPT' as const, undefined),
})

test('letters that follow the login unanswered have one outcome, and the server agrees with it', async () => {
  await fc.assert(
    fc.asyncProperty(letters, plan, logins, async (letters, plan, { login, closed }) => {
      const server = smtpServer({ ...plan, login, ...(closed ? { closed } : {}) })
      const load = fakeLoad(letters.map(fakeLetter))
      const notes = new Map([['smtp eddy@one:25 off', 'together']])
      const courier = smarthost({
        hosts: [{ host: 'one', port: 25, tls: 'off', user: 'eddy', password: () => 'friend' }],
        resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
        connect: fakeConnect((peer) => server.serve(peer)),
        masquerade: undefined,
        hostname: 'moriah.shire.lan',
        clock: slow(),
        notebook: {
          recall: (name) => notes.get(name),
          remember: (name, value) => void (value === undefined ? notes.delete(name) : notes.set(name, value)),
        },
        log: events(() => {}),
      })
      await courier.carry(load, new AbortController().signal)
      assert.deepEqual(server.faults, [])
      assert.equal(load.returned.length, 0)
      agree(letters, load, server)
    }),
    { numRuns: 400 },
  )
})

test('each recipient has one outcome, and the server agrees with it', async () => {
  await fc.assert(
    fc.asyncProperty(letters, plan, fc.integer({ min: 1, max: 4 }), async (letters, plan, connections) => {
      const server = smtpServer(plan)
      const load = fakeLoad(letters.map(fakeLetter))
      const courier = smarthost({
        hosts: ['one', 'two'].map((host) => ({ host, port: 25, tls: 'off' })),
        resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
        connect: fakeConnect((peer) => server.serve(peer)),
        masquerade: undefined,
        hostname: 'moriah.shire.lan',
        clock: slow(),
        connections,
        log: events(() => {}),
      })
      await courier.carry(load, new AbortController().signal)
      assert.deepEqual(server.faults, [])
      assert.equal(load.returned.length, 0)
      agree(letters, load, server)
    }),
    { numRuns: 400 },
  )
})

test('whenever the call ends, each letter that was taken is settled or put back, and nothing that arrived is put back', async () => {
  await fc.assert(
    fc.asyncProperty(letters, plan, fc.nat(150), async (letters, plan, turns) => {
      const server = smtpServer(plan)
      const load = fakeLoad(letters.map(fakeLetter))
      const clock = fakeClock()
      const end = new AbortController()
      const done = smarthost({
        hosts: [{ host: 'one', port: 25, tls: 'off' }],
        resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }),
        connect: fakeConnect((peer) => server.serve(peer)),
        masquerade: undefined,
        hostname: 'moriah.shire.lan',
        clock,
        log: events(() => {}),
      }).carry(load, end.signal)
      for (let turn = 0; turn < turns; turn++) await new Promise((next) => setImmediate(next))
      end.abort()
      const before = clock.elapsed()
      await clock.advance(500)
      await done
      assert.ok(clock.elapsed() - before <= 1000)
      for (const letter of load.taken)
        for (const { id, recipient } of letter.deliveries) {
          const answers = load.settled.filter(({ delivery }) => delivery.id === id)
          const name = `${recipient.local}@a.example`
          const copies = server.taken.get(name)?.length ?? 0
          assert.equal(answers.length + (load.returned.includes(letter) ? 1 : 0), 1, `${name} has ${answers.length} outcomes`)
          const outcome = answers[0]?.outcome
          if (copies > 0) assert.ok(outcome?.kind === 'accepted' || (outcome?.kind === 'deferred' && outcome.unsure), `${name} has arrived`)
          if (outcome?.kind === 'accepted') assert.equal(copies, 1)
        }
      assert.equal(load.returned.length, new Set(load.returned).size)
    }),
    { numRuns: 300 },
  )
})

function agree(letters: readonly FakeLetter[], load: FakeLoad, server: SmtpServer): void {
  for (const [at, letter] of letters.entries())
    for (const [place] of letter.to.entries()) {
      const name = `r${at}-${place}@a.example`
      const answers = load.settled.filter(({ delivery }) => `${delivery.recipient.local}@a.example` === name)
      assert.equal(answers.length, 1, `${name} is settled ${answers.length} times`)
      const outcome = answers[0]?.outcome
      const copies = server.taken.get(name) ?? []
      if (outcome?.kind === 'accepted') assert.equal(copies.length, 1, `${name} is accepted, but there are ${copies.length} copies`)
      else if (copies.length > 0) assert.ok(outcome?.kind === 'deferred' && outcome.unsure, `${name} has arrived, but is ${outcome?.kind}`)
      if (outcome?.kind === 'refused') {
        const said = [...(server.said.get(name) ?? []), ...(server.said.get(`s${at}@shire.lan`) ?? [])]
        assert.ok(said.includes(`550 5.7.1 ${outcome.reply.text}`), `${name} was never refused by ${outcome.reply.text}`)
      }
      for (const copy of copies) assert.equal(copy, tidy(String(letter.content)))
    }
}

/** A clock by which everything takes its time, so that a second connection seems to pay. */
function slow(): Clock {
  const clock = fakeClock()
  let looks = 0
  return { ...clock, elapsed: () => clock.elapsed() + 50 * looks++ }
}

/** What must arrive: CRLF alone ends lines, the last one too. */
function tidy(content: string): string {
  const lines = content.replace(/\r\n|\r|\n/g, '\r\n')
  return lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`
}
