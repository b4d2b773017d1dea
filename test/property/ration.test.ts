/** Wish and ration against a month of letters of all sizes: what a budget never pays for, and that every letter goes at last. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lineTime, roomIn } from '../../src/call/ration.ts'
import { longestCall } from '../../src/call/wish-budget.ts'
import { rationOf } from '../../src/call/wish-ration.ts'
import type { Limit, Policy } from '../../src/call/wish-state.ts'
import { tariffOf } from '../../src/link/tariff.ts'
import { isFit } from '../../src/mail/room.ts'
import { type World, worldOf } from '../call/wish-world.ts'
import { hours } from '../link/hours.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const monday = new Date(2000, 10, 20).getTime()
const setup = 20_000
const rate = 3500

const unit = minute
const rates = { minimum: 5, unit, fee: 0 }
const tariff = tariffOf([
  { ...rates, window: hours('Mon-Fri 08:00-18:00'), per_minute: 4 },
  { ...rates, per_minute: 1 },
])

const policies: fc.Arbitrary<Policy> = fc.record({
  timetable: fc.constant([]),
  windows: fc.constant([]),
  forbidden: fc.subarray([hours('daily 00:00-06:00')]),
  max_wait: fc.constantFrom(6 * hour, 12 * hour),
  idle: fc.constant(5 * minute),
  idle_by_hand: fc.constant(10 * minute),
  use_paid: fc.boolean(),
  urgent: fc.constant('open'),
  budget: fc.constantFrom<Limit[][]>([{ per: 'day', ms: 20 * minute }], [{ per: 'day', money: 90 }], [{ per: 'day', ms: 45 * minute }]),
  tariff: fc.constantFrom(tariff, undefined),
  hasBoxes: fc.boolean(),
  hasRoom: fc.constant(() => true),
  learned: fc.constant(() => ({ rate: { out: rate, in: rate }, setupSeconds: setup / 1000, expected: () => ({ out: 0, in: 0 }) })),
})

/** The line is as fast as was learned, or so much slower. */
const slownesses = fc.constantFrom(1, 1.09)

type Letter = { readonly at: number; readonly octets: number }

const month: fc.Arbitrary<readonly Letter[]> = fc
  .array(
    fc.record({
      at: fc.integer({ min: 1, max: 10 * day }),
      octets: fc.oneof(fc.integer({ min: 300, max: 100_000 }), fc.integer({ min: 100_000, max: 25_000_000 })),
    }),
    { maxLength: 30 },
  )
  .map((letters) => letters.toSorted((a, b) => a.at - b.at))

type Played = {
  readonly left: readonly Letter[]
  readonly spent: World['wish'] extends () => infer W ? W : never
  readonly overdrawn: ReadonlySet<number>
}

/** Plays the letters to the wish, smallest first as far as there is room, and as long as it takes; `overdrawn`: beginnings of calls that had one too long for any. */
function play(policy: Policy, letters: readonly Letter[], slowness: number): Played {
  const left = new Set(letters)
  const overdrawn = new Set<number>()
  const here = (world: World): readonly Letter[] =>
    [...left].filter(({ at }) => at <= world.now().elapsed).toSorted((a, b) => a.octets - b.octets)
  const tellQueue = (world: World): void => {
    const waiting = here(world)
    const octets = waiting.reduce((sum, letter) => sum + letter.octets, 0)
    const oldest = waiting.length > 0 ? Math.min(...waiting.map(({ at }) => at)) : undefined
    world.send({ kind: 'queue', letters: waiting.length, octets, oldest, bulkOnly: false })
  }
  const carry = (world: World): void => {
    const call = world.line()
    const { elapsed: now } = world.now()
    const room = roomIn(rationOf(world.wish(), world.now(), policy), { now, rate, ahead: 0 })
    const fits = ({ at, octets }: Letter): boolean => !room || isFit({ size: octets, since: at, urgent: false }, room)
    const waiting = here(world)
    const pressing = waiting.filter(({ at }) => room && at <= room.mustBefore)
    const letter = [...pressing, ...waiting].find(fits)
    if (!letter) {
      const longest = longestCall(world.now(), policy)
      if (waiting.length > 0)
        world.send({ kind: 'put-off', octets: 0, tooLong: waiting.some(({ octets }) => lineTime(octets, rate) > longest) })
      tellQueue(world)
      world.send({ kind: 'emptied', since: now })
      world.send({ kind: 'working', busy: false })
      return
    }
    if (room?.alone !== undefined && letter.octets > room.alone) overdrawn.add(world.wish().charged?.elapsed ?? 0)
    world.at(now + (letter.octets / rate) * 1000 * slowness, () => {
      // A letter that the end of a call cut is here still.
      if (world.line() !== call) return
      left.delete(letter)
      carry(world)
    })
  }
  const world = worldOf({ policy, wall: monday, setup, up: carry })
  for (const { at } of letters) world.at(at, () => tellQueue(world))
  world.run(60 * day)
  return { left: [...left], spent: world.wish(), overdrawn }
}

const run = { seed: 7, numRuns: 60 }

test('every letter goes at last, however long it takes', () => {
  fc.assert(
    fc.property(policies, month, slownesses, (policy, letters, slowness) => assert.deepEqual(play(policy, letters, slowness).left, [])),
    run,
  )
})

test('no day costs more than its budget and a unit, save by one letter that is too long for any', () => {
  let exceptions = 0
  fc.assert(
    fc.property(policies, month, slownesses, (policy, letters, slowness) => {
      const { spent, overdrawn } = play(policy, letters, slowness)
      exceptions += overdrawn.size
      const [limit] = policy.budget
      const days = Map.groupBy(spent.spent, ({ wall = monday }) => new Date(wall).toDateString())
      for (const calls of days.values()) {
        const own = calls.filter(({ elapsed }) => !overdrawn.has(elapsed))
        assert.ok(calls.length - own.length <= 1)
        const sum = (part: 'seconds' | 'cost'): number => own.reduce((all, one) => all + one[part], 0)
        if (limit?.ms !== undefined) assert.ok(sum('seconds') * 1000 <= limit.ms + unit)
        else if (policy.tariff) assert.ok(sum('cost') <= (limit?.money ?? 0) + 4)
      }
    }),
    run,
  )
  assert.ok(exceptions > 0)
})
