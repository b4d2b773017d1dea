import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lineRepair } from '../../src/accept/lines.ts'

const rows: readonly [fact: string, sent: string, kept: string, repairs: number][] = [
  ['proper lines stay', 'a\r\n\r\nb\r\n', 'a\r\n\r\nb\r\n', 0],
  ['a bare LF becomes CR LF', 'a\nb\n\n', 'a\r\nb\r\n\r\n', 3],
  ['a bare CR becomes a space', 'a\rb\r\n', 'a b\r\n', 1],
  ['CRs in front of CR LF go', 'a\r\r\n\r\r\r\n', 'a\r\n\r\n', 3],
  ['a run of CRs becomes one space', 'a\r\rb\r\n', 'a b\r\n', 2],
  ['LF CR is a line end and a space', 'a\n\rb\r\n', 'a\r\n b\r\n', 2],
  ['a NUL becomes a space', 'a\0b\r\n', 'a b\r\n', 1],
  ['CR NUL LF becomes two spaces and a line end', 'a\r\0\nb\r\n', 'a  \r\nb\r\n', 3],
  ['a last line without end gets one', 'a', 'a\r\n', 0],
  ['a last CR becomes a space', 'a\r\n\r', 'a\r\n \r\n', 1],
  ['nothing stays nothing', '', '', 0],
]

for (const [fact, sent, kept, repairs] of rows) {
  test(`${fact}, in any segments`, () => {
    assert.deepEqual(repaired([Buffer.from(sent)]), { kept, repairs })
    assert.deepEqual(repaired([...Buffer.from(sent)].map((octet) => Buffer.of(octet))), { kept, repairs })
  })
}

const octets = fc.array(fc.constantFrom(0x00, 0x0a, 0x0d, 0x0d, 0x0a, 0x2e, 0x61), { maxLength: 80 }).map((list) => Buffer.from(list))

test('what comes out has neither bare CR, bare LF nor NUL, and ends its last line', () => {
  fc.assert(
    fc.property(octets, (sent) => {
      const { kept } = repaired([sent])
      assert.doesNotMatch(kept, /(?<!\r)\n|\r(?!\n)|\0/)
      assert.ok(kept === '' || kept.endsWith('\r\n'))
    }),
    { numRuns: 2000 },
  )
})

test('the same comes out wherever it is cut', () => {
  fc.assert(
    fc.property(octets, fc.nat(80), fc.nat(80), (sent, one, other) => {
      const [first, second] = [Math.min(one, other), Math.max(one, other)]
      assert.deepEqual(repaired([sent.subarray(0, first), sent.subarray(first, second), sent.subarray(second)]), repaired([sent]))
    }),
    { numRuns: 2000 },
  )
})

test('what is repaired needs no second repair', () => {
  fc.assert(
    fc.property(octets, (sent) => {
      const { kept } = repaired([sent])
      assert.deepEqual(repaired([Buffer.from(kept)]), { kept, repairs: 0 })
    }),
  )
})

test('octets without fault are not copied', () => {
  const sent = Buffer.from('a\r\nb\r\n'.repeat(1000))
  const kept = lineRepair().push(sent)
  assert.equal(kept.buffer, sent.buffer)
  assert.equal(kept.length, sent.length)
})

function repaired(pieces: readonly Buffer[]): { kept: string; repairs: number } {
  const repair = lineRepair()
  const kept = [...pieces.map((piece) => repair.push(piece)), repair.end()]
  return { kept: Buffer.concat(kept).toString('latin1'), repairs: repair.repairs() }
}
