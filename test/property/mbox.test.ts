/** Whatever a letter holds, and however its octets arrive, the mbox gives it back and readers see one letter. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mboxLetter } from '../../src/deliver/from-line.ts'
import type { Transform } from '../../src/deliver/mboxrd.ts'
import { bareLines, quoting, unquoting } from '../../src/deliver/mboxrd.ts'
import { stripping } from '../../src/deliver/stripping.ts'

/** Octets in which the hard cases are common. */
const hardOctets = fc
  .array(
    fc.oneof(
      fc.constantFrom('From ', '>From ', '>>From ', '>', 'F', 'Fro', '\n', '\r\n', '\r', '\n\n', 'Status: RO\n', ' x'),
      fc.string({ maxLength: 5, unit: 'binary' }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 12 })

test('unquoting gives back what was quoted, any octets, any chunks', () => {
  fc.assert(
    fc.property(hardOctets, cuts, cuts, (octets, here, there) => {
      const quoted = through(quoting(), octets, here)
      assert.deepEqual(through(unquoting(), quoted, there), octets)
    }),
    { numRuns: 2000 },
  )
})

test('nothing quoted has a line that starts a letter', () => {
  fc.assert(
    fc.property(hardOctets, cuts, (octets, here) => {
      assert.doesNotMatch(through(quoting(), octets, here).toString('latin1'), /(?:^|\n)From /)
    }),
  )
})

test('a transform gives the same octets however they are cut', () => {
  for (const make of [bareLines, quoting, unquoting, stripping])
    fc.assert(
      fc.property(hardOctets, cuts, (octets, here) => {
        assert.deepEqual(through(make(), octets, here), through(make(), octets, []))
      }),
      { numRuns: 500 },
    )
})

test('bare line ends are those of the text, with each CRLF made LF', () => {
  fc.assert(
    fc.property(hardOctets, cuts, (octets, here) => {
      assert.equal(through(bareLines(), octets, here).toString('latin1'), octets.toString('latin1').replaceAll('\r\n', '\n'))
    }),
  )
})

test('a letter in an mbox is one From line, a header, and its body, quoted, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(hardOctets, cuts, async (body, here) => {
      const content = Buffer.concat([Buffer.from('Subject: x\r\nContent-Length: 3\r\n\r\n'), body])
      const chunks: Uint8Array[] = []
      const mail = {
        id: '4F2',
        delivery: 17,
        from: null,
        recipient: { local: 'eddy', domain: '' },
        at: 0,
        content: () => inChunks(content, here),
      }
      for await (const chunk of mboxLetter(mail)) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString('latin1')
      assert.equal(text.match(/(?<![^\n])From /g)?.length, 1)
      assert.ok(text.endsWith('\n\n') || body.length === 0)
      const there = text.slice(text.indexOf('\n\n') + 2, -1)
      const expected = body.toString('latin1').replaceAll('\r\n', '\n')
      assert.equal(
        through(unquoting(), Buffer.from(there, 'latin1'), []).toString('latin1'),
        expected.endsWith('\n') || expected === '' ? expected : `${expected}\n`,
      )
    }),
    { numRuns: 1000 },
  )
})

function through(transform: Transform, octets: Uint8Array, cuts: readonly number[]): Buffer {
  return Buffer.concat([...[...pieces(octets, cuts)].map((piece) => transform.push(piece).slice()), transform.end()])
}

async function* inChunks(octets: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  yield* pieces(octets, cuts)
}

function* pieces(octets: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  const ends = [...cuts, octets.length].map((cut) => Math.min(cut, octets.length)).sort((a, b) => a - b)
  for (const [index, end] of ends.entries()) yield octets.subarray(ends[index - 1] ?? 0, end)
}
