/** Whom mail calls for boxes that are collected in calls to one ISP alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describe } from '../../src/call/wish-words.ts'
import { noWish, step } from '../../src/call/wish.ts'
import type { Policy, Wish, WishEffect, WishEvent } from '../../src/call/wish-state.ts'
import type { Cause } from '../../src/link/line.ts'

const minute = 60_000
const hour = 60 * minute
const policy: Policy = {
  timetable: [],
  windows: [],
  forbidden: [],
  max_wait: 6 * hour,
  idle: minute,
  idle_by_hand: minute,
  use_paid: false,
  urgent: 'open',
  budget: [],
  tariff: undefined,
  hasBoxes: true,
  hasRoom: () => true,
  ownBoxes: ['a', 'b'],
  learned: () => ({ rate: { out: 3500, in: 3500 }, setupSeconds: 25, expected: () => ({ out: 0, in: 0 }) }),
}
const noon = new Date(2000, 10, 20, 12).getTime()
const link = { interface: 'ppp0', tty: '', speed: 0, local: '', remote: '', ipparam: '' }

/** A wish that is woken when it wants to be; every call is taken by whom `answering` says, and empties what boxes it can if it may. */
function live(until: number, { given = policy, answering = (cause: Cause) => cause.isp ?? 'a', empties = true } = {}) {
  const dialled: { at: number; isp: string | undefined; by: string }[] = []
  let state: Wish = noWish(0, [])
  let wake: number | undefined
  let elapsed = 0
  const happen = (event: WishEvent): readonly WishEffect[] => {
    const stepped = step(state, event, { elapsed, wall: noon + elapsed }, given)
    state = stepped.state
    for (const effect of stepped.effects) if (effect.kind === 'wake') wake = effect.at
    const dial = stepped.effects.find((effect) => effect.kind === 'dial')
    if (dial) call(dial.cause)
    return stepped.effects
  }
  const call = (cause: Cause): void => {
    const isp = answering(cause)
    dialled.push({ at: elapsed, isp: cause.isp, by: isp })
    elapsed += minute
    const began = elapsed
    happen({ kind: 'line', state: { kind: 'up', since: elapsed, reason: cause.words, isp, link } })
    elapsed += minute
    if (empties) happen({ kind: 'emptied', since: began })
    happen({ kind: 'working', busy: false })
    happen({ kind: 'line', state: { kind: 'down', since: elapsed, reason: 'done' } })
  }
  happen({ kind: 'queue', letters: 0, octets: 0, oldest: undefined, bulkOnly: false })
  const words = describe(state, { elapsed, wall: noon }, given)
  for (let next = wake; next !== undefined && next <= until; next = wake) {
    wake = undefined
    elapsed = Math.max(elapsed, next)
    happen({ kind: 'woke' })
  }
  return { dialled, words, seen: state.seen }
}

test('each ISP is called for its own boxes, before they have waited too long, and is named', () => {
  const { dialled, words, seen } = live(36 * hour)
  assert.match(words, /^waiting for 17:5\d, max_wait, call to a$/)
  assert.deepEqual(
    dialled.slice(0, 6).map(({ isp }) => isp),
    ['a', 'b', 'a', 'b', 'a', 'b'],
  )
  assert.deepEqual([...(seen ?? [])].map(([isp]) => isp).sort(), ['a', 'b'])
  for (const isp of ['a', 'b']) {
    const times = [0, ...dialled.filter(({ by }) => by === isp).map(({ at }) => at)]
    assert.ok(times.length >= 6)
    for (const [index, at] of times.slice(1).entries()) assert.ok(at - (times[index] ?? 0) <= 6 * hour + 3 * minute, `${isp}: ${at}`)
  }
})

test('an ISP without boxes of its own is not called for boxes, and without any nobody is named', () => {
  const { dialled } = live(24 * hour, { given: { ...policy, ownBoxes: ['b'] } })
  assert.ok(dialled.length >= 3 && dialled.every(({ isp }) => isp === 'b'))
  const { dialled: anybody, words } = live(24 * hour, { given: { ...policy, ownBoxes: [] } })
  assert.ok(anybody.length >= 3 && anybody.every(({ isp }) => isp === undefined))
  assert.match(words, /max_wait$/)
})

test('one that is not to be had waits anew when another takes its call, and is no reason to call again and again', () => {
  const { dialled } = live(24 * hour, { answering: () => 'b' })
  assert.ok(dialled.some(({ isp }) => isp === 'a'))
  assert.ok(dialled.length <= 9, `${dialled.length} calls`)
})

test('nor is one whose boxes cannot be emptied', () => {
  const { dialled } = live(24 * hour, { empties: false })
  assert.ok(dialled.length <= 9, `${dialled.length} calls`)
})
