/**
 * What a month of calls costs as dialpost plans them, beside a script that calls every half hour of the office's day, and the least that
 * it could have cost with hindsight (optimum.ts says of what). Three tariffs, one seeded month, a clock that is only counted.
 *
 *   node test/bench/plan/plan.ts [--seed N] [--json FILE]        Exits 1 if a target is missed.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Window, window } from '../../../src/config/windows.ts'
import { type Rates, tariffOf } from '../../../src/link/tariff.ts'
import type { Bill } from './bill.ts'
import { classic } from './classic.ts'
import { monthOf } from './month.ts'
import { optimum, prophet } from './optimum.ts'
import { planned } from './planned.ts'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, json: { type: 'string' } } })
const maxWait = 6 * 3_600_000

/** No more than so many times the optimum, so many times the classic, hours for the worst letter. */
const targets = { optimum: 1.15, classic: 0.5, worst: 6 }

function hours(text: string): Window {
  const parsed = window.parse(text)
  if (!('value' in parsed)) throw new Error(text)
  return parsed.value
}

const second = { unit: 1000, fee: 0 }
const tariffs: Record<string, readonly Rates[]> = {
  'UK 2000, pence': [
    { ...second, window: hours('Mon-Fri 08:00-18:00'), per_minute: 3.95, minimum: 5 },
    { ...second, window: hours('Mon-Fri 18:00-08:00'), per_minute: 1, minimum: 5 },
    { ...second, window: hours('Sat-Sun'), per_minute: 0.66, minimum: 5 },
  ],
  'units and a fee': [
    { window: hours('Mon-Fri 09:00-18:00'), per_minute: 0.08, minimum: 0, unit: 90_000, fee: 0.06 },
    { per_minute: 0.03, minimum: 0, unit: 240_000, fee: 0.06 },
  ],
  'flat and dear': [{ ...second, per_minute: 0.5, minimum: 0 }],
}

type Row = { readonly tariff: string; readonly how: string } & Bill
const letters = monthOf(Number(values.seed))
const rows = Object.entries(tariffs).flatMap(([name, rates]): Row[] => {
  const tariff = tariffOf(rates)
  const ways = {
    dialpost: planned(letters, tariff, maxWait),
    classic: classic(letters, tariff),
    optimum: optimum(letters, tariff, maxWait),
    prophet: prophet(letters, tariff, maxWait),
  }
  return Object.entries(ways).map(([how, bill]) => ({ tariff: name, how, ...bill }))
})

const octets = letters.reduce((sum, letter) => sum + letter.octets, 0)
process.stdout.write(
  `${letters.length} letters, ${(octets / 1e6).toFixed(1)} MB; worst wait in hours; ratios of money to the optimum's and the classic's\n`,
)
process.stdout.write(`${'tariff'.padEnd(16)} ${'how'.padEnd(9)}   money minutes calls  worst  /optimum /classic\n`)
const moneyOf = (tariff: string, how: string): number => rows.find((row) => row.tariff === tariff && row.how === how)?.money ?? Number.NaN
const compared = rows.map((row) => ({
  ...row,
  toOptimum: row.money / moneyOf(row.tariff, 'optimum'),
  toClassic: row.money / moneyOf(row.tariff, 'classic'),
}))
for (const { tariff, how, money, minutes, calls, worst, toOptimum, toClassic } of compared)
  process.stdout.write(
    `${tariff.padEnd(16)} ${how.padEnd(9)} ${money.toFixed(2).padStart(7)} ${minutes.toFixed(0).padStart(7)} ${String(calls).padStart(5)} ` +
      `${worst.toFixed(2).padStart(6)} ${toOptimum.toFixed(3).padStart(10)} ${toClassic.toFixed(3).padStart(8)}\n`,
  )
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(compared, undefined, 2)}\n`)

const missed = compared.filter(
  ({ how, toOptimum, toClassic, worst }) =>
    how === 'dialpost' && (toOptimum > targets.optimum || toClassic > targets.classic || worst > targets.worst),
)
for (const { tariff } of missed) process.stderr.write(`${tariff}: a target is missed\n`)
process.exitCode = missed.length > 0 ? 1 : 0
