import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, isMissed } from './compare.ts'
import { monthOf } from './month.ts'

test('a month of calls costs little more than the cheapest with hindsight, and no letter waits too long', () => {
  const rows = compare(monthOf(1))
  assert.equal(rows.filter(({ how }) => how === 'dialpost').length, 3)
  assert.deepEqual(rows.filter(isMissed), [])
})

/** No month that the planner was made with. */
const others = [11, 12, 13, 14]

test('other months come to as much in the mean, under each tariff', () => {
  const rows = others.flatMap((seed) => compare(monthOf(seed)).filter(({ how }) => how === 'dialpost'))
  const tariffs = Map.groupBy(rows, ({ tariff }) => tariff)
  assert.equal(tariffs.size, 3)
  for (const [tariff, months] of tariffs) {
    const mean = months.reduce((sum, { toOptimum }) => sum + toOptimum, 0) / months.length
    assert.ok(mean <= 1.15, `${tariff}: ${mean.toFixed(3)}`)
    assert.ok(months.every(({ worst }) => worst <= 6))
  }
})

test('what misses a target is told', () => {
  const [row] = compare(monthOf(1).slice(0, 50))
  assert.ok(row)
  const good = { ...row, toOptimum: 1.1, toClassic: 0.1, worst: 5.9 }
  assert.deepEqual([good, { ...good, toOptimum: 1.16 }, { ...good, toClassic: 0.51 }, { ...good, worst: 6.01 }].map(isMissed), [
    false,
    true,
    true,
    true,
  ])
})
