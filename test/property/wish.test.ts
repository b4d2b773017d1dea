/** The wish against a line and a house that do as they like: what it must never do, and what it must do at last. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Policy } from '../../src/call/wish-state.ts'
import { within } from '../../src/link/week.ts'
import { tariffOf } from '../../src/link/tariff.ts'
import { type World, worldOf } from '../call/wish-world.ts'
import { hours } from '../link/hours.ts'

const minute = 60_000
const hour = 60 * minute
const monday = new Date(2000, 10, 20).getTime()
const setup = 20_000

const rates = { minimum: 5, unit: 60_000, fee: 0 }
const tariff = tariffOf([
  { ...rates, window: hours('Mon-Fri 08:00-18:00'), per_minute: 4 },
  { ...rates, per_minute: 1 },
])
const budget = 45 * minute

const policies: fc.Arbitrary<Policy> = fc.record({
  timetable: fc.subarray([8 * 60, 13 * 60, 18 * 60 + 5]),
  windows: fc.subarray([hours('daily 18:00-22:00')]),
  forbidden: fc.subarray([hours('daily 00:00-06:00'), hours('Mon-Wed 12:30-13:30')]),
  max_wait: fc.constantFrom(1 * hour, 2 * hour, 6 * hour, 12 * hour),
  idle: fc.constant(5 * minute),
  idle_by_hand: fc.constant(10 * minute),
  use_paid: fc.boolean(),
  urgent: fc.constantFrom('always', 'open', 'never'),
  budget: fc.subarray([{ per: 'day' as const, ms: budget }]),
  tariff: fc.constantFrom(tariff, undefined),
  hasBoxes: fc.boolean(),
  hasRoom: fc.constant(() => true),
  // The first of them answers every call.
  ownBoxes: fc.subarray(['', 'isp-b']),
  learned: fc.constant(() => ({
    rate: { out: 3500, in: 3500 },
    setupSeconds: 20,
    expected: (from: number, to: number) => ({ out: 0, in: (20_000 * (to - from)) / 3_600_000 }),
  })),
})

type Happening = {
  readonly after: number
  readonly what: 'letter' | 'urgent' | 'ask' | 'user' | 'withdraw' | 'drop' | 'theirs' | 'lan' | 'quiet'
}

const house: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 5 * hour }),
    what: fc.constantFrom<Happening['what'][]>('letter', 'letter', 'urgent', 'ask', 'user', 'withdraw', 'drop', 'theirs', 'lan', 'quiet'),
  }),
  { maxLength: 40 },
)

type Told = { dialledShut: string[]; hungUpTheirs: number }

/** Plays the house for ten days; mail's work in a call takes three minutes. */
function play(policy: Policy, happenings: readonly Happening[], known: boolean): Told & { world: World } {
  const told: Told = { dialledShut: [], hungUpTheirs: 0 }
  let theirs = false
  let letters = 0
  const world = worldOf({
    policy,
    wall: known ? monday : undefined,
    setup,
    up: (here) => {
      const began = here.line()
      here.at(here.now().elapsed + 3 * minute, () => {
        if (here.line() !== began) return
        letters = 0
        here.send({ kind: 'queue', ...waiting(letters, 0) })
        here.send({ kind: 'emptied', since: here.now().elapsed - 3 * minute })
        here.send({ kind: 'working', busy: false })
      })
    },
    seen: (effect, { now, wish }) => {
      const { wall } = now()
      if (effect.kind === 'dial' && wall !== undefined && within(policy.forbidden, wall) && !wish().wanted?.always)
        told.dialledShut.push(effect.cause.words)
      if (effect.kind === 'hang-up' && theirs) told.hungUpTheirs++
    },
  })
  let now = 0
  for (const { after, what } of happenings) {
    now += after
    world.run(now)
    const { kind } = world.line()
    if (kind === 'down') theirs = false
    if (what === 'letter') world.send({ kind: 'queue', ...waiting(++letters, now) })
    if (what === 'urgent') world.send({ kind: 'queue', ...waiting(++letters, now), urgent: { id: String(now), from: 'keith' } })
    if (what === 'ask') world.send({ kind: 'asked', by: 'operator', cause: 'operator' })
    if (what === 'user') world.send({ kind: 'asked', by: 'user', cause: 'LAN host' })
    if (what === 'withdraw') world.send({ kind: 'withdrawn', reason: 'operator' })
    if (what === 'lan' || what === 'quiet') world.send({ kind: 'users', active: what === 'lan' })
    if (what === 'drop' && kind === 'up') {
      world.become({ kind: 'down', since: now, reason: 'carrier lost' })
      // Who drives the line dials again by himself.
      if (world.wish().wanted) world.become({ kind: 'up', since: now, reason: 'again', isp: '', link: nowhere })
      theirs = false
    }
    if (what === 'theirs' && kind === 'down' && !world.wish().wanted) {
      theirs = true
      world.become({ kind: 'up', since: now, reason: 'by hand', isp: '', link: nowhere })
    }
  }
  world.send({ kind: 'users', active: false })
  if (theirs) {
    theirs = false
    world.become({ kind: 'down', since: now, reason: 'by hand' })
  }
  world.run(now + 240 * hour)
  return { ...told, world }
}

const nowhere = { interface: 'ppp0', tty: '', speed: 0, local: '', remote: '', ipparam: '' }
const waiting = (letters: number, oldest: number) => ({
  letters,
  octets: letters * 3500,
  oldest: letters > 0 ? oldest : undefined,
  bulkOnly: false,
})
const run = { seed: 4, numRuns: 300 }

test('nobody but the operator and what is always urgent dials in forbidden hours', () => {
  fc.assert(
    fc.property(policies, house, (policy, happenings) => assert.deepEqual(play(policy, happenings, true).dialledShut, [])),
    run,
  )
})

test("somebody else's call is never hung up", () => {
  fc.assert(
    fc.property(policies, house, fc.boolean(), (policy, happenings, known) =>
      assert.equal(play(policy, happenings, known).hungUpTheirs, 0),
    ),
    run,
  )
})

test('the line is hung up at last when nothing is wanted, and while something waits there is a time to wake', () => {
  fc.assert(
    fc.property(policies, house, fc.boolean(), (policy, happenings, known) => {
      const { world } = play(policy, happenings, known)
      const { wanted, queue } = world.wish()
      // Ten days later a call may just be under way, but then it is one that has begun lately.
      if (wanted) assert.ok(world.now().elapsed - (world.wish().charged?.elapsed ?? 0) < hour)
      else assert.equal(world.line().kind, 'down')
      if (!wanted && (queue.letters > 0 || policy.hasBoxes)) assert.ok((world.wakes() ?? -1) > world.now().elapsed)
    }),
    run,
  )
})

test('no day costs more than its budget, save what the operator had', () => {
  fc.assert(
    fc.property(policies, house, (policy, happenings) => {
      if (policy.budget.length === 0) return
      const { world } = play(
        policy,
        happenings.filter(({ what }) => what !== 'ask'),
        true,
      )
      const days = new Map<number, number>()
      for (const { wall = 0, seconds } of world.wish().spent) {
        const day = Math.floor((wall - monday) / (24 * hour))
        days.set(day, (days.get(day) ?? 0) + seconds * 1000)
      }
      for (const spent of days.values()) assert.ok(spent <= budget + 1000, `${spent} ms`)
    }),
    run,
  )
})
