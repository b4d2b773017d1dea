/** The salvage of broken documents, by the real parser's verdicts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse as parseToml, TomlError } from 'smol-toml'
import { type Parse, salvage } from '../../src/config/syntax.ts'

const example = readFileSync(join(import.meta.dirname, '../fixtures/config/good-interface.toml'), 'utf8')

const parse: Parse = (toml) => {
  try {
    return { tree: parseToml(toml) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return { line: error.line, complaint: error.message.split('\n')[0] ?? '' }
  }
}

test('a sound document comes back untouched', () => assert.deepEqual(salvage(example, parse), { text: example, broken: [] }))

test('the table of a broken head goes with it, and the next one stays', () => {
  const { text, broken } = salvage('a = 1\n[b\nc = 1\n[d]\ne = 1\n', parse)
  assert.deepEqual([text, broken.map(({ line }) => line)], ['a = 1\n\n\n[d]\ne = 1\n', [2]])
})

test('a long list or text that looks like settings is not taken apart', () => {
  const { broken } = salvage('a = [\n1,\n]\nb = """\nc = d\n[e\n"""\nf = g\n', parse)
  assert.deepEqual(
    broken.map(({ line }) => line),
    [8],
  )
})

test('every broken line of several is found', () => {
  const { broken } = salvage('a = b\nc = 1\nd e = 2\nf = [1 2]\nc = 3\n', parse)
  assert.deepEqual(
    broken.map(({ line }) => line).toSorted((a, b) => a - b),
    [1, 3, 4, 5],
  )
})

test('whatever is done to a document, what is salvaged parses and has its lines where they were', () => {
  const damage = fc.record({
    at: fc.nat(example.length),
    cut: fc.nat(30),
    insert: fc.constantFrom('"', "'", '[', ']', '{', '=', '\n', '#', '"""', '[[', 'a = ', '\\', ''),
  })
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      const broken = damages.reduce((text, { at, cut, insert }) => text.slice(0, at) + insert + text.slice(at + cut), example)
      const { text } = salvage(broken, parse)
      assert.ok('tree' in parse(text))
      const [before, after] = [broken.split('\n'), text.split('\n')]
      assert.equal(after.length, before.length)
      for (const [index, line] of after.entries()) assert.ok(line === '' || line === before[index])
    }),
    { numRuns: 150 },
  )
})
