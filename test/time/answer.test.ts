import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { judge, type Verdict } from '../../src/time/answer.ts'
import { type Answer, answerOctets, answerTo, timestampOf } from './clock-server.ts'

const since = Date.UTC(2026, 10, 1)
const wall = Date.UTC(2026, 10, 25, 12, 30)
const asked = { cookie: 0xfeedn, at: 5000, back: 5400, since }
const good = answerTo(asked.cookie, wall)
const verdict = (change: Partial<Answer>): Verdict => judge(answerOctets({ ...good, ...change }), asked)
const unsynchronised: Verdict = { kind: 'refused', reason: 'it does not know the time itself' }

test('the time is the one that it sent, and half of the way back', () => {
  const thought = { receive: timestampOf(wall - 250), transmit: timestampOf(wall) }
  assert.deepEqual(verdict(thought), { kind: 'time', wall: wall + 75, roundTrip: 150 })
  assert.deepEqual(verdict({}), { kind: 'time', wall: wall + 200, roundTrip: 400 })
})

test('times after February 2036 are of the next era', () => {
  const later = Date.UTC(2041, 5, 1)
  assert.deepEqual(verdict({ receive: timestampOf(later), transmit: timestampOf(later) }), {
    kind: 'time',
    wall: later + 200,
    roundTrip: 400,
  })
})

const rows: readonly (readonly [string, Partial<Answer>, Verdict])[] = [
  ["another question's", { originate: 0xfeecn }, { kind: 'stray' }],
  ['nothing in its originate', { originate: 0n }, { kind: 'stray' }],
  ['a question itself', { mode: 3 }, { kind: 'stray' }],
  ['a broadcast', { mode: 5 }, { kind: 'stray' }],
  ['no version', { version: 0 }, { kind: 'stray' }],
  ['a version to come', { version: 5 }, { kind: 'stray' }],
  ['an alarm', { leap: 3 }, unsynchronised],
  ['stratum 16', { stratum: 16 }, unsynchronised],
  ['stratum 255', { stratum: 255 }, unsynchronised],
  ['no time', { transmit: 0n }, { kind: 'refused', reason: 'it gives no time' }],
  ['no time of receipt', { receive: 0n }, { kind: 'refused', reason: 'it gives no time' }],
  ['16 s of dispersion', { rootDispersion: 16 * 65_536 }, { kind: 'refused', reason: 'it is too unsure of the time' }],
  ['40 s of delay', { rootDelay: 40 * 65_536 }, { kind: 'refused', reason: 'it is too unsure of the time' }],
  ['delay below none', { rootDelay: -1 }, { kind: 'refused', reason: 'it is too unsure of the time' }],
  ['sent before it came', { receive: timestampOf(wall + 1000) }, { kind: 'refused', reason: 'its times contradict each other' }],
  [
    'a longer thought than there was time for',
    { receive: timestampOf(wall - 1000) },
    { kind: 'refused', reason: 'its times contradict each other' },
  ],
  [
    'the year 1999',
    { receive: timestampOf(Date.UTC(1999)), transmit: timestampOf(Date.UTC(1999)) },
    { kind: 'refused', reason: 'its time is before this program was made, or long after' },
  ],
  [
    'the month before the program was made',
    { receive: timestampOf(since - 1000), transmit: timestampOf(since - 1000) },
    { kind: 'refused', reason: 'its time is before this program was made, or long after' },
  ],
  ['DENY', { stratum: 0, reference: 'DENY' }, { kind: 'kiss', code: 'DENY' }],
  ['RATE with an alarm', { stratum: 0, leap: 3, reference: 'RATE' }, { kind: 'kiss', code: 'RATE' }],
  ['a kiss without words', { stratum: 0, reference: '\u00ff\u00fe' }, { kind: 'kiss', code: '' }],
  ["a kiss to another's question", { stratum: 0, reference: 'DENY', originate: 1n }, { kind: 'stray' }],
]
for (const [words, change, expected] of rows)
  test(`${words}: ${expected.kind}`, () => {
    assert.deepEqual(verdict(change), expected)
  })

test('whoever does not know the cookie tells no time and no kiss', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 68 }), (octets) => {
      const cookie = 0xdeadbeefcafef00dn
      fc.pre(octets.length < 48 || Buffer.from(octets).readBigUInt64BE(24) !== cookie)
      assert.deepEqual(judge(octets, { ...asked, cookie }), { kind: 'stray' })
    }),
  )
})

test('what is taken for the time is never before the program was made, and never wrong by more than half the round trip', () => {
  const honest = fc.record({
    wall: fc.integer({ min: since, max: since + 40 * 365 * 86_400_000 }),
    there: fc.integer({ min: 0, max: 5000 }),
    thought: fc.integer({ min: 0, max: 2000 }),
    back: fc.integer({ min: 0, max: 5000 }),
  })
  fc.assert(
    fc.property(honest, ({ wall: sent, there, thought, back }) => {
      const octets = answerOctets({ ...answerTo(9n, sent), receive: timestampOf(sent - thought), transmit: timestampOf(sent) })
      const found = judge(octets, { cookie: 9n, at: 1000, back: 1000 + there + thought + back, since })
      assert.ok(found.kind === 'time')
      assert.ok(Math.abs(found.wall - (sent + back)) <= found.roundTrip / 2 + 0.01)
      assert.ok(found.wall >= since)
    }),
  )
})
