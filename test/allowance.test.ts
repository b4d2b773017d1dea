/** How much may be under way: enough to fill the line, and hardly more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowance, beginCourse, follow, shareOf } from '../src/allowance.ts'

/** Looks four times a second at something that moves so many octets a second. */
function watched(seconds: number, rate: (second: number) => number) {
  let [octets, course] = [0, beginCourse]
  for (let at = 0; at <= seconds * 1000; at += 250) {
    course = follow(course, { at, octets })
    octets += rate(at / 1000) / 4
  }
  return course
}

test('a modem line has six segments under way inwards, and a little more', () => {
  const octets = allowance('received', 4200, 150, 1460)
  assert.ok(octets > 6 * 1460 && octets < 7.5 * 1460, `${octets}`)
})

test('before anything is known it is six segments', () => {
  assert.equal(allowance('received', 0, 0, 1460), 8760)
})

test('outwards it is twelve: acknowledgements come back behind what is collected', () => {
  assert.equal(allowance('acknowledged', 0, 0, 1460), 17_520)
})

test('a line that can carry more gets more, up to twice what fills it', () => {
  // What goes through is what the allowance lets through in a round trip, or what the line carries.
  const [line, roundTrip] = [1_250_000, 40]
  let octets = allowance('received', 0, roundTrip, 1460)
  for (let look = 0; look < 12; look++) octets = allowance('received', Math.min(line, (octets * 1000) / roundTrip), roundTrip, 1460)
  assert.equal(octets, allowance('received', line, roundTrip, 1460))
  assert.ok(octets >= (2 * line * roundTrip) / 1000)
})

test('the rate is the best of the last five seconds', () => {
  assert.equal(watched(4, () => 4000).rate, 4000)
  assert.equal(watched(4, (second) => (second < 2 ? 4000 : 0)).rate, 4000)
  assert.equal(watched(9, (second) => (second < 2 ? 4000 : 0)).rate, 0)
})

test('one acknowledgement after a pause is no burst', () => {
  const quiet = follow(beginCourse, { at: 0, octets: 0 })
  assert.equal(follow(quiet, { at: 250, octets: 2920 }).rate, 0)
  assert.equal(follow(quiet, { at: 1000, octets: 2920 }).rate, 2920)
})

test('what is remembered does not grow', () => {
  assert.ok(watched(600, () => 4000).looks.length <= 22)
})

test('connections share, but none has less than two segments', () => {
  assert.equal(shareOf(20_000, 2, 1460), 10_000)
  assert.equal(shareOf(20_000, 0, 1460), 20_000)
  assert.equal(shareOf(5000, 4, 1460), 2920)
})
