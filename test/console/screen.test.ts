import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { difference } from '../../src/console/screen.ts'
import { vt } from './vt.ts'

test('what does not change costs nothing, and what changes little', () => {
  assert.equal(difference(['line  up for 1:02'], ['line  up for 1:02']), '')
  assert.equal(difference(['line  up for 1:02'], ['line  up for 1:03']), '\x1b[1;17H3')
  assert.equal(difference(['a', 'line  1:02, cost 0.04; 0:52 left'], ['a', 'line  1:03, cost 0.04; 0:51 left']), '\x1b[2;10H3\x1b[2;27H1')
  assert.equal(difference(['one', 'two'], ['one']), '\x1b[2H\x1b[K')
})

const row = fc.array(fc.constantFrom('a', 'b', ' ', '#', '漢', 'e\u0301'), { maxLength: 18 }).map((texts) => texts.join('').trimEnd())
const picture = fc.array(row, { maxLength: 5 })

test('the screen shows the picture after, whatever it showed before', () => {
  fc.assert(
    fc.property(picture, picture, (before, after) => {
      const screen = vt(40, 6)
      screen.feed(difference([], before))
      screen.feed(difference(before, after))
      assert.deepEqual(
        screen.rows(),
        Array.from({ length: 6 }, (_, at) => after[at] ?? ''),
      )
    }),
  )
})
