import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxes } from '../../src/call/boxes.ts'
import { meter } from '../../src/call/meter.ts'
import type { Report } from '../../src/collect/session.ts'
import { fakeClock } from '../fake/clock.ts'

const report: Report = {
  account: 'work',
  outcome: 'done',
  listed: 2,
  collected: 2,
  noted: 0,
  doubles: 0,
  deleted: 2,
  left: 0,
  traffic: { received: 40_000, sent: 200 },
  elapsed: 10_000,
  fulfilled: [],
}
const progress = (account: string, letters: number, octets: number) => ({
  account,
  letters: { done: letters, total: 9 },
  octets: { done: octets, total: 9000 },
})

test('what two boxes bring adds up while it comes, over several sessions', () => {
  const counting = meter(fakeClock())
  const watched = boxes(counting)
  counting.begin('ip-up')
  watched.got(progress('work', 1, 1000))
  watched.got(progress('shofar', 2, 500))
  watched.got(progress('work', 2, 3000))
  watched.ended(report)
  watched.got(progress('work', 1, 100))
  watched.got(progress('shofar', 0, 0))
  assert.deepEqual(counting.current()?.in, { letters: 5, octets: 3600 })
})

test('a box tells how far it is, and how it ended last', () => {
  const watched = boxes(meter(fakeClock()))
  assert.deepEqual(watched.of('work'), {})
  watched.got(progress('work', 1, 1000))
  assert.equal(watched.of('work').now?.letters.done, 1)
  watched.ended(report)
  assert.deepEqual(watched.of('work'), { last: report })
})

test('the rate of the line is learned from transfers that filled it, not from short ones', () => {
  const counting = meter(fakeClock())
  assert.equal(counting.rate(), 3500)
  counting.measured(100, 1000)
  assert.equal(counting.rate(), 3500)
  counting.measured(45_000, 10_000)
  assert.equal(counting.rate(), 4000)
})

test("a call is remembered with what it carried and why it ended; traffic outside a call is nobody's", async () => {
  const clock = fakeClock()
  const counting = meter(clock)
  counting.sent({ letters: 1, octets: 1 })
  counting.begin('ip-up')
  counting.sent({ letters: 1, octets: 2000 })
  await clock.advance(62_000)
  assert.equal(counting.current()?.seconds, 62)
  counting.end('ip-down')
  assert.equal(counting.current(), undefined)
  assert.deepEqual(
    counting.calls().map(({ seconds, out, ended }) => ({ seconds, out, ended })),
    [{ seconds: 62, out: { letters: 1, octets: 2000 }, ended: 'ip-down' }],
  )
})
