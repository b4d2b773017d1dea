import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cells } from '../../src/console/cells.ts'
import { type Line, lineOf } from '../../src/console/editor.ts'
import { paint, repaint } from '../../src/console/paint.ts'
import { vt } from './vt.ts'

const prompt = 'moriah (up) > '

const little: readonly (readonly [string, Line, Line, string])[] = [
  ['a letter at the end costs one octet', lineOf('que'), lineOf('queu'), 'u'],
  ['nothing costs nothing', lineOf('que'), lineOf('que'), ''],
  ['a step to the left is one octet', lineOf('que'), { points: Array.from('que'), cursor: 2 }, '\b'],
  ['a step to the right writes what is there', { points: Array.from('que'), cursor: 2 }, lineOf('que'), 'e'],
  ['a backspace takes the last letter away', lineOf('que'), lineOf('qu'), '\b\x1b[K'],
  ['a long way is named by its number', lineOf('explain eddy'), { points: Array.from('explain eddy'), cursor: 0 }, '\x1b[12D'],
]

for (const [name, before, after, sent] of little) test(name, () => assert.equal(repaint(before, after, 60), sent))

const anyLine: fc.Arbitrary<Line> = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'ü', ' ', '→', '漢', 'e\u0301'), { maxLength: 40 }), fc.nat(60))
  .map(([texts, at]) => {
    const points = Array.from(texts.join(''))
    return { points, cursor: Math.min(at, points.length) }
  })

test('a row that is repainted looks as one that is painted anew, the cursor too, and stays one row', () => {
  fc.assert(
    fc.property(anyLine, anyLine, fc.integer({ min: 20, max: 60 }), (before, after, columns) => {
      const width = columns - cells(prompt)
      const [again, anew] = [vt(columns, 3), vt(columns, 3)]
      again.feed(prompt + paint(before, width) + repaint(before, after, width))
      anew.feed(prompt + paint(after, width))
      assert.deepEqual(again.rows(), anew.rows())
      assert.deepEqual(again.cursor(), anew.cursor())
      assert.deepEqual(again.rows().slice(1), ['', ''])
    }),
    { numRuns: 1000 },
  )
})

test('where the cursor is, is seen, however long the line is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (cursor) => {
      const points = Array.from({ length: 300 }, (_, at) => String.fromCodePoint(0x4e00 + at))
      const screen = vt(80, 2)
      screen.feed(prompt + paint({ points, cursor }, 66))
      const { row, column } = screen.cursor()
      assert.equal(row, 0)
      assert.ok(column < 80)
      const text = screen.rows()[0] ?? ''
      assert.ok(cursor === 300 || text.includes(points[cursor] ?? '!') || column >= 78, `${cursor}: ${text}`)
    }),
  )
})
