import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relief } from '../../src/accept/relief.ts'

test('garbage is collected after every megabyte and a half received', () => {
  let collected = 0
  const relieve = relief(() => collected++)
  for (let i = 0; i < 5 * 16; i++) relieve(64 * 1024)
  assert.equal(collected, 3)
})
