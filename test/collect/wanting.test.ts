import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wanting, worthOrdering, type Situation } from '../../src/collect/wanting.ts'

const plain: Situation = { multidrop: false, wasCut: false, told: false }

for (const [name, maxMessage, situation, sizes, ahead] of [
  ['where all are wanted the first come unseen, and no size is asked', undefined, plain, false, 24 * 1024],
  ['a limit wants sizes', 1000, plain, true, 0],
  ['copies in a multidrop box are told by their sizes', undefined, { ...plain, multidrop: true }, true, 0],
  ['after a cut the small are to come first', undefined, { ...plain, wasCut: true }, true, 0],
  ['what is known of some letter must be compared first', undefined, { ...plain, told: true }, false, 0],
] as const)
  test(name, () => assert.deepEqual(wanting({ maxMessage }, situation), { sizes, ahead }))

const letters = (count: number) => Array.from({ length: count }, (_, at) => ({ number: at + 1, size: 0, uidl: `u${at}` }))

for (const [name, octets, count, expected] of [
  ['letters of a few KB are put in order', 400_000, 80, true],
  ['a list of small ones costs more than their order is worth', 400_000, 120, false],
  ['a few seconds of line need no order', 60_000, 3, false],
  ['where the sizes are known nothing is asked', undefined, 80, false],
] as const)
  test(name, () => assert.equal(worthOrdering({ octets, letters: letters(count) }), expected))
