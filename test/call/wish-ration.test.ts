import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rationOf } from '../../src/call/wish-ration.ts'
import { noWish, type Policy, type Wish } from '../../src/call/wish-state.ts'
import { type Window, window } from '../../src/config/windows.ts'
import { tariffOf } from '../../src/link/tariff.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
/** Elapsed 0 of every row: a Monday, local time. */
const noon = new Date(2000, 10, 20, 12).getTime()
const never = Number.NEGATIVE_INFINITY

function hours(text: string): Window {
  const parsed = window.parse(text)
  assert.ok('value' in parsed)
  return parsed.value
}

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
  learned: () => ({ rate: 3500, setupSeconds: 20, expected: () => ({ out: 0, in: 0 }) }),
}
const headStart = minute + 20 * second
const goodbye = 3 * second
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
  ["a LAN user's call and a budget", { by: 'user', policy: { budget: [{ per: 'day', ms: hour }] } }, [hour, never, hour]],
  ['a budget alone', { policy: { tariff: undefined, budget: [{ per: 'day', ms: hour }] } }, [hour, never, hour]],
  [
    'a budget of which half is spent',
    {
      policy: { tariff: undefined, budget: [{ per: 'day', ms: hour }] },
      state: { spent: [{ wall: noon - hour, elapsed: -hour, seconds: 1800, cost: 0 }] },
    },
    [hour / 2, never, hour / 2],
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
