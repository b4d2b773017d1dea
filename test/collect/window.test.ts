import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderWindow } from '../../src/collect/window.ts'

/** How many letters of this size may be ordered before one comes. */
async function ahead(size: number): Promise<number> {
  const window = orderWindow()
  for (let ordered = 0; ; ordered++) {
    if (!(await passes(window.room()))) return ordered
    window.asked(size)
  }
}

async function passes(room: Promise<void>): Promise<boolean> {
  const later = new Promise<false>((resolve) => setImmediate(() => resolve(false)))
  return Promise.race([room.then(() => true), later])
}

for (const [size, count] of [
  [5_000_000, 2],
  [16_384, 2],
  [8192, 4],
  [1000, 16],
] as const) {
  test(`of letters of ${size} octets ${count} are ordered ahead`, async () => assert.equal(await ahead(size), count))
}

test('one more may be ordered when one has come, and none while too many are not on the disk', async () => {
  const window = orderWindow()
  for (let nth = 0; nth < 24; nth++) {
    assert.ok(await passes(window.room()))
    window.asked(100)
    window.came(100)
  }
  const room = window.room()
  assert.equal(await passes(room), false)
  window.settled()
  assert.equal(await passes(room), true)
})

test('an opened window lets everybody pass', async () => {
  const window = orderWindow()
  for (let nth = 0; nth < 2; nth++) window.asked(1_000_000)
  const room = window.room()
  assert.equal(await passes(room), false)
  window.open()
  assert.equal(await passes(room), true)
})
