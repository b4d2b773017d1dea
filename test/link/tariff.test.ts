import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tariffOf } from '../../src/link/tariff.ts'
import { nextTimeOfDay } from '../../src/link/week.ts'
import { hours } from './hours.ts'

/** Local times of the week that begins on Monday, 20 November 2000. */
const at = (day: number, hour: number, minute = 0, second = 0): number => new Date(2000, 10, 20 + day, hour, minute, second).getTime()

/** British Telecom's, in pence. */
const british = tariffOf([
  { window: hours('Mon-Fri 08:00-18:00'), per_minute: 3.95, minimum: 5, unit: 1000, fee: 0 },
  { window: hours('Mon-Fri 18:00-08:00'), per_minute: 1, minimum: 5, unit: 1000, fee: 0 },
  { window: hours('Sat-Sun'), per_minute: 0.66, minimum: 5, unit: 1000, fee: 0 },
])
/** Units of two minutes in the day and of four at night, after a fee. */
const units = tariffOf([
  { window: hours('daily 09:00-18:00'), per_minute: 0.06, minimum: 0, unit: 120_000, fee: 0.1 },
  { per_minute: 0.03, minimum: 0, unit: 240_000, fee: 0.1 },
])
const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`)

test('a call costs its minutes, and at least the minimum', () => {
  near(british.cost(at(0, 12), 600), 39.5)
  near(british.cost(at(0, 12), 30), 5)
  near(british.cost(at(5, 12), 3600), 39.6)
})

test('each unit is charged at the rate of the hours in which it begins', () => {
  near(british.cost(at(0, 7, 50), 1200), 10 + 39.5)
  near(british.cost(at(4, 23, 50), 1200), 10 + 6.6)
  near(british.cost(at(6, 23, 50), 3 * 3600), 6.6 + 170)
  // The unit that begins at 17:59 is a dear one to its end.
  near(units.cost(at(0, 17, 59), 180), 0.1 + 0.12 + 0.12)
})

test('a unit that has begun is charged whole', () => {
  near(units.cost(at(0, 12), 1), 0.1 + 0.12)
  near(units.cost(at(0, 12), 120), 0.1 + 0.12)
  near(units.cost(at(0, 12), 121), 0.1 + 0.24)
})

test('what has been charged lasts to the end of the unit, or as long as the minimum', () => {
  assert.equal(units.paidUntil(at(0, 12), 1), 120)
  assert.equal(units.paidUntil(at(0, 12), 121), 240)
  assert.equal(units.paidUntil(at(0, 17, 59), 30), 120)
  assert.equal(british.paidUntil(at(0, 20), 40), 300)
  assert.equal(british.paidUntil(at(0, 12), 40), 75)
  assert.equal(british.paidUntil(at(0, 20), 301), 301)
})

test('what money buys is the longest call that costs no more', () => {
  assert.equal(british.lasts(at(0, 20), 4), 0)
  assert.equal(british.lasts(at(0, 20), 60), 3600)
  assert.equal(british.lasts(at(0, 7, 50), 10 + 3.95), 660)
  assert.equal(units.lasts(at(0, 12), 0.05), 0)
  assert.equal(units.lasts(at(0, 12), 0.5), 360)
})

test('the next cheaper hours are found across the week', () => {
  assert.equal(british.nextCheaper(at(0, 12)), at(0, 18))
  assert.equal(british.nextCheaper(at(0, 20)), at(5, 0))
  assert.equal(british.nextCheaper(at(5, 12)), undefined)
  assert.equal(british.nextBorder(at(4, 20)), at(5, 0))
  assert.equal(british.rate(at(0, 8)), 3.95)
  assert.equal(british.rate(at(0, 7, 59, 59)), 1)
})

test('without tariffs nothing is charged', () => {
  const none = tariffOf([])
  assert.equal(none.cost(at(0, 12), 3600), 0)
  assert.equal(none.paidUntil(at(0, 12), 1), Number.POSITIVE_INFINITY)
  assert.equal(none.nextBorder(at(0, 12)), undefined)
  const gratis = tariffOf([{ window: hours('Sat-Sun'), per_minute: 0, minimum: 0, unit: 1000, fee: 0 }])
  assert.equal(gratis.lasts(at(0, 12), 1), Number.POSITIVE_INFINITY)
})

test('the next time of day is tomorrow where today has passed it', () => {
  assert.equal(nextTimeOfDay(13 * 60, at(0, 12)), at(0, 13))
  assert.equal(nextTimeOfDay(13 * 60, at(0, 13)), at(1, 13))
  assert.equal(nextTimeOfDay(0, at(0, 23, 59, 30)), at(1, 0))
})
