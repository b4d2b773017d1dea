/** The model of the line, and what is read from its packets: they must be right before anything is measured by them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PipeOptions, pipe } from './pipe.ts'
import { segmentOf, tallying } from './tally.ts'

const options: PipeOptions = { bitsPerSecond: 33_600, latency: 60, depth: 16, framing: 8, queue: 'fifo' }
const full = Buffer.alloc(1500)
/** Milliseconds that a packet needs on the line. */
const lasts = (octets: number): number => ((octets + 8) * 8000) / 33_600

test('a packet takes its length and its framing at line rate, and then the latency', () => {
  const line = pipe(options)
  line.offer(full, 1000)
  assert.equal(line.next(), 1000 + lasts(1500))
  assert.deepEqual(line.arrived(1000 + lasts(1500) + 59.9), [])
  assert.deepEqual(line.arrived(1000 + lasts(1500) + 60), [full])
})

test('one begins when the last one ended, however late one looks', () => {
  const line = pipe(options)
  for (let n = 0; n < 10; n++) line.offer(full, 0)
  assert.equal(line.arrived(10 * lasts(1500) + 60.01).length, 10)
  assert.ok(Math.abs(line.counted().busy - 10 * lasts(1500)) < 0.01)
  assert.equal(line.counted().octets, 15_080)
})

test('what finds the queue full is dropped', () => {
  const line = pipe(options)
  const kept = Array.from({ length: 20 }, () => line.offer(full, 0))
  assert.equal(kept.filter(Boolean).length, 17)
  assert.equal(line.counted().dropped, 3)
})

test('a cut line delivers nothing', () => {
  const line = pipe(options)
  line.offer(full, 0)
  line.clear()
  assert.equal(line.next(), undefined)
  assert.deepEqual(line.arrived(1e6), [])
})

const packet = (service: number, length: number): Buffer => {
  const octets = Buffer.alloc(length)
  octets[1] = service
  return octets
}

for (const { queue, first } of [
  { queue: 'fifo', first: [0x08, 1500] },
  { queue: 'pfifo_fast', first: [0x10, 1500] },
  { queue: 'small first', first: [0, 60] },
] as const) {
  test(`a queue that is ${queue} lets the right one go next, but interrupts none`, () => {
    const line = pipe({ ...options, queue })
    line.offer(full, 0)
    for (const [service, length] of [
      [0x08, 1500],
      [0, 60],
      [0x10, 1500],
    ] as const)
      line.offer(packet(service, length), 0)
    const [, second] = line.arrived(5000)
    assert.deepEqual([second?.[1], second?.length], first)
  })
}

test('what the driver has taken is overtaken by nothing, what it has not is', () => {
  const line = pipe({ ...options, queue: 'pfifo_fast', driver: 3000 })
  line.offer(full, 0)
  for (let n = 0; n < 3; n++) line.offer(packet(0x08, 1500), 0)
  line.offer(packet(0x10, 40), 0)
  assert.deepEqual(
    line.arrived(5000).map(({ length }) => length),
    [1500, 1500, 1500, 40, 1500],
  )
})

/** An IPv4 packet of a TCP connection. */
function tcp(sequence: number, payload: number, flags = 0x10): Buffer {
  const octets = Buffer.alloc(40 + payload)
  octets[0] = 0x45
  octets[9] = 6
  octets.writeUInt16BE(40 + payload, 2)
  octets.writeUInt16BE(40_000, 20)
  octets.writeUInt16BE(25, 22)
  octets.writeUInt32BE(sequence >>> 0, 24)
  octets[32] = 0x50
  octets[33] = flags
  return octets
}

test('a segment is read as RFC 9293 writes it, and other packets are not', () => {
  const found = segmentOf(tcp(7, 100, 0x12))
  assert.deepEqual(found, { ports: '40000>25', sequence: 7, acknowledged: 0, window: 0, payload: 100, flags: 'SA' })
  assert.equal(segmentOf(Buffer.alloc(60)), undefined)
})

test('what is sent twice is content once, across the end of the sequence numbers too', () => {
  const counts = tallying()
  const begin = 0xffffff00
  counts.take(tcp(begin - 1, 0, 0x02))
  for (const [at, payload] of [
    [0, 200],
    [200, 200],
    [200, 200],
    [100, 400],
  ] as const)
    counts.take(tcp(begin + at, payload))
  assert.deepEqual(counts.tally(), { content: 500, bare: 1, segments: 4, again: 2, connections: 1 })
})
