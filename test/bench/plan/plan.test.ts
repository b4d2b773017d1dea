import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, isMissed } from './compare.ts'
import { monthOf } from './month.ts'

test('a month of calls costs little more than the cheapest with hindsight, and no letter waits too long', () => {
  const rows = compare(monthOf(1))
  assert.equal(rows.filter(({ how }) => how === 'dialpost').length, 3)
  assert.deepEqual(rows.filter(isMissed), [])
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
