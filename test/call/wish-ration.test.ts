import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rationOf } from '../../src/call/wish-ration.ts'
import { endOf } from '../../src/call/wish-stay.ts'
import { describe } from '../../src/call/wish-words.ts'
import { step } from '../../src/call/wish.ts'
import { noWish, type Policy, type Wish } from '../../src/call/wish-state.ts'
import { tariffOf } from '../../src/link/tariff.ts'
import { hours } from '../link/hours.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
/** Elapsed 0 of every row: a Monday, local time. */
const noon = new Date(2000, 10, 20, 12).getTime()

/** A call at a cheap hour costs 4 at least: as much as it saves in two minutes. */
const office = { window: hours('Mon-Fri 08:00-18:00'), per_minute: 3, minimum: 0, unit: minute, fee: 0 }
const tariff = tariffOf([office, { per_minute: 1, minimum: 0, unit: minute, fee: 3 }])
const plain: Policy = {
  timetable: [],
  windows: [],
  forbidden: [],
  max_wait: 12 * hour,
  idle: 5 * minute,
  idle_by_hand: 10 * minute,
  use_paid: false,
  urgent: 'open',
  budget: [],
  tariff,
  hasBoxes: false,
  hasRoom: () => true,
  learned: () => ({ rate: { out: 3500, in: 3500 }, setupSeconds: 20, expected: () => ({ out: 0, in: 0 }) }),
}
const headStart = minute + 20 * second
const goodbye = 3 * second
const waitedLong = headStart - 12 * hour
/** The minute that the setup begins, and two. */
const worthwhile = minute - goodbye + 2 * minute
const waiting = { must: 6 * hour - 12 * hour + headStart, until: worthwhile }

const byMail = { by: 'mail', cause: { words: '' }, always: false, shared: false } as const

type Row = {
  readonly policy?: Partial<Policy>
  readonly by?: 'mail' | 'user' | 'operator'
  readonly state?: Partial<Wish>
  readonly elapsed?: number
  readonly unclocked?: true
}

const rows: readonly [string, Row, readonly [until: number, mustBefore: number, budgetEnds: number] | undefined][] = [
  ['dear hours: what is paid for, and what waits too long for 18:00', {}, [waiting.until, waiting.must, Number.POSITIVE_INFINITY]],
  ['the unit that has begun meanwhile', { elapsed: 4.5 * minute }, [5 * minute - goodbye, waiting.must, Number.POSITIVE_INFINITY]],
  ['cheap hours', { elapsed: 6 * hour }, undefined],
  [
    'hours that cost nothing ahead: what is paid for, and a little',
    { policy: { tariff: tariffOf([office]) } },
    [minute - goodbye + 15 * second, waiting.must, Number.POSITIVE_INFINITY],
  ],
  ['one price at every hour', { policy: { tariff: tariffOf([{ per_minute: 1, minimum: 0, unit: second, fee: 0 }]) } }, undefined],
  ['no tariff', { policy: { tariff: undefined } }, undefined],
  [
    'windows and no tariff: a second costs three outside them, a little goes all the same',
    { policy: { tariff: undefined, windows: [hours('daily 20:00-22:00')] } },
    [20 * second - goodbye + 15 * second, 8 * hour - 12 * hour + headStart, Number.POSITIVE_INFINITY],
  ],
  ['an hour that is cheaper but forbidden', { policy: { forbidden: [hours('daily 18:00-08:00')] } }, undefined],
  [
    'cheaper hours of which the first is forbidden',
    { policy: { forbidden: [hours('daily 17:00-19:00')] } },
    [waiting.until, waiting.must + hour, Number.POSITIVE_INFINITY],
  ],
  ['the clock unknown', { unclocked: true }, undefined],
  ["the operator's call", { by: 'operator' }, undefined],
  ["somebody else's call", { state: { charged: { elapsed: 0, wall: noon } }, by: undefined as never }, undefined],
  ['somebody who wants mail at once', { state: { wanted: { ...byMail, cause: { words: 'flush', person: true } } } }, undefined],
  ['a call that LAN users use as well', { state: { wanted: { ...byMail, shared: true } } }, undefined],
  ["a LAN user's call", { by: 'user' }, undefined],
  ["a LAN user's call and a budget", { by: 'user', policy: { budget: [{ per: 'day', ms: hour }] } }, [hour, waitedLong, hour]],
  ['a budget alone', { policy: { tariff: undefined, budget: [{ per: 'day', ms: hour }] } }, [hour, waitedLong, hour]],
  [
    'a budget of which half is spent',
    {
      policy: { tariff: undefined, budget: [{ per: 'day', ms: hour }] },
      state: { spent: [{ wall: noon - hour, elapsed: -hour, seconds: 1800, cost: 0 }] },
    },
    [hour / 2, waitedLong, hour / 2],
  ],
  ['money in dear hours', { policy: { budget: [{ per: 'day', money: 30 }] } }, [waiting.until, waiting.must, 10 * minute]],
  ['the operator and a budget', { by: 'operator', policy: { budget: [{ per: 'day', ms: hour }] } }, undefined],
]

