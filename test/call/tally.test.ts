import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Ended, follow, noCall, secondsOf, type Tally } from '../../src/call/tally.ts'
import type { LinkState } from '../../src/link/line.ts'

const link = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115200, local: '10.0.0.2', remote: '10.0.0.1', ipparam: '' }
const carrier = { speed: 33600, protocol: 'V34/ARQ' }
const usage = { seconds: 58, sent: 4000, received: 9000 }

const dialling = (since: number, number = '1'): LinkState => ({ kind: 'dialling', since, reason: 'operator', isp: 'a', number })
const negotiating = (since: number): LinkState => ({ kind: 'negotiating', since, reason: 'operator', isp: 'a', carrier })
const up = (since: number): LinkState => ({ kind: 'up', since, reason: 'operator', isp: 'a', link, carrier })
const closing = (since: number): LinkState => ({ kind: 'closing', since, reason: 'mail is done' })
const down = (since: number, reason = 'pppd: exit 5'): LinkState => ({ kind: 'down', since, reason, usage })
const resting = (since: number, reason = 'BUSY'): LinkState => ({ kind: 'resting', since, reason, until: since + 1 })

function told(states: readonly LinkState[]) {
  let tally: Tally = noCall
  const ended: Ended[] = []
  const failed: string[] = []
  for (const state of states) {
    const next = follow(tally, state)
    tally = next.tally
    if (next.ended) ended.push(next.ended)
    if (next.failed !== undefined) failed.push(next.failed)
  }
  return { tally, ended, failed }
}

const table: readonly (readonly [string, readonly LinkState[], Partial<Record<'calls' | 'seconds' | 'failed', unknown>>])[] = [
  ['nothing happened', [down(0)], { calls: 0, failed: [] }],
  [
    'a call that is dialled is charged from CONNECT',
    [dialling(0), negotiating(20_000), up(24_000), closing(80_000), down(82_000)],
    { seconds: [62] },
  ],
  ['where somebody else dials, from up', [up(0), down(31_500)], { seconds: [58] }],
  ["pppd's seconds count where they are more", [up(0), down(20_000)], { seconds: [58] }],
  ['ours count where they are more', [up(0), down(90_100)], { seconds: [91] }],
  [
    'a wrong password costs, too',
    [dialling(0), negotiating(20_000), { kind: 'broken', since: 26_000, reason: 'password refused' }],
    { seconds: [6] },
  ],
  ['an attempt that comes to nothing is no call', [dialling(0), resting(30_000)], { calls: 0, failed: ['BUSY'] }],
  ['nor are two', [dialling(0), resting(9), dialling(90), down(99, 'operator')], { calls: 0, failed: ['BUSY', 'operator'] }],
  [
    'a second number after the first',
    [dialling(0), dialling(9000, '2'), negotiating(30_000), down(40_000)],
    { calls: 1, failed: ['no connection'] },
  ],
  ['hung up and down again says nothing new', [down(0), closing(5), down(9)], { calls: 0, failed: [] }],
]

for (const [name, states, { calls, seconds, failed }] of table) {
  test(name, () => {
    const found = told(states)
    if (calls !== undefined) assert.equal(found.ended.length, calls)
    if (seconds !== undefined)
      assert.deepEqual(
        found.ended.map((one) => one.seconds),
        seconds,
      )
    if (failed !== undefined) assert.deepEqual(found.failed, failed)
    assert.equal(found.tally.call, undefined)
  })
}

test('a call knows what it was dialled for, on what carrier, how long the parts took, why it was hung up and what pppd counted', () => {
  const [ended] = told([dialling(1000), negotiating(20_000), up(24_000), closing(80_000), down(82_000)]).ended
  assert.deepEqual(ended, {
    call: { at: 20_000, cause: 'operator', isp: 'a', carrier, dialled: 19_000, up: 24_000, hungUp: 'mail is done' },
    seconds: 62,
    reason: 'mail is done',
    usage,
  })
})

test('seconds never run backwards', () => {
  assert.equal(secondsOf({ at: 5000, cause: '', isp: '' }, 4000), 0)
  assert.equal(secondsOf({ at: 5000, cause: '', isp: '' }, 5001), 1)
})

const states = fc.constantFrom(dialling, negotiating, up, closing, down, resting)

test('whatever the line does, no second is charged twice', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(states, fc.integer({ min: 0, max: 100_000 }))), (events) => {
      let now = 0
      const { ended } = told(events.map(([make, wait]) => ({ ...make((now += wait)), usage: undefined }) as unknown as LinkState))
      const charged = ended.reduce((sum, { seconds }) => sum + seconds, 0)
      assert.ok(charged <= now / 1000 + ended.length)
    }),
  )
})
