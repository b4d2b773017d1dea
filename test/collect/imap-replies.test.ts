import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Heard, type Response, responseOf, responseReader } from '../../src/collect/imap-replies.ts'
import {
  bodyAhead,
  capabilitiesIn,
  countIn,
  type Fetched,
  fetchedOf,
  foundBy,
  setsOf,
  uidsIn,
  wordsOf,
} from '../../src/collect/imap-words.ts'

const responses: Record<string, Response | undefined> = {
  '* OK Still here': { kind: 'status', status: { word: 'OK', code: '', text: 'Still here' } },
  '* ok [UIDVALIDITY 7] UIDs valid': { kind: 'status', status: { word: 'OK', code: 'UIDVALIDITY 7', text: 'UIDs valid' } },
  '* BYE': { kind: 'status', status: { word: 'BYE', code: '', text: '' } },
  '* PREAUTH [CAPABILITY IMAP4rev2] In': { kind: 'status', status: { word: 'PREAUTH', code: 'CAPABILITY IMAP4rev2', text: 'In' } },
  'a1 NO [AUTHENTICATIONFAILED] Wrong\x07': {
    kind: 'tagged',
    tag: 'a1',
    status: { word: 'NO', code: 'AUTHENTICATIONFAILED', text: 'Wrong' },
  },
  'a1 OK [X': { kind: 'tagged', tag: 'a1', status: { word: 'OK', code: '', text: '[X' } },
  '* 3 EXISTS': { kind: 'data', text: '3 EXISTS' },
  '* OKAY then': { kind: 'data', text: 'OKAY then' },
  '+ ': { kind: 'continue', text: '' },
  '+': { kind: 'continue', text: '' },
  '+ cGFzcw==': { kind: 'continue', text: 'cGFzcw==' },
  '+OK POP3': undefined,
  'a1 3 EXISTS': undefined,
  a1: undefined,
  '': undefined,
  ' OK x': undefined,
}
for (const [line, meant] of Object.entries(responses))
  test(`a response: ${JSON.stringify(line)}`, () => assert.deepEqual(responseOf(line), meant))

const words: Record<string, unknown> = {
  'a (b "c d" NIL) ""': ['a', ['b', { quoted: 'c d' }, null], { quoted: '' }],
  'BODY[HEADER.FIELDS (A B)]<0> {}': ['BODY[HEADER.FIELDS (A B)]<0>', '{}'],
  '"a \\"b\\" \\\\" nil "NIL"': [{ quoted: 'a "b" \\' }, null, { quoted: 'NIL' }],
  '(\\Seen $x)()': [['\\Seen', '$x'], []],
  '': [],
  '(a': undefined,
  'a)': undefined,
  '"a': undefined,
  'BODY[': undefined,
  ['('.repeat(100_000)]: undefined,
}
for (const [text, meant] of Object.entries(words))
  test(`words: ${JSON.stringify(text.slice(0, 40))}`, () => assert.deepEqual(wordsOf(text), meant))

const fetched: Record<string, Fetched | undefined> = {
  '1 FETCH (UID 5 RFC822.SIZE 100)': { uid: 5, size: 100, body: undefined },
  '1 fetch (rfc822.size 100 FLAGS (\\Seen) uid 5)': { uid: 5, size: 100, body: undefined },
  '1 FETCH (BODY[] {} UID 5)': { uid: 5, size: undefined, body: undefined },
  '1 FETCH (UID 5 BODY[]<0> "")': { uid: 5, size: undefined, body: '' },
  '1 FETCH (UID 5 BODY[] NIL)': { uid: 5, size: undefined, body: '' },
  '1 FETCH (UID -5 RFC822.SIZE 1e9)': { uid: undefined, size: undefined, body: undefined },
  '1 FETCH (UID 5 (RFC822.SIZE) 7)': undefined,
  '1 FETCH UID 5': undefined,
  '1 EXPUNGE': undefined,
  'X FETCH (UID 5)': undefined,
}
for (const [data, meant] of Object.entries(fetched)) test(`fetched: ${data}`, () => assert.deepEqual(fetchedOf(data), meant))

test('ahead of a literal stands whose body it is, and from where', () => {
  assert.deepEqual(bodyAhead('* 12 FETCH (UID 5 BODY[] '), { uid: 5, origin: 0 })
  assert.deepEqual(bodyAhead('* 12 FETCH (FLAGS (\\Seen) UID 5 BODY[]<720000> '), { uid: 5, origin: 720_000 })
  assert.deepEqual(bodyAhead('* 12 FETCH (BODY[HEADER]<0> '), { uid: undefined, origin: 0 })
  assert.equal(bodyAhead('* 12 FETCH (UID 5 ENVELOPE ("x" '), undefined)
  assert.equal(bodyAhead('* LIST () "/" '), undefined)
})

