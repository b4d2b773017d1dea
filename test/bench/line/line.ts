/**
 * Seconds on line, side by side: sendmail, fetchmail, Postfix and mpop from Debian, and dialpost, over the same emulated modem line to
 * the same real Postfix and Dovecot, in one run. As root.
 *   node test/bench/line/line.ts [--json FILE] [--only TEXT]... [--who TEXT] [--share N] [--lanes N] [--trace FOLDER]
 * `--only`: rows whose names hold the text; `--who`: programs whose names do. `--share 0.1`: a tenth of the letters. `--lanes`: lines
 * at once, each with its own servers; they wait for each other at nothing but the processor. `--trace`: a file of packets for each.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../../../src/console/words.ts'
import { missing } from '../../peer/room.ts'
import { type Measurement, type Result, measure } from './measure.ts'
import { type Proof, prove } from './prove.ts'
import { type Who, levers, rows } from './rows.ts'

type Options = { readonly share: number; readonly trace: string | undefined }
type Measured = { readonly row: string; readonly who: string; readonly result: Result }

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      only: { type: 'string', multiple: true },
      who: { type: 'string', default: '' },
      share: { type: 'string', default: '1' },
      lanes: { type: 'string', default: '4' },
      trace: { type: 'string' },
    },
  })
  const lacking = missing('postfix', 'dovecot', 'sendmail', 'tools')
  if (lacking !== false) {
    process.stdout.write(`SKIPPED line: ${lacking}\n`)
    return
  }
  if (values.only === undefined) proven(await prove())
  if (values.trace !== undefined) mkdirSync(values.trace, { recursive: true })
  const wanted = ({ row, who }: { row: string; who: Who }): boolean =>
    who.name.includes(values.who) && (values.only?.some((text) => row.includes(text)) ?? true)
  const jobs = [
    ...rows.flatMap(({ name, who }) => who.map((one) => ({ row: name, who: one }))),
    ...levers.map((who) => ({ row: 'levers', who })),
  ].filter(wanted)
  const options = { share: Number(values.share), trace: values.trace }
  const done = await inLanes(Number(values.lanes), jobs, ({ row, who }) => tried(row, who, options))
  const measured = done.filter((one) => one !== undefined)
  process.stdout.write(`\n${summary(measured)}\n`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, undefined, 1)}\n`)
  if (measured.length < jobs.length || measured.some(({ result }) => result.faults.length > 0)) process.exitCode = 1
}

/** Nothing is worth measuring on a line that is not what it claims to be. */
function proven({ roundTrip, expectedRoundTrip, bulk, mostBulk }: Proof): void {
  process.stdout.write(
    `the line: round trip ${roundTrip.toFixed(1)} ms, ${expectedRoundTrip.toFixed(1)} by arithmetic; bulk TCP ${(bulk * 100).toFixed(1)} % of the rate, at most ${(mostBulk * 100).toFixed(1)} %\n`,
  )
  if (bulk < 0.95 || Math.abs(roundTrip - expectedRoundTrip) > 5)
    throw new Error('the emulated line is not what it claims to be; is the machine overloaded?')
}

/** So many at a time, the first ones first; results in the jobs' order. */
async function inLanes<Job, Out>(lanes: number, jobs: readonly Job[], work: (job: Job) => Promise<Out>): Promise<readonly Out[]> {
  const results: Out[] = []
  const entries = jobs.entries()
  const lane = async (): Promise<void> => {
    for (const [at, job] of entries) results[at] = await work(job)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

/** One that fails is told of and does not stop the others. */
async function tried(row: string, { name, measurement }: Who, options: Options): Promise<Measured | undefined> {
  try {
    const result = await measure(dressed(`${row}, ${name}`, measurement, options))
    process.stdout.write(`${row}: ${name}\n${details(measurement, result)}`)
    return { row, who: name, result }
  } catch (cause) {
    process.stdout.write(`${row}: ${name}\n   FAILED: ${cause instanceof Error ? cause.message : String(cause)}\n`)
    return undefined
  }
}

function dressed(name: string, measurement: Measurement, { share, trace }: Options): Measurement {
  const line = trace === undefined ? measurement.line : { ...measurement.line, trace: join(trace, name.replaceAll(/\W+/g, '-')) }
  return { ...measurement, share, line }
}

function details({ line }: Measurement, { seconds, ratio, report, faults }: Result): string {
  const way = (name: string, { octets, packets, bare, again, dropped, busy, connections }: Result['report']['up']): string =>
    `   ${name} ${octets} octets, ${packets} packets (${bare} bare), ${again} sent again, ${dropped} dropped, ${connections} connections, busy ${percent(busy / report.elapsed)}\n`
  const waited = (report.idle / (line.up.latency + line.down.latency)).toFixed(1)
  const head = `   ${seconds.toFixed(1)} s, ${ratio.toFixed(3)} x payload; idle ${(report.idle / 1000).toFixed(1)} s, or ${waited} round trips waited\n`
  const wrong =
    faults.length > 0 ? `   WRONG: ${faults.slice(0, 5).join('; ')}${faults.length > 5 ? ` and ${faults.length - 5} more` : ''}\n` : ''
  return `${head}${way('up  ', report.up)}${way('down', report.down)}${wrong}`
}

function summary(measured: readonly Measured[]): string {
  const of = (row: string): readonly Measured[] => measured.filter((one) => one.row === row)
  const lines = rows.flatMap(({ name, target }) =>
    of(name).map(({ who, result }) => [
      name,
      who,
      result.ratio.toFixed(3),
      ...(who === 'dialpost' ? [`<= ${target}`, result.ratio <= target ? 'met' : 'missed'] : ['', '']),
    ]),
  )
  const worth = of('levers').map(({ who, result }) => ['levers', who, result.ratio.toFixed(3), '', ''])
  return table([['row', 'who', 'ratio', 'target', ''], ...lines, ...worth])
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

await main()