for (const [what, { policy, state, elapsed = 0, unclocked, ...row }, expected] of rows)
  test(`${what}: ${expected ? 'limits' : 'everything goes'}`, () => {
    const by = 'by' in row ? row.by : 'mail'
    const wish: Wish = {
      ...noWish(0, []),
      ...(by ? { wanted: { ...byMail, by } } : {}),
      charged: { elapsed: 0, wall: unclocked ? undefined : noon },
      ...state,
    }
    const ration = rationOf(wish, { elapsed, wall: unclocked ? undefined : noon + elapsed }, { ...plain, ...policy })
    assert.deepEqual(ration && [ration.until, ration.mustBefore, ration.budgetEnds], expected)
  })

const day = 24 * hour
const halfHours: Partial<Policy> = { tariff: undefined, budget: [{ per: 'day', ms: hour / 2 }] }
const long: Partial<Wish> = { tooLong: -hour, charged: { elapsed: 0, wall: noon }, wanted: byMail, line: onLine(), busy: true }

function onLine(): Wish['line'] {
  const link = { interface: 'ppp0', tty: '', speed: 0, local: '', remote: '', ipparam: '' }
  return { kind: 'up', since: 0, reason: '', isp: '', link }
}

const overdrafts: readonly [string, Partial<Wish>, Partial<Policy>, overdraws: boolean][] = [
  ['a budget of which nothing is spent', {}, {}, true],
  ['no such letter', { tooLong: undefined as never }, {}, false],
  ['a call earlier that day', { spent: [{ wall: noon - hour, elapsed: -hour, seconds: 20, cost: 0 }] }, {}, false],
  ['a call the day before', { spent: [{ wall: noon - day, elapsed: -day, seconds: 20, cost: 0 }] }, {}, true],
  ['dear hours', {}, { tariff }, false],
  ['dear hours, when it has waited as long as it may', { tooLong: -12 * hour }, { tariff }, true],
]

for (const [what, state, policy, overdraws] of overdrafts)
  test(`${what}: a letter that fits in no call ${overdraws ? 'goes past the budget, by itself, and only mail at work outlasts it' : 'waits'}`, () => {
    const wish: Wish = { ...noWish(0, []), ...long, ...state }
    const own = { ...plain, ...halfHours, ...policy }
    const at = (elapsed: number) => ({ elapsed, wall: noon + elapsed })
    assert.equal(rationOf(wish, at(minute), own)?.longest, overdraws ? hour / 2 : undefined)
    assert.equal(rationOf(wish, at(hour / 2), own)?.longest, undefined, 'the next such letter has its own call')
    const end = (busy: boolean) => endOf({ ...wish, busy }, byMail, at(hour), own)?.reason
    assert.equal(end(true), overdraws ? undefined : 'the budget of 30:00/day is used up')
    assert.notEqual(end(false), undefined)
  })

test('a letter that is too long for its budget has one call past it, and status says so', () => {
  const own = { ...plain, ...halfHours }
  const at = (elapsed: number) => ({ elapsed, wall: noon + elapsed })
  const { tooLong: _, ...calling } = long
  const before: Wish = { ...noWish(0, [{ wall: noon - hour, elapsed: -hour, seconds: 20, cost: 0 }]), ...calling }
  const told = step(before, { kind: 'put-off', octets: 9e6, tooLong: true }, at(minute), own).state
  const rests: Wish['line'] = { kind: 'down', since: 0, reason: '' }
  const over = step(told, { kind: 'line', state: rests }, at(2 * minute), own).state
  assert.equal(over.tooLong, minute)
  const next: Wish = { ...over, ...calling, charged: { elapsed: day, wall: noon + day }, tooLong: minute }
  assert.equal(step(next, { kind: 'line', state: rests }, at(day + hour), own).state.tooLong, undefined)
  const waits = { ...over, queue: { ...over.queue, letters: 1, oldest: 0 }, due: { at: day, cause: 'max_wait', always: false } }
  const { wanted: _wanted, ...idle } = waits
  assert.match(describe(idle, at(hour), own), /a letter that takes longer than the budget goes past it, first thing when it is renewed$/)
})
