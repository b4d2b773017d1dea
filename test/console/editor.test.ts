import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { edit, emptyLine, type Line, lineOf, longestLine, replaceBefore, textOf } from '../../src/console/editor.ts'
import type { Key } from '../../src/console/keys.ts'

/** `que|ue`: the bar is the cursor. */
function line(text: string): Line {
  const points = Array.from(text)
  const cursor = points.indexOf('|')
  return { points: points.toSpliced(cursor, 1), cursor }
}

function shown({ points, cursor }: Line): string {
  return points.toSpliced(cursor, 0, '|').join('')
}

const named = (kind: Exclude<Key['kind'], 'text' | 'size'>): Key => ({ kind })

const changes: readonly (readonly [string, Key, string])[] = [
  ['|', { kind: 'text', text: 'q' }, 'q|'],
  ['qu|ue', { kind: 'text', text: 'e' }, 'que|ue'],
  ['qu→|', named('backspace'), 'qu|'],
  ['q|ue', named('delete'), 'q|e'],
  ['q|ue', named('eof'), 'q|e'],
  ['q|ue', named('left'), '|que'],
  ['q|ue', named('right'), 'qu|e'],
  ['q|ue', named('home'), '|que'],
  ['q|ue', named('end'), 'que|'],
  ['show 4|F2', named('kill'), 'show 4|'],
  ['show 4|F2', named('kill-before'), '|F2'],
  ['show 4F2  |', named('kill-word'), 'show |'],
  ['show 4|F2', named('kill-word'), 'show |F2'],
]

for (const [before, key, after] of changes)
  test(`${before} and ${key.kind} is ${after}`, () => assert.equal(shown(edit(line(before), key)), after))

const still: readonly (readonly [string, Key])[] = [
  ['|que', named('backspace')],
  ['|que', named('left')],
  ['|que', named('home')],
  ['|que', named('kill-before')],
  ['|que', named('kill-word')],
  ['que|', named('delete')],
  ['que|', named('eof')],
  ['que|', named('right')],
  ['que|', named('end')],
  ['que|', named('kill')],
  ['que|', named('page')],
  ['que|', { kind: 'size', columns: 80, rows: 24 }],
]

for (const [before, key] of still) {
  test(`${before} and ${key.kind} changes nothing`, () => {
    const same = line(before)
    assert.equal(edit(same, key), same)
  })
}

test('a line has an end', () => {
  const full = lineOf('x'.repeat(longestLine + 10))
  assert.equal(full.points.length, longestLine)
  assert.equal(edit(full, { kind: 'text', text: 'y' }), full)
  assert.equal(replaceBefore(full, 1, 'abc').points.length, longestLine)
})

test('a completion takes the place of what was half typed', () => {
  assert.equal(shown(replaceBefore(line('show 4f| x'), 2, '4F2')), 'show 4F2| x')
})

const anyKey: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom<Key[]>(
    ...(['backspace', 'delete', 'left', 'right', 'home', 'end', 'kill', 'kill-before', 'kill-word'] as const).map(named),
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).map((text): Key => ({ kind: 'text', text })),
)

test('whatever keys come, the cursor stays within the line', () => {
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 300 }), (keys) => {
      const { cursor, points } = keys.reduce(edit, emptyLine)
      assert.ok(cursor >= 0 && cursor <= points.length)
      assert.ok(points.length <= longestLine)
    }),
  )
})

test('without moves a line is what was typed', () => {
  assert.equal(textOf(Array.from('flush 4F2').reduce((now, text) => edit(now, { kind: 'text', text }), emptyLine)), 'flush 4F2')
})
