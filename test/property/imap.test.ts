/** The wire under any splitting of what the server sends: bodies come out as they went in, answers in order, garbage ends in words. */
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { responseReader } from '../../src/collect/imap-replies.ts'
import { imapWire, type Reply } from '../../src/collect/imap-wire.ts'
import { setsOf, uidsIn, wordsOf } from '../../src/collect/imap-words.ts'
import { silence } from '../../src/silence.ts'
import { fakeClock } from '../fake/clock.ts'

/** Octets that are likely to stand where parsers fall. */
const nasty = fc
  .array(
    fc.constantFrom('\r', '\n', '\r\n', '{3}\r\n', '{', '}', ')', '(', '"', '* 1 FETCH (BODY[] {5}\r\n', '1 OK\r\n', '\0', '\xff', 'a'),
    {
      maxLength: 30,
    },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

const splits = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 200 })

/** A server that says one thing, in pieces, once the client has spoken. */
function scripted(said: Buffer, sizes: readonly number[]): Duplex {
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      for (let at = 0, nth = 0; at < said.length; nth++) {
        const size = sizes[nth % sizes.length] ?? said.length
        this.push(Buffer.from(said.subarray(at, at + size)))
        at += size
      }
      this.push(null)
      done()
    },
  })
}

async function fetchAll(said: Buffer, sizes: readonly number[], count: number): Promise<{ bodies: Buffer[]; replies: Reply[] }> {
  const stream = scripted(said, sizes)
  stream.push('* OK\r\n')
  const wire = imapWire(stream, { clock: fakeClock(), silence: silence('server', 1000) })
  await wire.greeting
  const bodies: Buffer[] = Array.from({ length: count }, () => Buffer.alloc(0))
  const replies = await Promise.all(
    bodies.map((_, nth) =>
      wire.exchange({
        line: `UID FETCH ${nth + 1} BODY.PEEK[]`,
        body: { uid: nth + 1, take: (octets) => void (bodies[nth] = Buffer.concat([bodies[nth] ?? Buffer.alloc(0), octets])) },
      }),
    ),
  )
  wire.close('The test is over')
  return { bodies, replies }
}

test('several pipelined bodies come out as they went in, however TCP cuts them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(nasty, { minLength: 1, maxLength: 4 }), splits, fc.boolean(), async (bodies, sizes, isBehind) => {
      const said = bodies.flatMap((body, nth) => {
        const [ahead, behind] = isBehind ? ['', ` UID ${nth + 1}`] : [`UID ${nth + 1} `, '']
        const literal = Buffer.from(`* ${nth + 1} FETCH (FLAGS (\\Seen) ${ahead}BODY[] {${body.length}}\r\n`)
        return [Buffer.from('* 9 EXISTS\r\n'), literal, body, Buffer.from(`${behind})\r\n${nth + 1} OK Done {3}\r\n`)]
      })
      const got = await fetchAll(Buffer.concat(said), sizes, bodies.length)
      assert.deepEqual(got.bodies, bodies)
      assert.deepEqual(
        got.replies,
        bodies.map(() => ({ kind: 'done', code: '', text: 'Done {3}', body: true })),
      )
    }),
    { numRuns: 300 },
  )
})

test('whatever a server says, every command is answered and nothing throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(nasty, fc.uint8Array({ maxLength: 300 }).map(Buffer.from)), splits, async (said, sizes) => {
      const { replies } = await fetchAll(said, sizes, 2)
      assert.ok(replies.every(({ kind }) => ['done', 'refused', 'lost'].includes(kind)))
    }),
    { numRuns: 300 },
  )
})

test('garbage never makes the reader throw, and it never gives more than it was given', () => {
  fc.assert(
    fc.property(fc.oneof(nasty, fc.uint8Array({ maxLength: 400 }).map(Buffer.from)), splits, (octets, sizes) => {
      const reader = responseReader()
      let given = 0
      for (let at = 0, nth = 0; at < octets.length; nth++) {
        const size = sizes[nth % sizes.length] ?? 1
        reader.push(octets.subarray(at, at + size))
        at += size
        for (let next = reader.next(); next !== undefined && next !== 'nonsense'; next = reader.next()) {
          if (next.kind === 'line') given += next.text.length
          else for (let piece = reader.literal(); piece !== 'end' && piece !== undefined; piece = reader.literal()) given += piece.length
        }
      }
      assert.ok(given <= octets.length)
    }),
  )
})

test('words of any text are words or nothing', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => void wordsOf(text)))
})

test('a set is the numbers that it was made of', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 5000 })), (uids) => {
      assert.deepEqual(
        setsOf(uids).flatMap((set) => uidsIn(set, 10_000)),
        uids.toSorted((a, b) => a - b),
      )
    }),
  )
})
