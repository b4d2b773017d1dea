import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderWindow, type Order, type Window } from '../../src/collect/window.ts'

/** Asks for letters of this size until no more may be asked for. */
async function fill(window: Window, size: number): Promise<Order[]> {
  const orders: Order[] = []
  while (await passes(window.room())) orders.push(window.ask(size))
  return orders
}

async function passes(room: Promise<void>): Promise<boolean> {
  const later = new Promise<false>((resolve) => setImmediate(() => resolve(false)))
  return Promise.race([room.then(() => true), later])
}

for (const [size, count] of [
  [5_000_000, 1],
  [30_000, 2],
  [16_384, 3],
  [1536, 32],
  [100, 48],
  [0, 48],
] as const) {
  test(`of letters of ${size} octets ${count} are asked for ahead`, async () =>
    assert.equal((await fill(orderWindow(), size)).length, count))
}

test('nothing more is asked for before half of it has come, and then as much at once', async () => {
  const window = orderWindow()
  const first = await fill(window, 1536)
  for (const order of first.slice(0, 15)) order.came()
  assert.equal(await passes(window.room()), false)
  first[15]?.came()
  assert.equal((await fill(window, 1536)).length, 16)
})

test('while the end of a big letter arrives the next are asked for', async () => {
  const window = orderWindow()
  const [big] = await fill(window, 1_000_000)
  big?.got(1_000_000 - 24 * 1024 - 1)
  assert.equal(await passes(window.room()), false)
  big?.got(1)
  assert.equal((await fill(window, 2048)).length, 12)
})

test('a letter bigger than it was said to be counts for no less than nothing', async () => {
  const window = orderWindow()
  const [small] = await fill(window, 48 * 1024)
  small?.got(1_000_000)
  assert.equal((await fill(window, 16 * 1024)).length, 3)
  small?.came()
  assert.equal(await passes(window.room()), false)
})

test('none is asked for while too many are not on the disk', async () => {
  const window = orderWindow()
  const orders: Order[] = []
  for (let nth = 0; nth < 24; nth++) {
    assert.ok(await passes(window.room()))
    const order = window.ask(100)
    order.came()
    orders.push(order)
  }
  const room = window.room()
  assert.equal(await passes(room), false)
  orders[0]?.settled()
  assert.equal(await passes(room), true)
})

test('an opened window lets everybody pass', async () => {
  const window = orderWindow()
  await fill(window, 1_000_000)
  const room = window.room()
  assert.equal(await passes(room), false)
  window.open()
  assert.equal(await passes(room), true)
})
