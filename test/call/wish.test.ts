import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describe } from '../../src/call/wish-words.ts'
import { noWish, step } from '../../src/call/wish.ts'
import type { Policy, Spent, Wish, WishEffect, WishEvent } from '../../src/call/wish-state.ts'
import type { LinkState } from '../../src/link/line.ts'
import { tariffOf } from '../../src/link/tariff.ts'
import { hours } from '../link/hours.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Monday noon, local time: what the elapsed 0 of every test is. */
const noon = new Date(2000, 10, 20, 12).getTime()

const plain: Policy = {
  timetable: [],
  windows: [],
  forbidden: [],
  max_wait: 6 * hour,
  idle: 5 * minute,
  idle_by_hand: 10 * minute,
  use_paid: false,
  urgent: 'open',
  budget: [],
  tariff: undefined,
  hasBoxes: false,
  hasRoom: () => true,
  learned: () => ({ rate: { out: 3500, in: 3500 }, setupSeconds: 25, expected: () => ({ out: 0, in: 0 }) }),
}
const british = tariffOf([
  { window: hours('Mon-Fri 08:00-18:00'), per_minute: 3.95, minimum: 5, unit: 1000, fee: 0 },
  { per_minute: 1, minimum: 5, unit: 1000, fee: 0 },
])
const units = tariffOf([{ per_minute: 1, minimum: 0, unit: 4 * minute, fee: 0 }])

const letter: WishEvent = { kind: 'queue', letters: 1, octets: 3500, oldest: 0, bulkOnly: false }
const urgentLetter: WishEvent = { ...letter, urgent: { id: '4F2', from: 'keith' } }
const link = { interface: 'ppp0', tty: '', speed: 0, local: '', remote: '', ipparam: '' }
const up: LinkState = { kind: 'up', since: 0, reason: 'timetable 13:00', isp: '', link }
const down: LinkState = { kind: 'down', since: 0, reason: 'gone' }

type Scene = { policy?: Partial<Policy>; unclocked?: true; spent?: readonly Spent[] }
type Played = { readonly effects: readonly WishEffect[]; readonly state: Wish; readonly words: string }

/** What the last of the events, each at its elapsed time, has it do. */
function play({ policy: given, unclocked, spent = [] }: Scene, ...events: readonly (readonly [number, WishEvent])[]): Played {
  const policy = { ...plain, ...given }
  return events.reduce<Played>(
    ({ state }, [elapsed, event]) => {
      const now = { elapsed, wall: unclocked ? undefined : noon + elapsed }
      const stepped = step(state, event, now, policy)
      return { ...stepped, words: describe(stepped.state, now, policy) }
    },
    { state: noWish(0, spent), effects: [], words: '' },
  )
}

const dial = (words: string): WishEffect => ({ kind: 'dial', cause: { words } })
const wake = (at: number): WishEffect => ({ kind: 'wake', at })
const hangUp = (reason: string): WishEffect => ({ kind: 'hang-up', reason })
const woke: WishEvent = { kind: 'woke' }
const line = (state: LinkState): WishEvent => ({ kind: 'line', state })
const working = (busy: boolean): WishEvent => ({ kind: 'working', busy })
const byHand: WishEvent = { kind: 'asked', by: 'operator', cause: 'operator' }
const byUser: WishEvent = { kind: 'asked', by: 'user', cause: 'LAN host 192.168.1.7 asked' }

test('a timetable is dialled if a letter waits or there are boxes, and not otherwise', () => {
  const timetable = [13 * 60]
  assert.deepEqual(play({ policy: { timetable } }, [0, woke]).effects, [])
  assert.deepEqual(play({ policy: { timetable } }, [0, letter]).effects, [wake(hour)])
  assert.deepEqual(play({ policy: { timetable, hasBoxes: true } }, [0, woke], [hour, woke]).effects, [dial('timetable 13:00')])
})

