import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionsFor, type Prospect } from '../../src/send/connections.ts'

const grouping = { pipelining: true, chunking: false }
const small = { features: grouping, encrypted: false, roundTrip: 164, rate: 4200, letters: 200, octets: 200 * 1500, most: 4 }

const rows: readonly [string, Partial<Prospect>, number][] = [
  ['with CHUNKING one fills any line', { features: { pipelining: true, chunking: true }, roundTrip: 2000 }, 1],
  ['small letters wait for 354: a second one sends meanwhile', {}, 2],
  ['tiny letters need more', { octets: 200 * 100 }, 4],
  ['a far server needs more', { roundTrip: 700 }, 3],
  ['and no more than are allowed', { roundTrip: 700, most: 2 }, 2],
  ['a near one needs no second', { roundTrip: 0.5 }, 1],
  ['one letter has one', { letters: 1, octets: 1500 }, 1],
  ['a letter that the line carries for ten minutes hides its round trip', { letters: 2, octets: 5_000_000, roundTrip: 100 }, 1],
  ['few letters do not pay for greeting and EHLO', { letters: 2, octets: 3000, roundTrip: 80 }, 1],
  ['nor do somewhat more for a handshake', { letters: 3, octets: 4500, roundTrip: 80, encrypted: true }, 1],
  ['many pay for that, too', { encrypted: true }, 2],
  ['without PIPELINING each command is waited for', { features: { pipelining: false, chunking: true } }, 3],
  ['CHUNKING alone is of no use', { features: { pipelining: false, chunking: true }, roundTrip: 700 }, 4],
]
for (const [name, more, count] of rows)
  test(name, () => {
    assert.equal(connectionsFor({ ...small, ...more }), count)
  })

test('nobody waits: one', () => {
  assert.equal(connectionsFor({ ...small, letters: 0, octets: 0 }), 1)
})
