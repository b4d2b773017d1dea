/**
 * What a month of calls costs as dialpost plans them, beside a script that calls every half hour of the office's day, and the least that
 * it could have cost with hindsight (optimum.ts says of what). Three tariffs, seeded months, a clock that is only counted.
 *
 *   node test/bench/plan/plan.ts [--seed N] [--months N] [--json FILE]
 *
 * `--months`: so many seeds from N on, the first of them shown, the others in the mean and the worst ratio. Exits 1 if a target is missed.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compare, isMissed, type Row } from './compare.ts'
import { monthOf } from './month.ts'

const options = { seed: { type: 'string', default: '1' }, months: { type: 'string', default: '1' }, json: { type: 'string' } } as const
const { values } = parseArgs({ options })
const say = (line: string): boolean => process.stdout.write(`${line}\n`)

const months = Array.from({ length: Number(values.months) }, (_, index) => monthOf(Number(values.seed) + index))
const [letters = []] = months
const octets = letters.reduce((sum, letter) => sum + letter.octets, 0)
const all = months.map(compare)
const [rows = []] = all

say(`${letters.length} letters, ${(octets / 1e6).toFixed(1)} MB; worst wait in hours; ratios of money to the optimum's and the classic's`)
say(`${'tariff'.padEnd(16)} ${'how'.padEnd(9)}   money minutes calls  worst  /optimum /classic`)
for (const { tariff, how, money, minutes, calls, worst, toOptimum, toClassic } of rows)
  say(
    `${tariff.padEnd(16)} ${how.padEnd(9)} ${money.toFixed(2).padStart(7)} ${minutes.toFixed(0).padStart(7)} ${String(calls).padStart(5)} ` +
      `${worst.toFixed(2).padStart(6)} ${toOptimum.toFixed(3).padStart(10)} ${toClassic.toFixed(3).padStart(8)}`,
  )
if (months.length > 1) for (const { tariff } of rows.filter(({ how }) => how === 'dialpost')) say(overall(tariff))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(months.length > 1 ? all : rows, undefined, 2)}\n`)

const missed = all.flat().filter(isMissed)
for (const { tariff } of missed) process.stderr.write(`${tariff}: a target is missed\n`)
process.exitCode = missed.length > 0 ? 1 : 0

function overall(tariff: string): string {
  const ratios = all.flat().filter((row: Row) => row.how === 'dialpost' && row.tariff === tariff)
  const mean = ratios.reduce((sum, { toOptimum }) => sum + toOptimum, 0) / ratios.length
  const most = Math.max(...ratios.map(({ toOptimum }) => toOptimum))
  return `${tariff.padEnd(16)} ${months.length} months: ${mean.toFixed(3)} times the optimum in the mean, ${most.toFixed(3)} at most`
}
