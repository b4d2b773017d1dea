/**
 * What a month of calls costs as dialpost plans them, beside a script that calls every half hour of the office's day, and the least that
 * it could have cost with hindsight (optimum.ts says of what). Three tariffs, seeded months, a clock that is only counted.
 *
 *   node test/bench/plan/plan.ts [--seed N] [--months N] [--json FILE]
 *
 * `--months`: so many seeds from N on, the first of them shown, the others in the mean, for which the targets stand then. Exits 1 if one is missed.
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
const planners = rows.filter(({ how }) => how === 'dialpost')
if (months.length > 1) for (const { tariff } of planners) say(overall(tariff).words)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(months.length > 1 ? all : rows, undefined, 2)}\n`)

const missed = (months.length > 1 ? planners.map(({ tariff }) => overall(tariff).row) : rows).filter(isMissed)
for (const { tariff } of missed) process.stderr.write(`${tariff}: a target is missed\n`)
process.exitCode = missed.length > 0 ? 1 : 0

/** Of dialpost's months under that tariff the mean, but the worst wait of all. */
function overall(tariff: string): { readonly row: Row; readonly words: string } {
  const own = all.flat().filter((row) => row.how === 'dialpost' && row.tariff === tariff)
  const mean = (what: 'toOptimum' | 'toClassic'): number => own.reduce((sum, row) => sum + row[what], 0) / own.length
  const most = (what: 'toOptimum' | 'worst'): number => Math.max(...own.map((row) => row[what]))
  const row = {
    ...own[0],
    tariff,
    how: 'dialpost',
    toOptimum: mean('toOptimum'),
    toClassic: mean('toClassic'),
    worst: most('worst'),
  } as Row
  const ratios = `${row.toOptimum.toFixed(3)} times the optimum in the mean, ${most('toOptimum').toFixed(3)} at most`
  return { row, words: `${tariff.padEnd(16)} ${own.length} months: ${ratios}, worst wait ${row.worst.toFixed(2)}` }
}
