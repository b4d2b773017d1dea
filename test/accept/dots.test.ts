import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dotDecoder } from '../../src/accept/dots.ts'

const rows: readonly [wire: string, content: string, rest: string | undefined][] = [
  ['.\r\n', '', ''],
  ['a\r\n.\r\nQUIT', 'a\r\n', 'QUIT'],
  ['..\r\n.\r\n', '.\r\n', ''],
  ['a\r\n..b\r\n.c\r\n.\r\n', 'a\r\n.b\r\nc\r\n', ''],
  ['a\r\n.\n.\r\n', 'a\r\n\n.\r\n', undefined],
  ['a\n.\r\n', 'a\n.\r\n', undefined],
  ['a\n..\n', 'a\n..\n', undefined],
  ['a\r.\r\n', 'a\r.\r\n', undefined],
  ['a\r\n.\r', 'a\r\n', undefined],
  ['a\r\n.\r\r\n.\r\n', 'a\r\n\r\r\n', ''],
  ['a\r\n.\r.\r\n', 'a\r\n\r.\r\n', undefined],
  ['\r\r\n.\r\nx', '\r\r\n', 'x'],
]

for (const [wire, content, rest] of rows) {
  test(`${JSON.stringify(wire)} is ${JSON.stringify(content)}${rest === undefined ? ' and goes on' : ''}, in any segments`, () => {
    const octets = Buffer.from(wire)
    assert.deepEqual(decoded([octets]), { content, rest })
    assert.deepEqual(decoded([...octets].map((octet) => Buffer.of(octet))), { content, rest })
  })
}

const text = fc
  .array(fc.constantFrom('a', '.', '\r', '\n', '\r\n', '\r\n.', '\0', 'long line '), { maxLength: 60 })
  .map((parts) => Buffer.from(`${parts.join('')}\r\n`))

test('what was stuffed comes back, whatever it is and wherever it is cut', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 8 }), (letter, cuts) => {
      const wire = Buffer.concat([stuffed(letter), Buffer.from('.\r\nNOOP\r\n')])
      assert.deepEqual(decoded(segments(wire, cuts)), { content: letter.toString('latin1'), rest: 'NOOP\r\n' })
    }),
    { numRuns: 2000 },
  )
})

test('a hundred kilobytes of stuffed lines are one piece', () => {
  const decode = dotDecoder()
  const { content } = decode(Buffer.from('..x\r\n'.repeat(20_000)))
  assert.equal(Buffer.from(content).toString(), '.x\r\n'.repeat(20_000))
})

function decoded(pieces: readonly Buffer[]): { content: string; rest: string | undefined } {
  const decode = dotDecoder()
  const content: Uint8Array[] = []
  for (const [i, piece] of pieces.entries()) {
    const { content: more, rest } = decode(piece)
    content.push(more)
    if (rest) return { content: latin1(content), rest: latin1([rest, ...pieces.slice(i + 1)]) }
  }
  return { content: latin1(content), rest: undefined }
}

function stuffed(letter: Buffer): Buffer {
  return Buffer.from(letter.toString('latin1').replace(/(^|\r\n)\./g, '$1..'), 'latin1')
}

function segments(octets: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % octets.length).sort((a, b) => a - b), octets.length]
  return places.slice(1).map((end, i) => octets.subarray(places[i], end))
}

function latin1(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString('latin1')
}
