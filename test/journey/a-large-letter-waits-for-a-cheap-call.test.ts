/** Queue, courier and boxes with real protocols on both sides, and the ration of two calls: a dear one, and a cheap one. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Ration, roomIn } from '../../src/call/ration.ts'
import { systemClock } from '../../src/clock.ts'
import type { BoxAccount } from '../../src/collect/acquaintance.ts'
import { collector } from '../../src/collect/collector.ts'
import { imap } from '../../src/collect/imap.ts'
import type { OpenMaildrop } from '../../src/collect/maildrop.ts'
import { pop3 } from '../../src/collect/pop3.ts'
import { sockets } from '../../src/collect/socket.ts'
import { events } from '../../src/log/events.ts'
import type { RoomFor } from '../../src/mail/room.ts'
import { openQueue } from '../../src/queue/queue.ts'
import { fourHoursFiveDays } from '../../src/queue/retry.ts'
import { smarthost } from '../../src/send/smarthost.ts'
import { encrypter } from '../../src/tls.ts'
import { house, letter, work, type House } from '../collect/house.ts'
import { imapLetters, imapServer } from '../collect/imap-server.ts'
import { pop3Server, usual } from '../collect/pop3-server.ts'
import { fakeClock } from '../fake/clock.ts'
import { fakeMaildrop } from '../fake/maildrop.ts'
import { smtpServer } from '../fake/smtp-server.ts'
import { fakeStore } from '../fake/store.ts'
import { fakeConnect } from '../fake/wire.ts'
import { copyTo, frodo } from '../queue/copies.ts'

const signal = new AbortController().signal
const rate = 3500

/** A minute is paid for; a fifth of an hour is left of the budget. */
const dear: Ration = { until: 60_000, mustBefore: Number.NEGATIVE_INFINITY, budgetEnds: 720_000 }
const cheap: Ration = { ...dear, until: 720_000 }
const under =
  (ration: Ration): RoomFor =>
  (ahead) =>
    roomIn(ration, { now: 0, rate, ahead })

for (const chunking of [true, false])
  test(`outwards, ${chunking ? 'by BDAT' : 'by DATA'}`, async () => {
    const queue = openQueue({ store: fakeStore(), clock: fakeClock(), log: events(() => undefined), policy: fourHoursFiveDays })
    const server = smtpServer({ pipelining: true, chunking, moods: [], pieces: [] })
    let connections = 0
    const courier = smarthost({
      hosts: [{ host: 'smtp.isp.example', port: 25, tls: 'off' }],
      resolve: async () => ({ kind: 'found', addresses: ['192.0.2.1'] }),
      connect: (target, ending) => {
        connections++
        return fakeConnect((peer) => server.serve(peer))(target, ending)
      },
      masquerade: undefined,
      hostname: 'moriah.shire.lan',
      clock: fakeClock(),
      log: events(() => undefined),
    })
    const keep = async (who: string, size: number): Promise<void> => {
      const intake = queue.open()
      await intake.write(
        Buffer.from(
          `Subject: ${who}\r\n\r\n${'x'
            .repeat(70)
            .concat('\r\n')
            .repeat(size / 72)}`,
        ),
      )
      const copies = [copyTo({ courier: 'smarthost' }, { recipient: { local: who, domain: 'far.example' } })]
      await intake.keep({ from: frodo, copies, parameters: {}, origin: { door: 'accept', client: 'herring' }, priority: 'normal' })
    }
    const taken = (): string[] => [...server.taken].flatMap(([who, got]) => got.map(() => who.replace(/@.*/, ''))).toSorted()
    await keep('large', 300_000)
    for (const who of ['a', 'b', 'c']) await keep(who, 3000)
    queue.lineUp(true)

    await queue.carry(courier, signal, { room: under(dear) })
    assert.deepEqual(taken(), ['a', 'b', 'c'])
    assert.equal(connections, 1)
    assert.equal(queue.nextDue('smarthost', under(dear)), undefined, 'nothing is to be done before there is more room')
    const [waits] = [...queue.list()]
    assert.deepEqual([waits?.deliveries[0]?.state, waits?.deliveries[0]?.attempts], ['waiting', 0])

    await queue.carry(courier, signal, { room: under(dear) })
    assert.equal(connections, 1, 'nobody is called for a letter that may not go')

    await queue.carry(courier, signal, { room: under(cheap) })
    assert.deepEqual(taken(), ['a', 'b', 'c', 'large'])
    assert.deepEqual([...queue.list()], [])
  })

/** One box, and what the server heard of the last call. */
async function calls(here: House, maildrop: OpenMaildrop, heard: () => readonly string[]) {
  const {
    maildrop: _,
    turns: __,
    halves: ___,
    wasCut: ____,
    settled: _____,
    windows: ______,
    arrivals: _______,
    ...parts
  } = here.parts(fakeMaildrop())
  const boxes = collector({
    ...parts,
    boxes: [{ account: { ...work, keep: false, maxMessage: undefined }, maildrop }],
    recall: () => undefined,
    remember: () => undefined,
  })
  return async (ration: Ration) => {
    const [report] = await boxes.collect(undefined, signal, under(ration))
    return { report, heard: heard() }
  }
}

function atIsp(t: TestContext, server: { readonly port: number; close(): Promise<void> }): BoxAccount {
  t.after(() => server.close())
  return { name: 'work', host: 'mail.isp.example', port: server.port, tls: 'off', user: 'eddy', password: () => 'sesame' }
}

const parts = {
  clock: systemClock,
  resolve: async () => ({ kind: 'found', addresses: ['127.0.0.1'] }) as const,
  sockets: sockets({ clock: systemClock, encrypt: encrypter({ clockIsKnown: () => true }) }),
  recall: () => undefined,
  remember: () => undefined,
}
const large = letter('large', { size: 300_000 })

test('inwards, from a POP3 box', async (t) => {
  const letters = [large, letter('a'), letter('b')].map((octets, n) => ({ uidl: `u${n + 1}`, octets }))
  const server = await pop3Server({ letters, capabilities: usual })
  const here = house()
  const call = await calls(here, pop3(atIsp(t, server), parts), () => server.sessions.at(-1)?.commands ?? [])
  const first = await call(dear)
  assert.deepEqual([first.report?.outcome, first.report?.collected, first.report?.putOff?.letters], ['done', 2, 1])
  assert.ok(first.heard.includes('LIST'), 'sizes decide')
  assert.equal(
    first.heard.some((command) => /^(RETR|TOP|DELE) 1$/.test(command)),
    false,
  )
  const second = await call(cheap)
  assert.deepEqual([second.report?.collected, second.report?.putOff, here.letters.length], [1, undefined, 3])
})

test('inwards, from an IMAP box', async (t) => {
  const server = await imapServer({ letters: imapLetters(large, letter('a'), letter('b')) })
  const here = house()
  const maildrop = imap(atIsp(t, server), { ...parts, rows: () => here.rows })
  const call = await calls(here, maildrop, () => server.sessions.at(-1)?.commands ?? [])
  const first = await call(dear)
  assert.deepEqual([first.report?.outcome, first.report?.collected, first.report?.putOff?.letters], ['done', 2, 1])
  assert.equal(
    first.heard.some((command) => command.startsWith('UID FETCH 1 BODY')),
    false,
  )
  const second = await call(cheap)
  assert.deepEqual([second.report?.collected, second.report?.putOff, here.letters.length], [1, undefined, 3])
})
