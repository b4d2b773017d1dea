import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Entry, ring } from '../../src/log/ring.ts'
import { fakeClock } from '../fake/clock.ts'

const line = (text: string) => ({ level: 'info', event: 'test', text, fields: { secret: 'not kept' } }) as const

test('the last lines come oldest first, as many as are asked for', () => {
  const { sink, last } = ring({ bytes: 10_000, clock: fakeClock() })
  for (const text of ['a', 'b', 'c']) sink(line(text))
  assert.deepEqual(
    last(2).map(({ text }) => text),
    ['b', 'c'],
  )
  assert.equal(last(99).length, 3)
  assert.deepEqual([last(0), last(-1)], [[], []])
})

test('old lines make room: what is kept is never more than was allowed', () => {
  const { sink, last } = ring({ bytes: 1000, clock: fakeClock() })
  for (let n = 0; n < 500; n++) sink(line(`line ${n}`))
  const kept = last(1000)
  assert.equal(kept.at(-1)?.text, 'line 499')
  assert.ok(kept.length > 3 && kept.length <= 1000 / 120)
})

test('a line that is larger than the ring is forgotten, and the ring works on', () => {
  const { sink, last } = ring({ bytes: 300, clock: fakeClock() })
  sink(line('x'.repeat(1000)))
  assert.deepEqual(last(5), [])
  sink(line('y'))
  assert.equal(last(5).length, 1)
})

test('a very long line is cut, and control characters are not kept', () => {
  const { sink, last } = ring({ bytes: 10_000, clock: fakeClock() })
  sink(line(`\x1b[2J${'x'.repeat(5000)}`))
  assert.match(last(1)[0]?.text ?? '', /^ \[2Jx{1900,2000}\.\.\.$/)
})

test('lines from before the clock was set show their true time afterwards', async () => {
  const clock = fakeClock(0)
  const { sink, last } = ring({ bytes: 10_000, clock })
  sink(line('booting'))
  await clock.advance(60_000)
  assert.equal(last(1)[0]?.at, 0)
  clock.jump(Date.UTC(2026, 10, 22, 12, 1))
  assert.equal(last(1)[0]?.at, Date.UTC(2026, 10, 22, 12, 0))
})

test('followers see each line once, until they stop', () => {
  const { sink, follow } = ring({ bytes: 10_000, clock: fakeClock() })
  const seen: Entry[] = []
  sink(line('before'))
  const stop = follow((entry) => seen.push(entry))
  sink(line('during'))
  stop()
  sink(line('after'))
  assert.deepEqual(seen, [{ at: fakeClock().now(), level: 'info', event: 'test', text: 'during' }])
})