test('nothing is dialled for that could not be taken: the boxes wait until there is room, and are then called for', () => {
  const full = { timetable: [13 * 60], hasBoxes: true, hasRoom: () => false }
  const waits = play({ policy: full }, [0, woke], [hour, woke])
  assert.deepEqual(waits.effects, [wake(hour + 10 * minute)])
  assert.match(waits.words, /^waiting for room on the disk, for what lies in the boxes \(timetable 13:00\)$/)
  const tenPast = { elapsed: hour + 10 * minute, wall: noon + hour + 10 * minute }
  assert.deepEqual(step(waits.state, woke, tenPast, { ...plain, ...full }).effects, [wake(hour + 20 * minute)])
  assert.deepEqual(step(waits.state, woke, tenPast, { ...plain, ...full, hasRoom: () => true }).effects, [dial('timetable 13:00')])
  const fivePast = play({ policy: full }, [0, woke], [hour, woke], [hour + 5 * minute, line(down)])
  assert.deepEqual(fivePast.effects, [wake(hour + 15 * minute)], 'what happens meanwhile does not put it off to another day')
  assert.deepEqual(step(fivePast.state, line(down), tenPast, { ...plain, ...full, hasRoom: () => true }).effects, [dial('timetable 13:00')])
  assert.deepEqual(play({ policy: full }, [0, letter], [hour, woke]).effects, [dial('timetable 13:00')], 'a letter that waits can go')
  assert.deepEqual(play({ policy: full }, [0, byUser]).effects, [dial('LAN host 192.168.1.7 asked')])
})

test('a letter is dialled for before it has waited too long', () => {
  assert.deepEqual(play({}, [0, letter]).effects, [wake(6 * hour - minute - 26 * second)])
  assert.deepEqual(play({ policy: { timetable: [20 * 60] } }, [0, letter]).effects, [wake(6 * hour - minute - 26 * second)])
})

test('an urgent letter dials at once, in forbidden hours as the policy says, and once', () => {
  const forbidden = [hours('daily 11:00-15:00')]
  const cause = 'urgent letter 4F2 from keith'
  assert.deepEqual(play({}, [0, urgentLetter]).effects, [dial(cause)])
  assert.deepEqual(play({ policy: { forbidden } }, [0, urgentLetter]).effects, [wake(3 * hour)])
  assert.deepEqual(play({ policy: { forbidden, urgent: 'always' } }, [0, urgentLetter]).effects, [dial(cause)])
  assert.equal(play({ policy: { urgent: 'never' } }, [0, urgentLetter]).effects[0]?.kind, 'wake')
  const again = play({}, [0, urgentLetter], [minute, line(up)], [2 * minute, working(false)], [3 * minute, line(down)])
  assert.equal(again.effects[0]?.kind, 'wake')
})

test('with the clock unknown there is one call after a minute, then by the longest wait', () => {
  assert.deepEqual(play({ unclocked: true }, [0, letter]).effects, [wake(minute)])
  assert.deepEqual(play({ unclocked: true }, [0, { ...letter, bulkOnly: true }]).effects, [wake(6 * hour - minute - 26 * second)])
  const after = play(
    { unclocked: true },
    [0, letter],
    [minute, woke],
    [2 * minute, line(up)],
    [3 * minute, working(false)],
    [4 * minute, line(down)],
  )
  assert.deepEqual(after.effects, [wake(4 * minute + 6 * hour - minute - 26 * second)])
})

test('a call that mail alone used ends with its work', () => {
  const called = [
    [0, urgentLetter],
    [minute, line(up)],
  ] as const
  assert.deepEqual(play({}, ...called).effects, [])
  assert.deepEqual(play({}, ...called, [2 * minute, working(false)]).effects, [hangUp('nothing left to do')])
})

test('a call in which users were seen ends when they and mail have been quiet', () => {
  const called = [
    [0, urgentLetter],
    [minute, line(up)],
    [minute, { kind: 'users', active: true }],
    [2 * minute, working(false)],
  ] as const
  assert.deepEqual(play({}, ...called).effects, [])
  const gone = [...called, [3 * minute, { kind: 'users', active: false }]] as const
  assert.deepEqual(play({}, ...gone).effects, [wake(8 * minute)])
  assert.deepEqual(play({}, ...gone, [8 * minute, woke]).effects, [hangUp('quiet for 5:00')])
})

test('who wants mail to go at once gets a call that ends with it, where mail may dial at all', () => {
  const flush: WishEvent = { kind: 'asked', by: 'sender', cause: 'flush' }
  const cause = { words: 'flush', person: true } as const
  assert.deepEqual(play({}, [0, letter], [0, flush]).effects, [{ kind: 'dial', cause }])
  const done = [
    [minute, line(up)],
    [2 * minute, working(false)],
  ] as const
  assert.deepEqual(play({}, [0, flush], ...done).effects, [hangUp('nothing left to do')])
  assert.deepEqual(play({}, [0, byHand], [0, flush], ...done).effects, [wake(12 * minute)])
  const shut = play({ policy: { forbidden: [hours('daily 11:00-15:00')] } }, [0, letter], [0, flush])
  assert.deepEqual(
    shut.effects.map(({ kind }) => kind),
    ['wake'],
  )
})

