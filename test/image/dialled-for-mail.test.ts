/**
 * Two machines, and a telephone network between their modems: the daemon of the gateway dials by itself, hands its port to Debian's pppd, which
 * proves by CHAP who it is to the ISP's; and whatever becomes of a call, each letter is where it should be in the end, once.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallRecord } from '../../src/call/record.ts'
import { type Dialling, type Logged, startDialling } from './dialling.ts'
import { noMachines } from './guest.ts'

const skip = noMachines()
let house: Dialling

before(async () => {
  if (skip === false) house = await startDialling()
})
after(async () => {
  if (skip === false) await house.stop()
})

const [first, second] = ['08451234567', '08457654321']

/** Numbers dialled since the last look. */
let seen = 0
function dialled(): readonly string[] {
  const calls = house.modems.exchange.calls().slice(seen)
  seen += calls.length
  return calls.map(({ number }) => number)
}

/** The latest, as `dialpost calls` has them, oldest first. */
async function records(count: number): Promise<readonly CallRecord[]> {
  const lines = (await house.ask('calls --json')).trim().split('\n')
  // The last one has the sums.
  return lines
    .slice(0, -1)
    .slice(-count)
    .map((line) => JSON.parse(line) as CallRecord)
}

const at = (one: Logged | undefined): number => Date.parse(one?.time ?? '')

test('what waits is dialled for, goes both ways, and the line is hung up when it is done', { skip }, async () => {
  await house.hand('small', 0.03)
  await house.lay('small', 0.03)
  assert.deepEqual(dialled(), [])
  await house.ask('flush')
  assert.deepEqual(await house.arrived(), [])
  await house.lineIs('down')
  assert.deepEqual(dialled(), [first])
  assert.match(await house.far.must('cat /share/pppd.log'), /CHAP Response .* name = "shofar"\]\n(?:.*\n)?sent \[CHAP Success/)
  // Local delivery may go on after the call.
  const useful = [...house.logged('to').filter(({ msg }) => msg.includes('mailer=relay')), ...house.logged('collected')].map(at)
  const told = at(house.logged('pppd').find(({ msg }) => msg.includes('Terminating on signal')))
  const quiet = told - Math.max(...useful)
  assert.ok(quiet <= 2000, `hung up ${quiet} ms after the last letter`)
  const gone = at(house.logged('line-down')[0]) - told
  assert.ok(gone <= 10_000, `on the hook ${gone} ms after that`)
})

test('a call is kept with what the modem said and what pppd counted', { skip }, async () => {
  const [call] = await records(1)
  assert.equal(call?.cause, 'flush')
  assert.deepEqual(call.carrier, { speed: 33_600, protocol: 'ARQ/V34/LAPM' })
  assert.deepEqual([call.out.letters, call.in.letters], [6, 6])
  const { sent = 0, received = 0 } = call.line ?? {}
  assert.ok(sent > call.out.octets && sent < call.out.octets * 1.6, `${sent} octets sent for ${call.out.octets}`)
  assert.ok(received > call.in.octets && received < call.in.octets * 1.6, `${received} octets received for ${call.in.octets}`)
})

test('a busy number is dialled again, by another number first', { skip }, async () => {
  house.modems.exchange.awaits('busy', 'busy')
  await house.hand('small', 0.005)
  await house.ask('flush')
  assert.deepEqual(await house.arrived(), [])
  await house.lineIs('down')
  assert.deepEqual(dialled(), [first, second, first])
  assert.deepEqual((await records(1))[0]?.failed, [{ reason: 'BUSY', times: 2 }])
})

for (const fault of ['no-carrier', 'silence'] as const)
  test(`a call that ends by ${fault} in the middle loses nothing, doubles nothing, and another one finishes`, { skip }, async () => {
    house.modems.exchange.awaits({ after: 9000, fault })
    await house.hand('large', 0.1)
    await house.lay('large', 0.1)
    await house.ask('flush')
    await house.lineIs('resting')
    assert.deepEqual(await house.arrived(), [])
    await house.lineIs('down')
    assert.deepEqual(dialled(), [first, second])
    const [cut] = await records(2)
    assert.match(cut?.ended ?? '', /no longer answers/)
  })

test('a wrong password is tried once; mended, a person dials', { skip }, async () => {
  await house.password(false)
  await house.hand('small', 0.005)
  await house.ask('flush')
  const { line, plan } = await house.lineIs('broken')
  assert.match(line.words, /refuses our name or password: mend/)
  assert.match(plan, /waits for a person/)
  // The next number would have been dialled by now.
  await delay(5000)
  assert.deepEqual(dialled(), [first])
  await house.password(true)
  await house.ask('dial')
  assert.deepEqual(await house.arrived(), [])
  await house.ask('hangup')
  await house.lineIs('down')
  assert.deepEqual(dialled(), [first])
})