test('what was searched is found in either form, and of that tag alone', () => {
  assert.deepEqual(foundBy('SEARCH 2 3 7', 'a', 10), [2, 3, 7])
  assert.deepEqual(foundBy('SEARCH', 'a', 10), [])
  assert.deepEqual(foundBy('ESEARCH (TAG "a") UID ALL 2:3,7', 'a', 10), [2, 3, 7])
  assert.deepEqual(foundBy('ESEARCH (TAG "a") UID', 'a', 10), [])
  assert.equal(foundBy('ESEARCH (TAG "b") UID ALL 2', 'a', 10), undefined)
  assert.equal(foundBy('SEARCH 1 2 3', 'a', 2), undefined)
  assert.equal(foundBy('SEARCH x', 'a', 2), undefined)
  assert.equal(foundBy('3 EXISTS', 'a', 2), undefined)
})

test('sets are read and written, and a hostile one costs nothing', () => {
  assert.deepEqual(uidsIn('5,1:3,9:8', 10), [5, 1, 2, 3, 8, 9])
  assert.equal(uidsIn('1:4294967295', 60_000), undefined)
  assert.equal(uidsIn('1:*', 10), undefined)
  assert.equal(uidsIn('', 10), undefined)
  assert.deepEqual(setsOf([7, 3, 2, 1, 9, 2]), ['1:3,7,9'])
  assert.deepEqual(setsOf([]), [])
  const scattered = Array.from({ length: 1000 }, (_, nth) => 100_000 + 2 * nth)
  const sets = setsOf(scattered)
  assert.ok(sets.length > 1 && sets.every((set) => set.length <= 1000))
  assert.deepEqual(
    sets.flatMap((set) => uidsIn(set, 1000)),
    scattered,
  )
})

test('of capabilities those are kept that mean something', () => {
  assert.deepEqual(capabilitiesIn('CAPABILITY imap4rev1 Auth=Plain SASL-IR X-GM-EXT-1 COMPRESS=DEFLATE'), [
    'AUTH=PLAIN',
    'SASL-IR',
    'COMPRESS=DEFLATE',
  ])
  assert.equal(capabilitiesIn('UIDVALIDITY 7'), undefined)
  assert.equal(countIn('UIDVALIDITY 7', 'UIDVALIDITY'), 7)
  assert.equal(countIn('UIDVALIDITY x', 'UIDVALIDITY'), undefined)
})

function heard(text: string): (Heard | string)[] {
  const reader = responseReader()
  const all: (Heard | string)[] = []
  reader.push(Buffer.from(text, 'latin1'))
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    all.push(next)
    if (next === 'nonsense') break
    if (next.kind === 'line') continue
    for (let piece = reader.literal(); piece !== 'end'; piece = reader.literal()) {
      if (piece === undefined) return [...all, 'cut']
      all.push(Buffer.from(piece).toString('latin1'))
    }
  }
  return all
}

test('literals interrupt data, and data alone', () => {
  assert.deepEqual(heard('* 1 FETCH (BODY[] {5}\r\na\r\nb) UID {0}\r\n)\r\n'), [
    { kind: 'literal', before: '* 1 FETCH (BODY[] ', size: 5 },
    'a\r\nb)',
    { kind: 'literal', before: '* 1 FETCH (BODY[] {} UID ', size: 0 },
    { kind: 'line', text: '* 1 FETCH (BODY[] {} UID {})' },
  ])
  for (const line of ['* OK see {5}', 'a1 NO {5}', '+ {5}', '* BYE {5}', '* X {5 }', '* X {-5}', '* X {1234567890123}'])
    assert.deepEqual(heard(`${line}\r\n`), [{ kind: 'line', text: line }])
  assert.deepEqual(heard('* X {5}\r\nab'), [{ kind: 'literal', before: '* X ', size: 5 }, 'ab', 'cut'])
})

test('a line may end with LF alone, and must end', () => {
  assert.deepEqual(heard('* 3 EXISTS\na OK\r\n'), [
    { kind: 'line', text: '* 3 EXISTS' },
    { kind: 'line', text: 'a OK' },
  ])
  assert.deepEqual(heard('x'.repeat(200_000)), ['nonsense'])
  assert.deepEqual(heard(`* X ${'{0}\r\n'.repeat(100_000)}`).at(-1), 'nonsense')
})