test('a broken line is dialled again for an operator alone', () => {
  const broken = line({ kind: 'broken', since: 0, reason: 'the ISP refuses our name or password' })
  const flush: WishEvent = { kind: 'asked', by: 'sender', cause: 'flush' }
  for (const event of [flush, byUser])
    assert.equal(play({}, [0, letter], [minute, broken], [2 * minute, event]).effects.filter(({ kind }) => kind === 'dial').length, 0)
  assert.deepEqual(play({}, [0, letter], [minute, broken], [2 * minute, byHand]).effects, [
    { kind: 'dial', cause: { words: 'operator', person: true } },
  ])
})

test("the operator's call waits for his own length of quiet, a user's for that of users", () => {
  const quiet = [
    [minute, line(up)],
    [2 * minute, working(false)],
  ] as const
  assert.deepEqual(play({}, [0, byHand], ...quiet).effects, [wake(12 * minute)])
  assert.deepEqual(play({}, [0, byUser], ...quiet).effects, [wake(7 * minute)])
})

test('what is paid for is used where that is wanted', () => {
  const negotiating: LinkState = { kind: 'negotiating', since: 0, reason: '', isp: '', carrier: { speed: 0, protocol: '' } }
  const called = [
    [0, urgentLetter],
    [0, line(negotiating)],
    [minute, line(up)],
    [2 * minute, working(false)],
  ] as const
  assert.deepEqual(play({ policy: { use_paid: true, tariff: units } }, ...called).effects, [wake(4 * minute - 3 * second)])
  assert.deepEqual(play({ policy: { tariff: units } }, ...called).effects, [hangUp('nothing left to do')])
})

test("somebody else's call is never hung up", () => {
  assert.deepEqual(play({}, [0, line(up)], [minute, working(false)], [hour, woke]).effects, [])
  assert.deepEqual(play({}, [0, line(up)], [minute, byHand], [2 * minute, working(false)], [hour, woke]).effects, [])
})

test('a line that drops under work stays wanted; one that drops after it does not', () => {
  assert.deepEqual(play({}, [0, urgentLetter], [minute, line(up)], [2 * minute, line(down)]).effects, [])
  const quiet = play({}, [0, byHand], [minute, line(up)], [2 * minute, working(false)], [3 * minute, line(down)])
  assert.deepEqual(quiet.effects, [hangUp('the line dropped when all was done')])
})

test('after the operator hung up, mail waits for what asks anew', () => {
  const withdrawn: WishEvent = { kind: 'withdrawn', reason: 'operator' }
  const called = [
    [0, urgentLetter],
    [minute, line(up)],
    [2 * minute, withdrawn],
  ] as const
  assert.deepEqual(play({}, ...called).effects, [hangUp('operator')])
  assert.deepEqual(play({ policy: { timetable: [13 * 60] } }, ...called, [3 * minute, line(down)]).effects, [wake(hour)])
  const { effects } = play({}, ...called, [3 * minute, line(down)], [4 * minute, { ...urgentLetter, urgent: { id: '4F3', from: 'ann' } }])
  assert.deepEqual(effects, [dial('urgent letter 4F3 from ann')])
})

test('a budget that is used up makes everybody but the operator wait, and says so', () => {
  const spent: readonly Spent[] = [{ wall: noon - hour, elapsed: -hour, seconds: 590, cost: 0 }]
  const policy: Partial<Policy> = { budget: [{ per: 'day', ms: 10 * minute }] }
  const waiting = play({ policy, spent }, [0, urgentLetter])
  assert.deepEqual(waiting.effects, [wake(12 * hour)])
  assert.equal(waiting.words, 'waiting for Tue 00:00, urgent letter 4F2 from keith, the budget of 10:00/day is used up; 1 letter')
  assert.deepEqual(play({ policy, spent }, [0, byUser]).effects, [])
  assert.deepEqual(play({ policy, spent }, [0, byHand]).effects, [{ kind: 'dial', cause: { words: 'operator', person: true } }])
})

