import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { decodeRecord, encodeRecord, type LogRecord, nextRecord, recordStep, saltLength } from '../../src/queue/record.ts'

const salt = Buffer.alloc(saltLength, 7)
const records: readonly LogRecord[] = [
  { kind: 'segment', letter: 9, head: new Uint8Array(0), body: new Uint8Array(0) },
  { kind: 'chunk', letter: 2 ** 36, head: new Uint8Array(0), body: randomBytes(65_472) },
  { kind: 'letter', letter: 1, head: Buffer.from('{"a":1}'), body: Buffer.from('Subject: x\r\n'.repeat(500)) },
  {
    kind: 'letter',
    letter: 2,
    head: Buffer.from(JSON.stringify(Array.from({ length: 5000 }, (_, n) => `user${n}@far.example`))),
    body: Buffer.from('x'),
  },
  { kind: 'changes', letter: 0, head: Buffer.from('{}'), body: new Uint8Array(0) },
]

function write(record: LogRecord, offset = 4096): Buffer {
  return Buffer.concat(encodeRecord(record)(salt, offset))
}

test('a record is read as it was written', () => {
  for (const record of records) {
    const octets = write(record)
    assert.equal(octets.length % recordStep, 0)
    const found = decodeRecord(Buffer.concat([octets, randomBytes(50)]), salt, 4096)
    assert.ok(found)
    assert.deepEqual([found.kind, found.letter, found.length], [record.kind, record.letter, octets.length])
    assert.deepEqual(Buffer.from(found.head), Buffer.from(record.head))
    assert.deepEqual(Buffer.from(found.body), Buffer.from(record.body))
  }
})

test('text takes half the room, and what cannot be packed hardly more than itself', () => {
  const text = Buffer.from(Array.from({ length: 400 }, (_, n) => `Received: from host${n % 37} by hub; line ${n}\r\n`).join(''))
  assert.ok(write({ kind: 'chunk', letter: 1, head: new Uint8Array(0), body: text }).length < text.length / 2)
  const noise = randomBytes(65_472)
  assert.ok(write({ kind: 'chunk', letter: 1, head: new Uint8Array(0), body: noise }).length <= 65_536)
})

test('a record is read under its own salt and at its own offset alone', () => {
  for (const record of records) {
    const octets = write(record)
    assert.equal(decodeRecord(octets, Buffer.alloc(saltLength, 8), 4096), undefined)
    assert.equal(decodeRecord(octets, salt, 4104), undefined)
    assert.equal(decodeRecord(octets.subarray(0, octets.length - recordStep), salt, 4096), undefined)
  }
})

test('no octet of a record can change unseen', () => {
  const octets = write(records[2] as LogRecord)
  const length = octets.length
  for (let at = 0; at < length; at++) {
    const bent = Buffer.from(octets)
    bent[at] = (bent[at] ?? 0) ^ 0x40
    const found = decodeRecord(bent, salt, 4096)
    if (found)
      assert.ok(at >= length - recordStep && Buffer.from(found.body).equals(Buffer.from((records[2] as LogRecord).body)), `octet ${at}`)
  }
})

test('records are found behind whatever is between them', () => {
  const octets = Buffer.concat([randomBytes(800), write(records[4] as LogRecord, 800), Buffer.from('x1Rpd..'), randomBytes(73)])
  assert.equal(nextRecord(octets, 0), 800)
  assert.equal(nextRecord(octets, 801), undefined)
})
