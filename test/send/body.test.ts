import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chunked, cleaned, dotted } from '../../src/send/body.ts'

async function* inPieces(text: string, piece: number): AsyncGenerator<Uint8Array> {
  const octets = Buffer.from(text, 'latin1')
  for (let at = 0; at < octets.length; at += piece) yield octets.subarray(at, at + piece)
}

async function joined(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

const rows: readonly [string, string, string][] = [
  ['nothing', '', ''],
  ['clean lines', 'a\r\nb\r\n', 'a\r\nb\r\n'],
  ['no line end at the end', 'a\r\nb', 'a\r\nb\r\n'],
  ['bare LF', 'a\nb\n', 'a\r\nb\r\n'],
  ['bare CR', 'a\rb\r', 'a\r\nb\r\n'],
  ['a smuggled end', 'a\n.\nMAIL FROM:<x>\r\n', 'a\r\n.\r\nMAIL FROM:<x>\r\n'],
  ['CR CR LF', 'a\r\r\nb\r\n', 'a\r\n\r\nb\r\n'],
  ['empty lines', '\r\n\r\n', '\r\n\r\n'],
]

for (const [name, content, clean] of rows)
  test(`cleaned: ${name}, in pieces of any size`, async () => {
    for (const piece of [1, 2, 3, 1000]) assert.equal(await joined(cleaned(inPieces(content, piece))), clean)
  })

test('clean content passes as the very same octets', async () => {
  const octets = Buffer.from('a\r\nb\r\n')
  for await (const piece of cleaned(
    (async function* () {
      yield octets
    })(),
  ))
    assert.equal(piece, octets)
})

const piece = fc.integer({ min: 1, max: 12 })
const lines = fc.array(fc.constantFrom('.', '\r\n', 'x', '\r', '\n', '..', '\r\n.\r\n'), { maxLength: 30 }).map((parts) => parts.join(''))

test('no line of stuffed content is a lone dot, and unstuffing gives the content back', async () => {
  await fc.assert(
    fc.asyncProperty(lines, piece, async (text, piece) => {
      const clean = await joined(cleaned(inPieces(text, piece)))
      const stuffed = await joined(dotted(cleaned(inPieces(text, piece))))
      assert.ok(!stuffed.split('\r\n').includes('.'))
      assert.doesNotMatch(stuffed.replaceAll('\r\n', ''), /[\r\n]/)
      assert.equal(stuffed.replace(/^\./gm, ''), clean)
    }),
    { numRuns: 500 },
  )
})

test('chunks are of one size, all but the last, of which there is one', async () => {
  await fc.assert(
    fc.asyncProperty(lines, piece, piece, async (text, piece, size) => {
      const chunks: { length: number; last: boolean }[] = []
      let all = ''
      for await (const { octets, last } of chunked(inPieces(text, piece), size)) {
        chunks.push({ length: octets.length, last })
        all += Buffer.from(octets).toString('latin1')
      }
      assert.equal(all, text)
      assert.deepEqual(
        chunks.map(({ last }) => last),
        chunks.map((_, at) => at === chunks.length - 1),
      )
      assert.ok(chunks.slice(0, -1).every(({ length }) => length === size))
      assert.ok((chunks.at(-1)?.length ?? 0) <= size)
    }),
  )
})