test('a call ends when the budget does, in time and in money', () => {
  const called = [
    [0, urgentLetter],
    [minute, line(up)],
  ] as const
  assert.deepEqual(play({ policy: { budget: [{ per: 'day', ms: 10 * minute }] } }, ...called).effects, [wake(11 * minute)])
  const money: Partial<Policy> = { budget: [{ per: 'month', money: 39.5 }], tariff: british }
  assert.deepEqual(play({ policy: money }, ...called).effects, [wake(11 * minute)])
  assert.deepEqual(play({ policy: money }, ...called, [11 * minute, woke]).effects, [hangUp('the budget of 39.50/month is used up')])
})

test('a call that does not come up is given up when forbidden hours begin', () => {
  const forbidden = [hours('daily 13:00-14:00')]
  assert.deepEqual(play({ policy: { forbidden } }, [0, urgentLetter]).effects, [dial('urgent letter 4F2 from keith'), wake(hour)])
  assert.deepEqual(play({ policy: { forbidden } }, [0, urgentLetter], [hour, woke]).effects[0], hangUp('forbidden hours'))
})

test('the cheap hours are waited for, and it says what for', () => {
  const waiting = play({ policy: { tariff: british, max_wait: 12 * hour } }, [0, { ...letter, letters: 14, octets: 700_000 }])
  const at = waiting.state.due?.at ?? 0
  assert.ok(at >= 6 * hour && at <= 12 * hour)
  assert.match(waiting.words, /^waiting for 23:[0-9]{2}, cheap rate; 14 letters, 3:45 of line, 5\.00 instead of 14\.81$/)
})

test('what a dear call put off goes as soon as the cheap hours begin, and what comes in boxes with it', () => {
  const put: WishEvent = { kind: 'put-off', octets: 350_000, tooLong: false }
  const called = [
    [0, urgentLetter],
    [0, line({ ...up, kind: 'negotiating', carrier: { speed: 0, protocol: '' } })],
    [minute, line(up)],
    [2 * minute, put],
    [3 * minute, working(false)],
  ] as const
  const policy = { tariff: british, max_wait: 12 * hour }
  const waiting = play({ policy }, ...called, [4 * minute, line(down)])
  assert.deepEqual(waiting.effects, [wake(6 * hour)])
  assert.match(waiting.words, /^waiting for 18:00, cheap rate; 1 letter, 2:05 of line, 5.00 instead of 8/)
  const next = play({ policy }, ...called, [4 * minute, line(down)], [6 * hour, woke], [6 * hour + minute, line(up)])
  assert.equal(next.state.putOff, undefined)
  const cheap = play({ policy }, [0, byHand], [minute, line(up)], [2 * minute, put])
  assert.equal(cheap.state.putOff, undefined, 'nobody put it off')
})

test('without a tariff the hours outside the windows are kept clear of', () => {
  const { state } = play({ policy: { windows: [hours('daily 16:00-17:00')] } }, [0, letter])
  assert.ok(state.due && state.due.at >= 4 * hour && state.due.at < 5 * hour)
})

test('the next plan knows the time as soon as the clock is known', () => {
  const policy = { ...plain, timetable: [13 * 60] }
  const before = step(noWish(0, []), letter, { elapsed: 0, wall: undefined }, policy)
  assert.deepEqual(step(before.state, { kind: 'clock-known' }, { elapsed: second, wall: noon + second }, policy).effects, [wake(hour)])
})

test('a clock that is put right by years, forwards or back, leaves no budget spent for ever and gives none anew', () => {
  const policy: Policy = { ...plain, budget: [{ per: 'day', ms: 10 * minute }] }
  const day = 24 * hour
  const call = (wall: number, elapsed: number): Spent => ({ wall, elapsed, seconds: 600, cost: 0 })
  for (const years of [-15, 15]) {
    const wrong = noon + years * 365 * day
    const state: Wish = { ...noWish(minute, []), spent: [call(wrong - minute, 2 * minute)] }
    const now = { elapsed: 3 * minute, wall: noon }
    const { state: after } = step(state, { kind: 'clock-known' }, now, policy)
    assert.deepEqual(after.spent, [call(noon - minute, 2 * minute)])
  }
  const before: Wish = { ...noWish(minute, []), spent: [call(noon + 9999 * day, 0), call(noon - 3 * day, 0)] }
  const { state: after } = step(before, { kind: 'clock-known' }, { elapsed: 3 * minute, wall: noon }, policy)
  assert.deepEqual(after.spent, [call(noon, 0), call(noon - 3 * day, 0)])
})
