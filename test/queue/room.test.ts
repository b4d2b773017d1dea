/** What a load is given of the queue while a call has room for some letters only. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { events } from '../../src/log/events.ts'
import type { Priority } from '../../src/mail/message.ts'
import type { Room } from '../../src/mail/room.ts'
import type { Load } from '../../src/queue/courier.ts'
import { openQueue, type Queue } from '../../src/queue/queue.ts'
import { fourHoursFiveDays } from '../../src/queue/retry.ts'
import { fakeClock } from '../fake/clock.ts'
import { fakeStore } from '../fake/store.ts'
import { frodo, headOf, hour, minute, out } from './copies.ts'
import { openSpool } from './spools.ts'

const never = Number.NEGATIVE_INFINITY
const tight: Room = { paid: 5000, most: 50_000, mustBefore: never }

function hall(store = fakeStore()) {
  const clock = fakeClock()
  const queue = openQueue({ store, clock, log: events(() => undefined), policy: fourHoursFiveDays })
  return { clock, queue, keep: (size: number, priority: Priority = 'normal', copies = [out]) => keepIn(queue, size, priority, copies) }
}

async function keepIn(queue: Queue, size: number, priority: Priority, copies: readonly (typeof out)[]): Promise<string> {
  const intake = queue.open()
  await intake.write(Buffer.alloc(size, 'x'))
  await intake.keep({ from: frodo, copies, parameters: {}, origin: { door: 'accept', client: 'herring' }, priority })
  return intake.id
}

function ids(load: Load): string[] {
  const found: string[] = []
  for (let letter = load.next(); letter; letter = load.next()) found.push(letter.message.id)
  return found
}

describe('while there is room for some letters only', () => {
  test('those that fit are given, and the others stay as they are', async () => {
    const { queue, keep } = hall()
    const [large, small, bulk] = [await keep(9000), await keep(1000), await keep(1000, 'bulk')]
    assert.deepEqual(ids(queue.load('smarthost', { room: () => tight })), [small, bulk])
    assert.equal(queue.find(large)?.deliveries[0]?.attempts, 0)
    assert.deepEqual(ids(queue.load('smarthost', { room: () => undefined })), [large])
  })

  test('urgent ones come first, then what must go, and neither if they would run over the budget', async () => {
    const { queue, keep, clock } = hall()
    const [old, huge] = [await keep(9000), await keep(60_000)]
    await clock.advance(hour)
    const [small, urgent] = [await keep(1000), await keep(9000, 'urgent')]
    await keep(60_000, 'urgent')
    await keep(9000)
    assert.deepEqual(ids(queue.load('smarthost', { room: () => ({ ...tight, mustBefore: minute }) })), [urgent, old, small])
    const cheap = ids(queue.load('smarthost', { room: () => ({ ...tight, alone: 55_000 }) }))
    assert.equal(cheap.includes(huge), true)
  })

  test('a load asks again for each letter, and once the room is wider what it passed over comes', async () => {
    const { queue, keep } = hall()
    const [a, large, b] = [await keep(1000), await keep(9000), await keep(2000)]
    let room: Room = tight
    const load = queue.load('smarthost', { room: () => room })
    assert.equal(load.next()?.message.id, a)
    room = { ...tight, paid: 1500 }
    assert.equal(load.next(), undefined)
    room = { ...tight, paid: 10_000 }
    assert.deepEqual(ids(load), [b, large])
  })

  test('one that grows too old meanwhile comes, even in the same load', async () => {
    const { queue, keep } = hall()
    const large = await keep(9000)
    let mustBefore = -minute
    const load = queue.load('smarthost', { room: () => ({ ...tight, mustBefore }) })
    assert.equal(load.next(), undefined)
    mustBefore = 0
    assert.equal(load.next()?.message.id, large)
  })

  test('one for which there is no room any more when it begins is not wanted, and comes again once there is', async () => {
    const { queue, keep } = hall()
    await keep(4000)
    let room: Room | undefined = tight
    const load = queue.load('smarthost', { room: () => room })
    const letter = load.next()
    assert.ok(letter)
    await load.trying(letter.deliveries, 'note')
    assert.equal(load.isStillWanted(letter, 0), true)
    room = { ...tight, paid: 100 }
    assert.equal(load.isStillWanted(letter, 0), false)
    load.putBack(letter)
    assert.equal(load.next(), undefined)
    room = undefined
    assert.equal(load.next()?.message.id, letter.message.id)
  })

  test('nothing is due that there is no room for', async () => {
    const { queue, keep, clock } = hall()
    await keep(9000)
    queue.lineUp(true)
    assert.equal(
      queue.nextDue('smarthost', () => tight),
      undefined,
    )
    await keep(1000)
    assert.equal(
      queue.nextDue('smarthost', () => tight),
      clock.elapsed(),
    )
  })
})

test('ages outlive the process: what was kept in a former life waits since before this one', async () => {
  const store = fakeStore()
  const first = hall(store)
  await first.clock.advance(hour)
  await first.keep(1000)
  await first.clock.advance(2 * hour)
  await first.keep(1000)
  await first.queue.close()
  const { queue } = hall(store.kill())
  assert.equal(queue.running(0), 3 * hour)
  assert.equal(ids(queue.load('smarthost', { room: () => ({ ...tight, paid: 0, mustBefore: -3 * hour }) })).length, 0)
  assert.equal(ids(queue.load('smarthost', { room: () => ({ ...tight, paid: 0, mustBefore: -hour }) })).length, 1)
})

test('ten thousand letters that there is no room for hold nobody up', async () => {
  const spool = await openSpool({ segment: 512 * 1024, chunk: 4096 })
  const { store } = spool
  for (let letter = 1; letter <= 10_000; letter += 100) {
    const kept = Array.from({ length: 100 }, async (_, n) => {
      const writing = store.open(letter + n)
      await writing.write(Buffer.alloc(40, 'x'))
      // Ten of them are small.
      await writing.keep(headOf([out], (letter + n) % 1000 === 0 ? 40 : 300_000), [])
    })
    await Promise.all(kept)
  }
  let questions = 0
  const counted: typeof store = { ...store, next: (...words) => (questions++, store.next(...words)) }
  const queue = openQueue({ store: counted, clock: fakeClock(), log: events(() => undefined), policy: fourHoursFiveDays })
  const load = queue.load('smarthost', { room: () => tight })
  const began = performance.now()
  assert.equal(ids(load).length, 10)
  for (let more = 0; more < 1000; more++) load.next()
  assert.ok(questions < 20, `the store was asked ${questions} times`)
  assert.ok(performance.now() - began < 2000)
  await queue.close()
  spool.end()
})
