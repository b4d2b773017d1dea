/**
 * How long the built executable takes to start: `serve` until it has logged `started` and the LAN's door answers, on a spool that is
 * there already, and `mailq` against a daemon, beside the bare runtime (`node -e 0`) and a bare executable made of it. Whole
 * processes, one of each after another in every round; medians.
 *
 *   node test/bench/start.ts [--rounds N] [--json FILE]        after npm run build
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { end, makeHub, program } from './hub.ts'

const { values } = parseArgs({ options: { json: { type: 'string' }, rounds: { type: 'string', default: '15' } } })
const folder = mkdtempSync(join(tmpdir(), 'dialpost-start-'))
const nobody = 1
const standing = await makeHub({ smarthost: nobody, pop3: nobody })
const starting = await makeHub({ smarthost: nobody, pop3: nobody })
const daemon = await standing.serve()
try {
  const bare = bareExecutable()
  const kinds: Record<string, () => Promise<number>> = {
    'bare runtime (node -e 0)': () => run(process.execPath, '-e', '0'),
    'bare executable': () => run(bare),
    'dialpost serve, until ready': ready,
    'dialpost mailq': () => run(program, 'mailq', '-C', standing.settings),
  }
  const times = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]))
  await ready()
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [kind, measure] of Object.entries(kinds)) times.get(kind)?.push(await measure())
  }
  const medians = new Map([...times].map(([kind, all]) => [kind, median(all)]))
  const base = medians.get('bare executable') ?? Number.NaN
  for (const [kind, time] of medians)
    process.stdout.write(`${kind.padEnd(32)} ${time.toFixed(1).padStart(7)} ms  ${(time / base).toFixed(2)}\n`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(Object.fromEntries(medians), undefined, 2)}\n`)
} finally {
  await end(daemon)
  standing.remove()
  starting.remove()
  rmSync(folder, { recursive: true, force: true })
}

/** Milliseconds until it has ended. */
async function run(command: string, ...words: readonly string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(command, words, { stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${code}`)
  return performance.now() - began
}

/** Milliseconds until the LAN is greeted. */
async function ready(): Promise<number> {
  const began = performance.now()
  const child = await starting.serve()
  const took = performance.now() - began
  await end(child)
  return took
}

/** The runtime with an empty program inside, as dialpost is made. */
function bareExecutable(): string {
  const output = join(folder, 'bare')
  writeFileSync(join(folder, 'nothing.cjs'), '')
  const recipe = { main: join(folder, 'nothing.cjs'), output, disableExperimentalSEAWarning: true, execArgvExtension: 'none' }
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(recipe))
  execFileSync(process.execPath, ['--build-sea', join(folder, 'sea.json')], { stdio: ['ignore', 'ignore', 'inherit'] })
  return output
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN
}
