/** The wire under any splitting of what the server sends: bodies come out as they went in, answers in order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { replyReader } from '../../src/collect/pop3-replies.ts'
import { stuffed } from '../collect/pop3-server.ts'

/** Octets that are likely to stand where parsers fall. */
const nasty = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '.', '..', '\r\n.', '\r\n..', '\r\n.\n', '\n.\r', '.\r', 'a', '\0', '\xff', 'From x'), {
    maxLength: 30,
  })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

const splits = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 200 })

/** RFC 1939 §3 in the most literal way: lines end with CRLF, and a server ends the last one. */
function literal(octets: Buffer): Buffer {
  const text = octets.toString('latin1')
  return Buffer.from(text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
}

function read(wire: Buffer, sizes: readonly number[], replies: number): { lines: string[]; bodies: Buffer[]; left: boolean } {
  const reader = replyReader()
  const lines: string[] = []
  const bodies: Buffer[] = []
  let body: Buffer[] | undefined
  let at = 0
  for (let nth = 0; at < wire.length; nth++) {
    const size = sizes[nth % Math.max(1, sizes.length)] ?? wire.length
    reader.push(Buffer.from(wire.subarray(at, at + size)))
    at += size
    while (bodies.length < replies) {
      if (!body) {
        const line = reader.line()
        if (line === undefined || line === 'overlong') break
        lines.push(line.text)
        body = []
      } else {
        const piece = reader.body()
        if (piece === undefined) break
        if (piece !== 'end') body.push(Buffer.from(piece))
        else {
          bodies.push(Buffer.concat(body))
          body = undefined
        }
      }
    }
  }
  return { lines, bodies, left: reader.drop() }
}

test('several pipelined bodies come out as they went in, however TCP cuts them', () => {
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), splits, (bodies, sizes) => {
      const wire = Buffer.concat(bodies.flatMap((body, nth) => [Buffer.from(`+OK ${nth}\r\n`), stuffed(body)]))
      const got = read(wire, sizes, bodies.length)
      assert.deepEqual(got, { lines: bodies.map((_, nth) => `+OK ${nth}`), bodies: bodies.map(literal), left: false })
    }),
    { numRuns: 500 },
  )
})

test('every single place to cut gives the same', () => {
  const body = Buffer.from('.\r\n..\r\n.a\r\n\r\n.\rb\r\n\n.\n.\r\r\n\0\xff.\r\n', 'latin1')
  const wire = Buffer.concat([Buffer.from('+OK\r\n'), stuffed(body), Buffer.from('+OK 2\r\n'), stuffed(body)])
  for (let at = 1; at < wire.length; at++) assert.deepEqual(read(wire, [at, wire.length], 2).bodies, [body, body], `cut at ${at}`)
  assert.deepEqual(read(wire, [1], 2).bodies, [body, body])
})

test('garbage never makes the reader throw, and it never holds more than a line', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), splits, (octets, sizes) => {
      const got = read(Buffer.from(octets), sizes, 10)
      assert.ok(Buffer.concat(got.bodies).length <= octets.length)
    }),
  )
})
