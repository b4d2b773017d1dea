import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeFacts, otherSlot, readFacts } from '../../src/update/facts.ts'

const text = 'BOARD=qemu-x86_64\nVERSION=0.2.0\nSLOT=B\nCONSOLE=ttyS0\n'
const known = { board: 'qemu-x86_64', version: '0.2.0', slot: 'B', good: 'B', tried: undefined } as const

test('facts are read, whatever else is there', () => {
  assert.deepEqual(readFacts(text), known)
  assert.deepEqual(readFacts(`${text}GOOD=A\nTRIED=B\n`), { ...known, good: 'A', tried: 'B' })
  assert.deepEqual(readFacts(`${text}GOOD=B\nTRIED=\n`), known)
})

test('without board, version or slot there is no box', () => {
  for (const name of ['BOARD', 'VERSION', 'SLOT']) assert.equal(readFacts(text.replace(new RegExp(`^${name}=.*$`, 'm'), '')), undefined)
  assert.equal(readFacts(text.replace('SLOT=B', 'SLOT=C')), undefined)
  assert.equal(readFacts(''), undefined)
})

test('the other slot is the other', () => {
  assert.equal(otherSlot('A'), 'B')
  assert.equal(otherSlot('B'), 'A')
})

for (const [change, words] of [
  [{}, '0.2.0 in slot B'],
  [{ tried: 'B' }, '0.2.0 in slot B: the update was taken'],
  [{ good: 'A', tried: 'B' }, '0.2.0 in slot B: on trial until it is found healthy'],
  [{ good: 'A' }, '0.2.0 in slot B, because slot A could not be loaded'],
  [{ tried: 'A' }, '0.2.0 in slot B: the update in slot A was not found healthy, and the box fell back'],
] as const) {
  test(`said: ${words}`, () => assert.equal(describeFacts({ ...known, ...change }), words))
}
