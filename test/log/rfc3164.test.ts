import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Level } from '../../src/log/events.ts'
import { syslogPacket } from '../../src/log/rfc3164.ts'

const now = new Date(2026, 5, 6, 8, 3, 42).getTime()
const packet = (level: Level, text: string, hostname?: string) =>
  Buffer.from(
    syslogPacket({ level, event: 'x', text, fields: {} }, { now, pid: 295, ...(hostname === undefined ? {} : { hostname }) }),
  ).toString()

const rows: readonly [level: Level, priority: number][] = [
  ['error', 19],
  ['warn', 20],
  ['notice', 21],
  ['info', 22],
  ['debug', 23],
]

for (const [level, priority] of rows)
  test(`${level} has priority ${priority}: facility mail`, () =>
    assert.equal(packet(level, 'text'), `<${priority}>Jun  6 08:03:42 dialpost[295]: text`))

test('a log host elsewhere is told who speaks', () =>
  assert.equal(packet('info', 'text', 'moriah'), '<22>Jun  6 08:03:42 moriah dialpost[295]: text'))

test('nobody can write a line of his own into the log', () =>
  assert.equal(packet('info', 'a\n<0>Jan  1 00:00:00 kernel: b'), '<22>Jun  6 08:03:42 dialpost[295]: a <0>Jan  1 00:00:00 kernel: b'))

test('a packet is at most 1024 octets, and no character is cut in two', () => {
  for (let pad = 0; pad < 4; pad++) {
    const text = packet('info', `${'x'.repeat(pad)}${'€'.repeat(600)}`)
    assert.ok(Buffer.byteLength(text) <= 1024 && Buffer.byteLength(text) > 1018)
    assert.match(text, /€\.\.\.$/)
  }
})
