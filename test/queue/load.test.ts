import assert from 'node:assert/strict'
import { test } from 'node:test'
import { events } from '../../src/log/events.ts'
import { openQueue } from '../../src/queue/queue.ts'
import { fourHoursFiveDays } from '../../src/queue/retry.ts'
import type { Store } from '../../src/queue/store.ts'
import { fakeClock } from '../fake/clock.ts'
import { accepted, headOf, out } from './copies.ts'
import { openSpool } from './spools.ts'

test('carrying a letter asks the store as often with ten thousand waiting as with a thousand', async () => {
  const few = await questions(1_000)
  assert.ok(few > 0)
  assert.equal(await questions(10_000), few)
})

/** Calls of the store for a hundred letters that are carried, with so many waiting. */
async function questions(letters: number): Promise<number> {
  const spool = await openSpool({ segment: 512 * 1024, chunk: 4096 })
  await fill(spool.store, letters)
  const { store, asked } = counting(spool.store)
  const queue = openQueue({ store, clock: fakeClock(), log: events(() => undefined), policy: fourHoursFiveDays })
  const load = queue.load('smarthost')
  const before = asked()
  for (let n = 0; n < 100; n++) {
    const letter = load.next()
    assert.ok(letter)
    await load.trying(letter.deliveries, 'note')
    for (const delivery of letter.deliveries) load.settle(delivery, accepted)
  }
  const after = asked()
  assert.equal(store.counts(() => ({ running: 0, call: -1, hurried: -1 })).letters, letters - 100)
  spool.end()
  return after - before
}

async function fill(store: Store, letters: number): Promise<void> {
  for (let letter = 1; letter <= letters; letter += 100) {
    const kept = Array.from({ length: 100 }, async (_, n) => {
      const writing = store.open(letter + n)
      await writing.write(Buffer.alloc(40, 'x'))
      await writing.keep(headOf([out], 40), [])
    })
    await Promise.all(kept)
  }
}

/** The store, and how often it was called. */
function counting(store: Store): { readonly store: Store; asked(): number } {
  let calls = 0
  const counted = Object.entries(store).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === 'function'
      ? (...words: unknown[]): unknown => {
          calls++
          return (member as (...words: unknown[]) => unknown)(...words)
        }
      : member,
  ])
  return { store: Object.fromEntries(counted) as Store, asked: () => calls }
}
