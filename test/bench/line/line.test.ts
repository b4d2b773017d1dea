/**
 * Letters over the emulated telephone line, to and from real servers, by the executable as it is shipped: all arrive as they were, and
 * what the line had to carry for them is counted. How long it took is the benchmark's business (scripts/bench line).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missing } from '../../peer/room.ts'
import { octetsOf, corpus } from './corpus.ts'
import { inwardSeed, outwardSeed } from './far.ts'
import { type Measurement, measure } from './measure.ts'
import { modem } from './telephone.ts'

const notRoot = process.getuid?.() !== 0 && 'network namespaces and TUN devices need root'
const skip = notRoot || missing('postfix', 'dovecot')

const share = 0.1
const [sent, waiting] = [outwardSeed, inwardSeed].map((seed) => octetsOf(corpus('small', seed, share)))
const measured = (more: Partial<Measurement>) =>
  measure({ drivers: ['dialpost'], corpus: 'small', share, out: true, in: true, line: modem, ...more })

test('both ways at once: all arrive, over one connection each way, and the queues never overflow', { skip, timeout: 120_000 }, async () => {
  const { faults, report } = await measured({})
  assert.deepEqual(faults, [])
  assert.equal(report.up.connections, 2)
  assert.deepEqual([report.up.dropped, report.down.dropped], [0, 0])
  // Commands, answers and our trace field, without the headers of packets.
  assert.ok(report.up.content < 1.2 * (sent ?? 0), `${report.up.content} octets up for ${sent}`)
  assert.ok(report.down.content < 1.2 * (waiting ?? 0), `${report.down.content} octets down for ${waiting}`)
})

test('by IMAP with COMPRESS the line carries less than the letters', { skip, timeout: 120_000 }, async () => {
  const { faults, report } = await measured({ out: false, protocol: 'imap' })
  assert.deepEqual(faults, [])
  assert.ok(report.down.octets < 0.6 * (waiting ?? 0), `${report.down.octets} octets down for ${waiting}`)
})

test('by TLS, and a smarthost without CHUNKING: all arrive as they were', { skip, timeout: 120_000 }, async () => {
  const results = await Promise.all([measured({ tls: true }), measured({ without: ['chunking'], in: false })])
  assert.deepEqual(
    results.map(({ faults }) => faults),
    [[], []],
  )
})
