/** The asker against real SNTP servers on loopback. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { events } from '../../src/log/events.ts'
import { timeAsker } from '../../src/time/ask.ts'
import { datagrams } from '../../src/time/datagram.ts'
import { type Answer, clockServer, timestampOf } from './clock-server.ts'

const since = Date.UTC(2026, 10, 1)
const wall = Date.UTC(2029, 3, 1)
type Spoil = (answer: Answer) => readonly Answer[]

async function asking(t: TestContext, spoils: readonly Spoil[]) {
  const servers = await Promise.all(spoils.map((spoil) => clockServer(() => wall, spoil)))
  t.after(() => Promise.all(servers.map((server) => server.close())))
  const told: { wall: number; roundTrip: number; port: number }[] = []
  const said: string[] = []
  let [cookies, sent] = [0n, 0]
  const ask = timeAsker({
    servers: servers.map(({ port }, at) => ({ host: `ntp${at}.isp.example`, port })),
    resolve: async (host) =>
      host === 'ntp9.isp.example' ? { kind: 'unknown', reason: `there is no host ${host}` } : { kind: 'found', addresses: ['127.0.0.1'] },
    exchange: datagrams(() => sent++),
    cookie: () => ++cookies + 0xabcdef00n,
    clock: systemClock,
    since,
    told: (time, { port }) => told.push({ ...time, port }),
    log: events(({ text }) => said.push(text)),
  })
  return { ask, servers, told, said, sent: () => sent }
}

const honest: Spoil = (answer) => [answer]
const asleep: Spoil = (answer) => [{ ...answer, leap: 3 }]
const denies: Spoil = (answer) => [{ ...answer, stratum: 0, reference: 'DENY' }]
/** A forger who cannot see our question, and then the server itself. */
const forged: Spoil = (answer) => [
  { ...answer, originate: 0n, transmit: timestampOf(Date.UTC(2040)), receive: timestampOf(Date.UTC(2040)) },
  { ...answer, originate: 5n, stratum: 0, reference: 'DENY' },
  answer,
]

test('a server tells the time, for some hours, and the question is counted', async (t) => {
  const { ask, servers, told, said, sent } = await asking(t, [honest])
  const next = await ask(new AbortController().signal)
  assert.ok(next > systemClock.elapsed() + 5 * 3_600_000)
  const [time] = told
  assert.ok(time && Math.abs(time.wall - wall) <= time.roundTrip)
  assert.equal(await ask(new AbortController().signal), next)
  assert.deepEqual([servers[0]?.asked(), told.length, said, sent()], [1, 1, [], 1])
})

test('forged answers are passed over, and the true one is taken', async (t) => {
  const { ask, told } = await asking(t, [forged])
  await ask(new AbortController().signal)
  assert.equal(Math.round((told[0]?.wall ?? 0) / 60_000), wall / 60_000)
})

test('one that does not know and one that does not want to are passed over', async (t) => {
  const { ask, servers, told, said } = await asking(t, [asleep, denies, honest])
  await ask(new AbortController().signal)
  assert.deepEqual([told.map(({ port }) => port), said], [[servers[2]?.port], []])
})

test('when none knows, that is said once, with what each said', async (t) => {
  const { ask, told, said } = await asking(t, [asleep, denies])
  const next = await ask(new AbortController().signal)
  await ask(new AbortController().signal)
  assert.ok(next > systemClock.elapsed() + 10_000 && next < systemClock.elapsed() + 15_000)
  assert.deepEqual(
    [told, said],
    [[], ['no time server answers: ntp0.isp.example: it does not know the time itself; ntp1.isp.example does not want to be asked (DENY)']],
  )
})

test('nobody at the port is known at once', async (t) => {
  const { ask, servers, told } = await asking(t, [honest, honest])
  await servers[0]?.close()
  await ask(new AbortController().signal)
  assert.deepEqual(
    told.map(({ port }) => port),
    [servers[1]?.port],
  )
})

test('the end of the call ends the question', async (t) => {
  const { ask, told, said } = await asking(t, [() => [], honest])
  const end = new AbortController()
  const asked = ask(end.signal)
  setImmediate(() => end.abort())
  assert.ok((await asked) > systemClock.elapsed() + 10_000)
  assert.deepEqual([told, said], [[], []])
})
