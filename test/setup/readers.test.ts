import assert from 'node:assert/strict'
import { test } from 'node:test'
import { questionsFor } from '../../src/setup/questions.ts'
import { readerQuestions, readersIn, readersOf, wordOf } from '../../src/setup/readers.ts'
import { facts } from './world.ts'

const people = [['people', 'eddy:1000 keith:1001']] as const
const words = (...given: readonly (readonly [string, string])[]): ReadonlyMap<string, string> => new Map([...people, ...given])

test('everybody is asked for, on a box that has POP3 and IMAP', () => {
  const names = (readers: boolean) => questionsFor(words(), { ...facts, readers }).map(({ name }) => name)
  assert.deepEqual(
    names(true).filter((name) => !names(false).includes(name)),
    ['reader.eddy', 'reader.keith'],
  )
})

test('of a password only its word is kept, another one each time', () => {
  const lines = [1, 2].map(() => readersOf(words(['reader.eddy', 's3cret']), ''))
  for (const line of lines) assert.match(line, /^eddy:\{PBKDF2\}\$1\$[\w-]{16}\$10000\$[\da-f]{40}\n$/)
  assert.notEqual(lines[0], lines[1])
})

test('whoever is asked again keeps what was kept', () => {
  const file = `eddy:${wordOf('s3cret')}\nkeith:{SHA512-CRYPT}$6$abc$def:::::: more of his\n`
  assert.equal(readersOf(words(...readersIn(file, ['eddy', 'keith'])), file), file)
})

test('who does not read so any more has no line, and lines of others stay', () => {
  const file = 'eddy:{PLAIN}s3cret\n# the children\nsam:{PLAIN}s3cret:::::\nkeith:{PLAIN}s3cret\n'
  assert.deepEqual(readersOf(words(['reader.eddy', '-'], ['reader.keith', '{PLAIN}other']), file).split('\n'), [
    '# the children',
    'sam:{PLAIN}s3cret:::::',
    'keith:{PLAIN}other',
    '',
  ])
  assert.equal(readersOf(words(), file), file)
  assert.equal(readersOf(words(['reader.eddy', '-']), 'eddy:{PLAIN}s3cret\n'), '')
})

test('a word is taken as it is, unless it would not stay one line', () => {
  const [eddy] = readerQuestions(words())
  const check = (typed: string) => eddy?.check(typed, words(), facts)
  for (const typed of ['-', 's3cret: the long one', '{PLAIN}s3cret', '{curly} s3cret']) assert.deepEqual(check(typed), { value: typed })
  for (const typed of ['{PLAIN}s3:cret', '{PLAIN}s3 cret', '', 'a\tb']) assert.ok('wrong' in (check(typed) ?? {}), typed)
})
