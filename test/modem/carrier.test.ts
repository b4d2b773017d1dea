/** The line between the modems, with a clock of our own: rate, delay, and what waits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { carrier } from './carrier.ts'

const octets = (count: number, value = 0): Buffer => Buffer.alloc(count, value)
/** Ten octets a millisecond. */
const line = () => carrier({ bitsPerSecond: 80_000, delay: 60 })

test('an octet arrives after its own time on the line and the delay, and not before', () => {
  const way = line()
  way.offer(octets(10), 1000)
  assert.equal(way.arrived(1060).length, 0)
  assert.equal(way.arrived(1060.55).length, 5)
  assert.equal(way.arrived(1061).length, 5)
  assert.ok(way.quiet())
})

test('what is offered while the line is busy leaves behind what was there, in order', () => {
  const way = line()
  way.offer(octets(10, 1), 0)
  way.offer(octets(10, 2), 0.5)
  assert.deepEqual(way.arrived(61.5), Buffer.concat([octets(10, 1), octets(5, 2)]))
  assert.deepEqual(way.arrived(62), octets(5, 2))
})

test('a pause of the computer is a pause on the line', () => {
  const way = line()
  way.offer(octets(10), 0)
  way.offer(octets(10), 5)
  assert.equal(way.arrived(65).length, 10)
  assert.equal(way.arrived(66).length, 10)
})

test('what waits is what has not begun to leave', () => {
  const way = line()
  assert.equal(way.waiting(0), 0)
  way.offer(octets(100), 0)
  assert.equal(way.waiting(0), 100)
  assert.equal(way.waiting(4), 60)
  assert.equal(way.waiting(20), 0)
  assert.ok(!way.quiet())
})

test('it carries its rate, however often one looks', () => {
  const way = carrier({ bitsPerSecond: 33_600, delay: 60 })
  for (let now = 0; now < 10_000; now += 7) {
    if (way.waiting(now) < 512) way.offer(octets(600), now)
    way.arrived(now)
  }
  assert.ok(Math.abs(way.carried() - 9.94 * 4200) < 50, `${way.carried()} octets in 9.94 s`)
})
