import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import { clockServer } from '../time/clock-server.ts'
import { openDialHouse } from './dial-house.ts'

/** Ten seconds of the daemon's are one of the test's. */
const hurry = 10
const elapsed = (): number => performance.now() * hurry

test('a box with a timetable that boots in 1970 calls to learn the time, and then waits for the next time in the table', async (t) => {
  let offset = -elapsed()
  const clock: Clock = { now: () => offset + elapsed(), elapsed, sleep: (until, signal) => systemClock.sleep(until / hurry, signal) }
  const server = await clockServer(() => new Date(2029, 5, 1, 12).getTime() + elapsed())
  t.after(() => server.close())
  const house = await openDialHouse(t, {
    clock,
    hurry,
    setClock(wall) {
      offset = wall - elapsed()
    },
    adjust: (config) => ({
      ...config,
      call: { ...config.call, timetable: [13 * 60] },
      time: { servers: [{ host: '127.0.0.1', port: server.port }], set: true },
    }),
  })
  assert.match((await house.status()).plan, /what time is it/)
  await house.until('the time is learned', () => house.said('clock-known') !== undefined, 30_000)
  await house.until('the modem is on hook', () => !house.connected())
  await house.until('it waits for one o’clock', async () => /13:00/.test((await house.status()).plan))
  assert.deepEqual(house.calls(), ['08451234567'])
})
