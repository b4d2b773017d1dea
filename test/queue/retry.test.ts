import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CourierName } from '../../src/mail/message.ts'
import { backOff, fourHoursFiveDays as policy, keptBefore, verdict } from '../../src/queue/retry.ts'
import { day, hour, minute } from './copies.ts'

test('waits double from seconds or minutes to a bound', () => {
  const rows: readonly [CourierName, boolean, readonly number[]][] = [
    ['smarthost', false, [5, 10, 20, 40, 60, 60]],
    ['smarthost', true, [15, 30, 60, 120, 240, 240]],
    ['mailbox', false, [1 / 6, 1 / 3, 2 / 3, 4 / 3, 8 / 3, 16 / 3, 10, 10]],
    ['program', false, [1, 2, 4, 8, 16, 30, 30]],
  ]
  for (const [courier, unsure, minutes] of rows) {
    assert.deepEqual(
      minutes.map((_, n) => backOff(courier, n + 1, unsure)),
      minutes.map((m) => Math.round(m * minute)),
    )
  }
  assert.equal(backOff('smarthost', 10_000, false), 60 * minute)
})

test('letters for the smarthost age in line time, with caps in running time', () => {
  const rows: readonly [string, number, number, number, ReturnType<typeof verdict>][] = [
    ['a weekend without a call', 0, 2.5 * day, 0, 'young'],
    ['four hours on line', 4 * hour, 4 * hour, 1, 'late'],
    ['five days on line', 5 * day, 5 * day, 9, 'expired'],
    ['ten minutes of line a day, refused twice', 20 * minute, 2 * day, 2, 'late'],
    ['ten minutes of line a day, not tried yet', 20 * minute, 2 * day, 0, 'young'],
    ['five days without a try', 10 * minute, 5 * day, 0, 'late'],
    ['two weeks, tried at each call', 140 * minute, 14 * day, 14, 'late'],
    ['fifteen days, tried at each call', 150 * minute, 15 * day, 15, 'expired'],
    ['fifteen days, hardly tried', 0, 15 * day, 3, 'late'],
    ['thirty days and never a line', 0, 30 * day, 0, 'expired'],
  ]
  for (const [name, line, running, attempts, expected] of rows)
    assert.equal(verdict('smarthost', { line, running }, attempts, policy), expected, name)
})

test('mailboxes and programs age in running time, line or not', () => {
  for (const courier of ['mailbox', 'program', 'file'] as const) {
    assert.equal(verdict(courier, { line: 0, running: 4 * hour - 1 }, 50, policy), 'young')
    assert.equal(verdict(courier, { line: 0, running: 4 * hour }, 50, policy), 'late')
    assert.equal(verdict(courier, { line: 0, running: 5 * day }, 50, policy), 'expired')
  }
})

test('whatever has a verdict is among the candidates', () => {
  const now = { line: 40 * day, running: 100 * day }
  for (const courier of ['smarthost', 'mailbox'] as const) {
    const { late, expired } = keptBefore(courier, now, policy)
    for (let line = 0; line <= 40; line += 0.5) {
      for (let running = 0; running <= 100; running += 0.5) {
        const kept = { line: line * day, running: running * day }
        const found = verdict(courier, { line: now.line - kept.line, running: now.running - kept.running }, 9, policy)
        const isBefore = (limit: typeof late) => kept.line <= limit.line || kept.running <= limit.running
        if (found === 'late') assert.ok(isBefore(late))
        if (found === 'expired') assert.ok(isBefore(expired))
      }
    }
  }
})
