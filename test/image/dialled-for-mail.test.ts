/**
 * Two machines, and a telephone network between their modems: the daemon of the gateway dials by itself, hands its port to Debian's pppd, which
 * proves by CHAP who it is to the ISP's; and whatever becomes of a call, each letter is where it should be in the end, once.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallRecord } from '../../src/call/record.ts'
import type { Status } from '../../src/console/house.ts'
import { until } from '../journey/daemon.ts'
import { noLines } from '../modem/lines.ts'
import { addresses } from './addresses.ts'
import { type Dialling, type Logged, startDialling } from './dialling.ts'
import { noMachines, patience } from './emulator.ts'
import { waitFor } from './guest.ts'
import { inWorld } from './pair.ts'

const skip = noMachines() || noLines()
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

/**
 * Inside: on a busy host a call is over before a program has been started that could ask for it. The file alone may be an earlier call's, whose
 * ip-down is not done yet, or whose pppd was killed.
 */
const isUp = waitFor('[ -e /run/dialpost/line ] && ip -4 route show default | grep -q ppp0')

/** What the kernel said of the daemon and of pppd while they were at it. */
let inTheCall = ''

const at = (one: Logged | undefined): number => Date.parse(one?.time ?? '')

test('what waits is dialled for, goes both ways, and the line is hung up when it is done', { skip }, async () => {
  await house.hand('small', 0.03)
  await house.lay('small', 0.03)
  assert.deepEqual(dialled(), [])
  const seen = house.near.must(
    `${isUp}; for name in dialpost pppd; do echo; cat /proc/$(pgrep -f "^[^ ]*/$name ")/status; done; stat -c %U:%a /run/dialpost/line`,
  )
  await house.ask('flush')
  inTheCall = await seen
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

test('meanwhile dialpost is its own user with two capabilities, pppd is root’s by its own, and what it says it says as dialpost', {
  skip,
}, () => {
  const [daemon = '', pppd = ''] = inTheCall.split(/^$/m)
  const facts = (status: string) =>
    ['Uid', 'Groups', 'CapEff', 'CapAmb'].map((name) => new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(status)?.[1])
  const capabilities = (...bits: readonly number[]) =>
    bits
      .reduce((sum, bit) => sum + 2 ** bit, 0)
      .toString(16)
      .padStart(16, '0')
  const own = [10, 25]
  // cap_dac_override, cap_kill, cap_setgid, cap_setuid, cap_net_admin
  const root = [1, 5, 6, 7, 12]
  assert.deepEqual(facts(daemon), ['100\t100\t100\t100', '8 20 30', capabilities(...own), capabilities()])
  assert.deepEqual(facts(pppd), ['100\t0\t0\t0', '8 20 30', capabilities(...own, ...root), capabilities()])
  assert.match(pppd, /^dialpost:\d+$/m)
})

test('a call is kept with what the modem said and what pppd counted', { skip }, async () => {
  const [call] = await records(1)
  assert.equal(call?.cause, 'flush')
  assert.deepEqual(call.carrier, { speed: 33_600, protocol: 'ARQ/V34/LAPM' })
  assert.deepEqual([call.out.letters, call.in.letters], [6, 6])
  const { sent = 0, received = 0 } = call.line ?? {}
  const said = house.logged('pppd').map(({ msg }) => msg)
  assert.ok(said.includes(`pppd: Sent ${sent} bytes, received ${received} bytes.`), said.join('\n'))
  assert.ok(sent > call.out.octets && sent < call.out.octets * 2, `${sent} octets sent for ${call.out.octets}`)
  assert.ok(received > call.in.octets && received < call.in.octets * 2, `${received} octets received for ${call.in.octets}`)
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

for (const [fault, why] of [
  ['no-carrier', /the modem hung up/],
  ['silence', /no longer answers/],
] as const)
  test(`a call that ends by ${fault} in the middle loses nothing, doubles nothing, and another one finishes`, { skip }, async () => {
    house.modems.exchange.awaits({ after: 9000, fault })
    await house.hand('large', 0.1)
    await house.lay('large', 0.1)
    await house.ask('flush')
    assert.deepEqual(await house.arrived(), [])
    await house.lineIs('down')
    assert.deepEqual(dialled(), [first, second])
    const [cut, whole] = await records(2)
    assert.match(cut?.ended ?? '', why)
    assert.equal(whole?.ended, 'nothing left to do')
  })

test('who fetches a page while mail is under way is not cut off when mail is done', { skip }, async () => {
  const octets = 80_000
  await house.far.must(`mkdir /run/pages; head -c ${octets} /dev/urandom >/run/pages/page; ${inWorld} httpd -h /run/pages`)
  const fetched = house.near.must(`${isUp}; wget -q -O - http://${addresses.world}/page | wc -c`)
  await house.hand('small', 0.005)
  await house.lay('small', 0.005)
  await house.ask('flush')
  assert.deepEqual(await house.arrived(), [])
  assert.equal((await fetched).trim(), `${octets}`)
  // The last of the mail may be under way still.
  await until(
    async () => {
      const { line, plan } = JSON.parse(await house.ask('status --json')) as Status
      assert.equal(line.kind, 'up')
      return /LAN users are on line|quiet for 1:00/.test(plan)
    },
    () => 'nothing is said of LAN users',
    patience * 1000,
  )
  await house.ask('hangup')
  await house.lineIs('down')
  assert.deepEqual(dialled(), [first])
})

test('a pppd that is killed leaves a port that can be dialled from, and nothing is lost or doubled', { skip }, async () => {
  await house.hand('large', 0.1)
  await house.ask('flush')
  await house.lineIs('up')
  await house.near.must('kill -9 $(pgrep -x pppd)')
  assert.deepEqual(await house.arrived(), [])
  await house.lineIs('down')
  assert.deepEqual(dialled(), [first, second])
  assert.match((await records(2))[0]?.ended ?? '', /pppd was killed/)
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
