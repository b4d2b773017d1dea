import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrivals, type Carried } from '../../src/call/arrivals.ts'

const hour = 3_600_000
const day = 24 * hour
/** A Monday. */
const monday = new Date(2026, 10, 2).getTime()

/** Calls on every hour of so many days; each carries in what came in the hour before it. */
function hourly(days: number, octets: (date: Date) => number): readonly Carried[] {
  return Array.from({ length: days * 24 + 1 }, (_, index) => {
    const at = monday + index * hour
    return { at, out: 7, in: index === 0 ? 999_999 : octets(new Date(at - hour)) }
  })
}

const office = (date: Date): number => (date.getDay() % 6 !== 0 && date.getHours() >= 9 && date.getHours() < 18 ? 10_000 : 0)

test('without calls nothing is expected, and one call says only since when', () => {
  assert.deepEqual(arrivals([])(monday, monday + day), { out: 0, in: 0 })
  assert.deepEqual(arrivals([{ at: monday, out: 5000, in: 5000 }])(monday, monday + day), { out: 0, in: 0 })
})

test('what comes evenly is expected evenly', () => {
  const expected = arrivals(hourly(14, () => 1000))
  assert.equal(Math.round(expected(monday + 3 * day, monday + 3 * day + 90 * 60_000).in), 1500)
  assert.equal(Math.round(expected(monday, monday + 7 * day).out), 7 * 168)
})

test('hours and days that bring little are told from those that bring much, the better the longer it was seen', () => {
  const share = (weeks: number): number => {
    const expected = arrivals(hourly(7 * weeks, office))
    const at = (date: number, hourOfDay: number): number =>
      expected(monday + date * day + hourOfDay * hour, monday + date * day + (hourOfDay + 1) * hour).in
    assert.ok(at(0, 10) > 3 * at(0, 3) && at(0, 10) > 1.2 * at(5, 10))
    return at(0, 10)
  }
  assert.ok(share(1) < share(4) && share(4) < 10_500)
})

test('what one call carries after long silence came at any time between', () => {
  const expected = arrivals([
    { at: monday, out: 0, in: 0 },
    { at: monday + 5 * day, out: 0, in: 120_000 },
  ])
  const sum = expected(monday, monday + 7 * day).in
  assert.ok(sum > 110_000 && sum < 170_000, String(sum))
})
