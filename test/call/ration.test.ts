import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { lineTime, type Ration, roomIn, waitWords } from '../../src/call/ration.ts'
import { isFit } from '../../src/mail/room.ts'

const never = Number.NEGATIVE_INFINITY
const second = 1000
const dear: Ration = { until: 60 * second, mustBefore: never, budgetEnds: 600 * second }
const modem = { now: 0, rate: 3500, ahead: 0 }

const small = { size: 4_000, since: 0, urgent: false }
const large = { size: 300_000, since: 0, urgent: false }

describe('a letter may start', () => {
  const rows: readonly [string, typeof small, Ration, Partial<typeof modem>, boolean][] = [
    ['a small one, within the unit', small, dear, {}, true],
    ['a large one goes over the unit', large, dear, {}, false],
    ['a large one in a cheap call', large, { ...dear, until: 3600 * second, budgetEnds: 3600 * second }, {}, true],
    ['a large one that must go, whatever it costs', large, { ...dear, mustBefore: 0 }, {}, true],
    ['one that came after those that must', large, { ...dear, mustBefore: -1 }, {}, false],
    ['a large urgent one', { ...large, urgent: true }, dear, {}, true],
    ['one that must go, but would run over the budget', large, { ...dear, mustBefore: 0, budgetEnds: 60 * second }, {}, false],
    ['an urgent one that would run over the budget', { ...large, urgent: true }, { ...dear, budgetEnds: 60 * second }, {}, false],
    ['a small one behind much that is under way', small, dear, { ahead: 200_000 }, false],
    ['a small one near the end of the unit', small, dear, { now: 57 * second }, false],
    ['a small one when the unit is over', small, dear, { now: 61 * second }, false],
    ['one of no octets when the unit is over', { ...small, size: 0 }, dear, { now: 61 * second }, false],
    ['a small one over a line that carries nothing', small, dear, { rate: 0 }, false],
    ['a large one over a fast line', large, dear, { rate: 35_000 }, true],
    ['one too large for any call, in a cheap one', large, { ...dear, longest: 60 * second }, {}, true],
    ['the same behind others', large, { ...dear, longest: 60 * second }, { ahead: 1 }, false],
    ['one that fits in another call', large, { ...dear, longest: 120 * second }, {}, false],
  ]
  for (const [what, letter, ration, weight, may] of rows)
    test(`${what}: ${may ? 'yes' : 'no'}`, () => {
      const room = roomIn(ration, { ...modem, ...weight })
      assert.ok(room)
      assert.equal(isFit(letter, room), may)
    })

  test('without a ration everything goes', () => assert.equal(roomIn(undefined, modem), undefined))
})

const times = fc.integer({ min: -10_000_000, max: 10_000_000 })
const anyRation = fc.record({ until: times, mustBefore: times, budgetEnds: times })
const anyWeight = fc.record({ now: times, rate: fc.integer({ min: 1, max: 100_000 }), ahead: fc.integer({ min: 0, max: 5_000_000 }) })
const anyLetter = fc.record({ size: fc.integer({ min: 0, max: 30_000_000 }), since: times, urgent: fc.boolean() })

test('nothing is started that cannot end before the budget does', () => {
  fc.assert(
    fc.property(anyRation, anyWeight, anyLetter, (ration, weight, letter) => {
      const room = roomIn(ration, weight)
      assert.ok(room)
      const ends = weight.now + ((weight.ahead + letter.size) / weight.rate) * 1000
      if (isFit(letter, room)) assert.ok(ends <= ration.budgetEnds)
      if (isFit(letter, room) && !letter.urgent && letter.since > ration.mustBefore) assert.ok(ends <= ration.until)
    }),
  )
})

test('nothing that must go is left when time allows', () => {
  fc.assert(
    fc.property(anyRation, anyWeight, anyLetter, (ration, weight, letter) => {
      const room = roomIn(ration, weight)
      assert.ok(room)
      const time = lineTime(weight.ahead + letter.size, weight.rate)
      // A millisecond for what rounding to octets may take away.
      const allows = weight.now + time + 1000 / weight.rate + 1 <= ration.budgetEnds
      if (allows && (letter.urgent || letter.since <= ration.mustBefore)) assert.ok(isFit(letter, room))
    }),
  )
})

test('a person is told how much of line it waits for', () => {
  assert.equal(waitWords(623_300, 3500), 'waits for cheap rate: 3:20 of line')
})
