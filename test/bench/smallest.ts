/**
 * The smallest memory with which the gateway passes the journey of the three machines (test/image): the test is run with less and less, until
 * it fails.
 *
 *   scripts/bench smallest [--json FILE] [--from MB] [--step MB]      after scripts/image qemu-x86_64 and scripts/peers
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { noAppliance } from '../image/appliance.ts'

type Row = { readonly memory: number; readonly passed: boolean; readonly seconds: number; readonly said: string }

const journey = join(import.meta.dirname, '../image/as-in-the-talk.test.ts')

function pass(memory: number): Row {
  const began = performance.now()
  const words = ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=tap', '--test-timeout=900000', journey]
  const { status, stdout } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    env: { ...process.env, GATEWAY_MEMORY: `${memory}` },
  })
  const said = /^# (ready after .*)$/m.exec(stdout)?.[1] ?? /^not ok \d+ - (.*)$/m.exec(stdout)?.[1] ?? ''
  return { memory, passed: status === 0, seconds: Math.round((performance.now() - began) / 1000), said }
}

const { values } = parseArgs({ options: { json: { type: 'string' }, from: { type: 'string' }, step: { type: 'string' } } })
const reason = noAppliance('client')
if (reason === false) {
  const rows: Row[] = []
  for (let memory = Number(values.from ?? 64); rows.every(({ passed }) => passed); memory -= Number(values.step ?? 4)) {
    const row = pass(memory)
    rows.push(row)
    process.stdout.write(`${row.memory} MB: ${row.passed ? 'passed' : 'FAILED'} in ${row.seconds} s; ${row.said}\n`)
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(rows, undefined, 2))
} else process.stdout.write(`SKIPPED smallest: ${reason}\n`)
