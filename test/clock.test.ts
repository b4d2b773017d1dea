import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { systemClock as clock } from '../src/clock.ts'

test('sleeps until its time and no longer', async () => {
  const until = clock.elapsed() + 5
  await clock.sleep(until)
  assert.ok(clock.elapsed() >= until)
  await clock.sleep(until)
})

test('sleeps no longer than its signal lets it, and leaves nothing on it', async () => {
  const ending = new AbortController()
  const slept = clock.sleep(Number.POSITIVE_INFINITY, ending.signal)
  assert.equal(getEventListeners(ending.signal, 'abort').length, 1)
  ending.abort()
  await slept
  assert.equal(getEventListeners(ending.signal, 'abort').length, 0)
  await clock.sleep(Number.POSITIVE_INFINITY, ending.signal)
})

test('a time that comes first leaves nothing on the signal either', async () => {
  const { signal } = new AbortController()
  await clock.sleep(clock.elapsed() + 2, signal)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})
