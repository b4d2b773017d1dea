import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { atRest, decode, type Key } from '../../src/console/keys.ts'

/** Short: characters as they are, others by their names. */
function heard(octets: Iterable<number>): string {
  return decode(atRest, octets)
    .keys.map((key: Key) => (key.kind === 'text' ? key.text : key.kind === 'size' ? `<${key.columns}x${key.rows}>` : `<${key.kind}>`))
    .join('')
}

const understood: readonly (readonly [string, string, string])[] = [
  ['letters', 'queue', 'queue'],
  ['UTF-8 of two, three and four octets', 'Grüße → 🙂', 'Grüße → 🙂'],
  ['CR', 'a\r', 'a<enter>'],
  ['LF', 'a\n', 'a<enter>'],
  ['CR LF, once', 'a\r\nb\r\n', 'a<enter>b<enter>'],
  ['two CRs, twice', '\r\r', '<enter><enter>'],
  ['cursor keys', '\x1b[A\x1b[B\x1b[C\x1b[D', '<up><down><right><left>'],
  ['cursor keys in application mode', '\x1bOA\x1bOD', '<up><left>'],
  ['cursor keys with a modifier', '\x1b[1;5C', '<right>'],
  ['Home and End of many terminals', '\x1b[H\x1b[1~\x1b[7~\x1bOH\x1b[F\x1b[4~\x1b[8~\x1bOF', `${'<home>'.repeat(4)}${'<end>'.repeat(4)}`],
  ['Delete, and both kinds of Backspace', '\x1b[3~\x7f\b', '<delete><backspace><backspace>'],
  [
    'control characters',
    '\x01\x05\x0b\x15\x17\x03\x04\x0c\x10\x0e\x02\x06\t',
    '<home><end><kill><kill-before><kill-word><interrupt><eof><clear><up><down><left><right><tab>',
  ],
  ["the terminal's size", '\x1b[40;132R', '<132x40>'],
]

for (const [name, typed, keys] of understood) test(`understood: ${name}`, () => assert.equal(heard(Buffer.from(typed)), keys))

const meaningless: readonly (readonly [string, readonly number[]])[] = [
  ['NUL, as a BREAK reads', [0, 0, 0]],
  ['other control characters', [0x07, 0x1a, 0x1c, 0x1f, 0x11, 0x13]],
  ['octets that begin nothing', [0x80, 0xbf, 0xc0, 0xc1, 0xf5, 0xff]],
  ['characters that are too long for what they are, and halves of pairs', [0xe0, 0x80, 0x80, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80]],
  ['controls of the upper half, and what cannot be seen', [...Buffer.from('\u0085\u009b\u200b\ufeff')]],
  ['function keys, and unknown sequences', [...Buffer.from('\x1bOP\x1b[15~\x1b[?1;2c\x1b[200~\x1bq')]],
  ["a cursor's place without a number", [...Buffer.from('\x1b[R\x1b[5R')]],
]

for (const [name, octets] of meaningless) {
  test(`passed over: ${name}; and what is typed next is understood`, () => assert.equal(heard([...octets, 0x71, 0x0d]), 'q<enter>'))
}

test('a sequence that never ends is given up, and a control character within one is meant', () => {
  assert.match(heard(Buffer.from(`\x1b[${'1'.repeat(40)}queue\r`)), /ueue<enter>$/)
  assert.equal(heard(Buffer.from('\x1b[1\x03')), '<interrupt>')
  assert.equal(heard(Buffer.from('\x1b\x1b[A')), '<up>')
  assert.equal(heard([0xe2, 0x86, 0x0d]), '<enter>')
})

test('a character or a sequence may come in any pieces', () => {
  const octets = Buffer.from('Grüße →\x1b[1;5C\x1bOA🙂\r\n')
  fc.assert(
    fc.property(fc.array(fc.nat(octets.length)), (cuts) => {
      const places = [...new Set([0, ...cuts, octets.length])].sort((a, b) => a - b)
      let decoder = atRest
      const keys: Key[] = []
      for (const [at, from] of places.entries()) {
        const next = decode(decoder, octets.subarray(from, places[at + 1] ?? octets.length))
        decoder = next.decoder
        keys.push(...next.keys)
      }
      assert.deepEqual(keys, decode(atRest, octets).keys)
    }),
  )
})

test('after any noise a line end and a command are understood', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      assert.match(heard([...noise, 0x0d, ...Buffer.from('queue\r')]), /<enter>queue<enter>$/)
    }),
  )
})
