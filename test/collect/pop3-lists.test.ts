import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contents, type Asked, type Asking } from '../../src/collect/pop3-lists.ts'

const done = <T>(value: T): Asked<T> => ({ kind: 'done', text: '', value })
const refused = (text: string, code = ''): Asked<never> => ({ kind: 'refused', code, text })

type Answers = { readonly stat?: Asked<string>; readonly uidl?: Asked<string[][]>; readonly list?: Asked<string[][]> }

const two = [
  ['1', 'a'],
  ['2', 'b'],
]

/** What is asked of a server that answers so, and what comes of it. */
async function listing(
  {
    stat = done('2 3000'),
    uidl = done(two),
    list = done([
      ['1', '1000'],
      ['2', '2000'],
    ]),
  }: Answers,
  sizes: boolean,
  ahead: number,
) {
  const asked: string[] = []
  const ask: Asking = {
    stat: async () => (asked.push('STAT'), stat),
    uidl: async () => (asked.push('UIDL'), uidl),
    list: async () => (asked.push('LIST'), list),
    letter: (number) => void asked.push(`RETR ${number}`),
  }
  return { result: await contents(ask, { sizes, ahead }), asked: asked.join(' ') }
}

for (const [stat, ahead, expected] of [
  ['0 0', 5000, 'STAT UIDL RETR 1'],
  ['1 100', 5000, 'STAT UIDL RETR 1'],
  ['10 10000', 5000, 'STAT UIDL RETR 1 RETR 2 RETR 3 RETR 4 RETR 5'],
  ['10 10000', 5001, 'STAT UIDL RETR 1 RETR 2 RETR 3 RETR 4 RETR 5 RETR 6'],
  ['2 9000000', 5000, 'STAT UIDL RETR 1'],
  ['10 10000', 0, 'STAT UIDL'],
] as const)
  test(`with ${ahead} octets in advance from a box of ${stat}: ${expected}`, async () =>
    assert.equal((await listing({ stat: done(stat) }, false, ahead)).asked, expected))

test('of ever so many tiny letters 32 are asked for in advance', async () =>
  assert.equal((await listing({ stat: done('999 999') }, false, 5000)).asked.split(' ').length, 2 + 2 * 32))

test('sizes cost LIST, and nothing else asks how many there are', async () => {
  const { result, asked } = await listing({}, true, 0)
  assert.equal(asked, 'UIDL LIST')
  assert.deepEqual(result, {
    letters: [
      { number: 1, size: 1000, uidl: 'a' },
      { number: 2, size: 2000, uidl: 'b' },
    ],
  })
})

test('without sizes the letters are there all the same, those without an id too, and those that are coming say so', async () => {
  const { result } = await listing({ stat: done('3 3000'), uidl: done(two) }, false, 1500)
  assert.deepEqual(result, {
    letters: [
      { number: 1, size: 0, uidl: 'a', coming: true },
      { number: 2, size: 0, uidl: 'b', coming: true },
      { number: 3, size: 0, uidl: undefined },
    ],
    octets: 3000,
  })
})

for (const [name, answers, sizes, failure] of [
  ['no list', { list: refused('no') }, true, 'temporary'],
  ['neither count nor ids', { stat: refused('no'), uidl: refused('no') }, false, 'temporary'],
  ['ids for another time', { uidl: refused('later', 'SYS/TEMP') }, false, 'temporary'],
  ['a count that is none', { stat: done('many') }, false, undefined],
  ['no ids', { uidl: refused('what?') }, false, undefined],
] as const)
  test(`${name}: ${failure ?? 'letters all the same'}`, async () => {
    const { result } = await listing(answers, sizes, 0)
    assert.equal('kind' in result ? result.kind : undefined, failure)
    if (!('kind' in result)) assert.equal(result.letters.length, 2)
  })
