import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallRecord, noTraffic } from '../../src/call/record.ts'
import { fall, type Kept, startOf, sums } from '../../src/call/sums.ts'

const local = (day: number, hour: number, month = 10): number => new Date(2026, month, day, hour).getTime()
/** Wednesday. */
const now = local(25, 12)
const hour = 3_600_000

export function call(given: Partial<CallRecord>): CallRecord {
  return {
    number: 1,
    began: given.counted,
    counted: undefined,
    seconds: 60,
    cause: 'operator',
    ended: 'mail is done',
    isp: '',
    carrier: undefined,
    cameUp: true,
    line: undefined,
    out: noTraffic,
    in: noTraffic,
    cost: 0.05,
    failed: [],
    ...given,
  }
}
const kept = (counted: number | undefined, until?: number): Kept => ({ record: call({ counted }), until })
const counts = (calls: readonly Kept[], elapsed: number, wall: number | undefined) => {
  const { day, week, month, total } = sums(calls, undefined, [], { elapsed, wall })
  return [day, week, month, total].map((sum) => sum.calls)
}

test('a day begins at midnight, a week on Monday, a month on its first, all by local time', () => {
  assert.equal(startOf('day', now), local(25, 0))
  assert.equal(startOf('week', now), local(23, 0))
  assert.equal(startOf('week', local(29, 23)), local(23, 0))
  assert.equal(startOf('week', local(1, 5)), local(26, 0, 9))
  assert.equal(startOf('month', now), local(1, 0))
})

test('calls of today, of this week, of this month and of before', () => {
  const calls = [kept(local(30, 9, 9)), kept(local(2, 9)), kept(local(23, 0)), kept(local(25, 0)), kept(now)]
  assert.deepEqual(counts(calls, 1, now), [2, 3, 4, 5])
})

test('the last second before midnight is yesterday', () => {
  assert.deepEqual(counts([kept(local(25, 0) - 1)], 1, now), [0, 1, 1, 1])
})

test('a clock that was set back forgives nothing', () => {
  assert.deepEqual(counts([kept(local(26, 9))], 1, now), [1, 1, 1, 1])
})

test('without a clock, what was spent on the last day that was known counts for today, and so does what was spent without one', () => {
  const calls = [kept(local(24, 9)), kept(local(25, 9)), kept(undefined), kept(undefined, 1000)]
  assert.deepEqual(counts(calls, hour, undefined), [3, 4, 4, 4])
})

test('after a day of running without a clock only what was spent in it counts', () => {
  const calls = [kept(local(25, 9)), kept(undefined), kept(undefined, 1000), kept(undefined, 20 * hour)]
  assert.deepEqual(counts(calls, 25 * hour, undefined), [1, 4, 4, 4])
})

test('what is left of each budget, of time and of money; what nobody could price is counted apart', () => {
  const calls: Kept[] = [kept(now), { record: call({ counted: now, cost: undefined, seconds: 600 }), until: undefined }]
  const found = sums(
    calls,
    undefined,
    [
      { per: 'day', ms: 600_000 },
      { per: 'month', money: 5 },
    ],
    { elapsed: 1, wall: now },
  )
  assert.deepEqual(
    found.left.map(({ left }) => left),
    [-60_000, 4.95],
  )
  assert.deepEqual(found.day, { calls: 2, seconds: 660, cost: 0.05, unpriced: 1 })
})

test('calls that are forgotten one by one are remembered in their sum, and in that of the month', () => {
  const dates = [local(30, 9, 9), local(2, 9), local(3, 9)]
  const fallen = dates.reduce<ReturnType<typeof fall> | undefined>((sum, counted) => fall(sum, call({ counted })), undefined)
  const found = sums([kept(now)], fallen, [], { elapsed: 1, wall: now })
  assert.equal(found.total.calls, 4)
  assert.equal(found.month.calls, 3)
  assert.equal(sums([], fallen, [], { elapsed: 1, wall: local(1, 0, 11) }).month.calls, 0)
})
