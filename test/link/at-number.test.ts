import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialCommand } from '../../src/link/at-number.ts'

const numbers: readonly (readonly [string, string | undefined])[] = [
  ['08451234567', 'ATDT08451234567'],
  ['(0845) 123-45.67', 'ATDT08451234567'],
  ['0,w08451234567@', 'ATDT0,W08451234567@'],
  ['T0845', 'ATDT0845'],
  ['P0845', 'ATDP0845'],
  ['+44 845 123', 'ATDT+44845123'],
  ['*99#', 'ATD*99#'],
  ['*99***1#', 'ATD*99***1#'],
  ['08451234567;H', undefined],
  ['0845\rATH', undefined],
  ['isp', undefined],
  ['T', undefined],
  ['', undefined],
  ['1'.repeat(61), undefined],
]

test('numbers that a modem can dial', () => {
  for (const [number, command] of numbers) assert.equal(dialCommand(number), command, number)
})
