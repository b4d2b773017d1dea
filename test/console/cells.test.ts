import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cells, fitted, rowsOf, withoutTabs, wrapped } from '../../src/console/cells.ts'

test('letters take a cell, those of East Asia two, and what sits on a letter none', () => {
  assert.deepEqual(['queue', 'Grüße', '漢字', 'e\u0301', '🙂', ''].map(cells), [5, 5, 4, 1, 2, 0])
  assert.deepEqual([rowsOf('', 10), rowsOf('x'.repeat(10), 10), rowsOf('x'.repeat(11), 10)], [1, 1, 2])
  assert.equal(fitted('漢字', 3), '漢')
})

test('a tab goes to the next eighth cell', () => {
  assert.equal(withoutTabs('a\tb\t12345678\tc'), 'a       b       12345678        c')
})

test('a long line is broken at blanks, and a table keeps its column', () => {
  assert.deepEqual(wrapped('box work  the ISP refuses the password', 24), [
    'box work  the ISP',
    '          refuses the',
    '          password',
  ])
  assert.deepEqual(wrapped('one two three four five', 12), ['one two', '   three', '   four five'])
  assert.deepEqual(wrapped('x'.repeat(30), 12), ['x'.repeat(30)])
  assert.deepEqual(wrapped(`${'x'.repeat(30)} and more`, 12), ['x'.repeat(30), '   and more'])
})

test('nothing but blanks is added or lost, and what can be broken fits', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'ü', '漢', '-'), minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, fc.constantFrom(' ', '  ', '    ')), { maxLength: 20 }),
      fc.integer({ min: 10, max: 40 }),
      (parts, columns) => {
        const text = parts.map(([one, blanks]) => one + blanks).join('')
        const lines = wrapped(text, columns)
        const bare = (from: string): string => from.replaceAll(' ', '')
        assert.equal(bare(lines.join('')), bare(text))
        for (const line of lines) assert.ok(cells(line.trim()) <= columns || !line.trim().includes(' '), line)
      },
    ),
  )
})
