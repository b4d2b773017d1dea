import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Level, Line } from '../../src/log/events.ts'
import { atLeast, combine, printable } from '../../src/log/sinks.ts'

const line = (level: Level): Line => ({ level, event: level, text: level, fields: {} })

test('every sink gets every line, in order', () => {
  const got: string[] = []
  combine(
    ({ text }) => got.push(`a ${text}`),
    ({ text }) => got.push(`b ${text}`),
  )(line('info'))
  assert.deepEqual(got, ['a info', 'b info'])
})

test('only what is grave enough passes', () => {
  const got: string[] = []
  const sink = atLeast('notice', ({ level }) => got.push(level))
  for (const level of ['debug', 'info', 'notice', 'warn', 'error'] as const) sink(line(level))
  assert.deepEqual(got, ['notice', 'warn', 'error'])
})

test('what strangers write cannot begin a line, ring the bell or move the cursor', () => {
  assert.equal(printable('a\r\n<0>b\x1b[2J\x07\u009b1mc\u2028d\té'), 'a <0>b [2J 1mc d é')
})
