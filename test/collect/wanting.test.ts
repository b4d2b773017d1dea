import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settledIn, wanting, worthOrdering, type Situation } from '../../src/collect/wanting.ts'

const plain: Situation = { multidrop: false, wasCut: false, told: false, wished: false, settled: undefined, rationed: false }
const settled = { letters: 40, uidl: 'u40' }

for (const [name, maxMessage, situation, sizes, ahead] of [
  ['where all are wanted the first come unseen, and no size is asked', undefined, plain, false, 24 * 1024],
  ['a limit wants sizes', 1000, plain, true, 0],
  ['copies in a multidrop box are told by their sizes', undefined, { ...plain, multidrop: true }, true, 0],
  ['after a cut the small are to come first', undefined, { ...plain, wasCut: true }, true, 0],
  ['what is known of some letter must be compared first', undefined, { ...plain, told: true }, false, 0],
] as const)
  test(name, () =>
    assert.deepEqual(wanting({ maxMessage }, situation), { sizes, ahead, ...(situation.wasCut ? {} : { settled: undefined }) }),
  )

test('what is settled need not be listed, unless somebody asks for a letter or the last session was cut', () => {
  assert.deepEqual(wanting({ maxMessage: undefined }, { ...plain, told: true, settled }), { sizes: false, ahead: 0, settled })
  for (const situation of [{ wished: true }, { wasCut: true }])
    assert.equal(wanting({ maxMessage: undefined }, { ...plain, ...situation, settled }).settled, undefined)
})

/** `k` settled, `?` settled without an id that lasts, `-` not settled. */
const lying = (letters: string) => letters.split('').map((one, at) => ({ uidl: one === '?' ? undefined : `n${at}`, settled: one !== '-' }))

for (const [name, letters, before, expected] of [
  ['all of them', 'k'.repeat(32), undefined, { letters: 32, uidl: 'n31' }],
  ['too few to be worth it', 'k'.repeat(31), undefined, undefined],
  ['up to the first that is not', `${'k'.repeat(33)}-k`, undefined, { letters: 33, uidl: 'n32' }],
  ['up to the first without an id', `${'k'.repeat(33)}?k`, undefined, { letters: 33, uidl: 'n32' }],
  ['none', '-kk', undefined, undefined],
  ['what was before, and no letter came', '', settled, settled],
  ['what was before, and one that waits', '-k', settled, settled],
  ['what was before and what came', 'kk-', settled, { letters: 42, uidl: 'n1' }],
] as const)
  test(`settled: ${name}`, () => assert.deepEqual(settledIn(lying(letters), before), expected))

const letters = (count: number) => Array.from({ length: count }, (_, at) => ({ number: at + 1, size: 0, uidl: `u${at}` }))

for (const [name, octets, count, expected] of [
  ['letters of a few KB are put in order', 400_000, 80, true],
  ['a list of small ones costs more than their order is worth', 400_000, 120, false],
  ['a few seconds of line need no order', 60_000, 3, false],
  ['where the sizes are known nothing is asked', undefined, 80, false],
] as const)
  test(name, () => assert.equal(worthOrdering({ octets, letters: letters(count) }), expected))
