import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { between, parsePacket, question, wallOf } from '../../src/time/packet.ts'
import { answerOctets, answerTo, timestampOf } from './clock-server.ts'

const since = Date.UTC(2026, 10, 1)

test('a question says nothing but its cookie, version 4 and that a client asks', () => {
  assert.equal(Buffer.from(question(0x0123456789abcdefn)).toString('hex'), `23${'00'.repeat(39)}0123456789abcdef`)
})

test('an answer is read as it was written, with what follows it', () => {
  const answer = { ...answerTo(7n, Date.UTC(2026, 10, 25)), leap: 1, version: 3, stratum: 15, rootDelay: -65_536, rootDispersion: 98_304 }
  const packet = parsePacket(Buffer.concat([answerOctets(answer), Buffer.alloc(20, 0xff)]))
  assert.deepEqual(packet, { ...answer, rootDelay: -1000, rootDispersion: 1500 })
  assert.equal(parsePacket(answerOctets(answer).subarray(0, 47)), undefined)
})

const rows: readonly (readonly [string, string])[] = [
  ['2026-11-25T12:30:05.250Z', 'eeb1534d40000000'],
  ['2036-02-07T06:28:15.000Z', 'ffffffff00000000'],
  ['2036-02-07T06:28:16.000Z', '0000000000000000'],
  ['2104-02-26T09:42:24.500Z', '8000000080000000'],
]
for (const [wall, hex] of rows)
  test(`${wall} is ${hex}`, () => {
    assert.equal(new Date(wallOf(BigInt(`0x${hex}`), since)).toISOString(), wall)
    assert.equal(timestampOf(Date.parse(wall)).toString(16).padStart(16, '0'), hex)
  })

test('every time of 136 years from the beginning on comes back, whatever the era', () => {
  fc.assert(
    fc.property(fc.integer({ min: since, max: since + (2 ** 32 - 1) * 1000 }), (wall) => {
      assert.ok(Math.abs(wallOf(timestampOf(wall), since) - wall) < 0.01)
    }),
  )
})

test('what is between two times is the same in the middle of an era and across its end', () => {
  const walls = fc.integer({ min: since, max: Date.UTC(2100) })
  fc.assert(
    fc.property(walls, fc.integer({ min: -1e9, max: 1e9 }), (wall, ms) => {
      assert.ok(Math.abs(between(timestampOf(wall), timestampOf(wall + ms)) - ms) < 0.01)
    }),
  )
  const end = Date.UTC(2036, 1, 7, 6, 28, 16)
  assert.equal(between(timestampOf(end - 500), timestampOf(end + 250)), 750)
})

test('any octets are read or are not, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
      assert.equal(parsePacket(octets) === undefined, octets.length < 48)
    }),
  )
})
