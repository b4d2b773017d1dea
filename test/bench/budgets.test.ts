/** The benchmarks that have budgets, run as they are run by hand; figures go to the output, a budget that is not kept fails. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

function bench(name: string, ...words: readonly string[]) {
  const file = join(import.meta.dirname, `${name}.ts`)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...words], {
    encoding: 'utf8',
  })
  process.stdout.write(stdout)
  return { status, stdout, stderr, skipped: /^SKIPPED \w+: (.*)$/m.exec(stdout)?.[1] }
}

const flash = bench('flash')

test('a letter costs the flash at most 8 KB and 1.5 flushes, one of ten at once 0.3, a large one at most 1.2 times its size', {
  skip: flash.skipped ?? false,
}, () => {
  assert.match(flash.stdout, /4 KB accepted singly/)
  assert.equal(flash.status, 0, flash.stderr)
})

const figures = join(mkdtempSync(join(tmpdir(), 'dialpost-bench-')), 'box.json')
const box = bench('box/box', '--parts', 'backlog', '--rounds', '1', '--json', figures)

test('ten thousand letters that wait take at most 8 MB of memory more than none', { skip: box.skipped ?? false }, () => {
  assert.equal(box.status, 0, box.stderr)
  const { backlog } = JSON.parse(readFileSync(figures, 'utf8')) as { backlog: { letters: number; memory: number }[] }
  const [none, many] = backlog
  assert.deepEqual([none?.letters, many?.letters], [0, 10_000])
  assert.ok((many?.memory ?? Number.NaN) - (none?.memory ?? Number.NaN) <= 8, JSON.stringify(backlog))
})

after(() => rmSync(dirname(figures), { recursive: true }))

test('memory is at most 16 MB at rest, and 24 MB while 20 MB letters pass in both directions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-bench-'))
  const figures = join(folder, 'memory.json')
  const { status, stderr } = bench('memory', '--letters', '2', '--quiet', '10', '--json', figures)
  assert.equal(status, 0, stderr)
  const rows = JSON.parse(readFileSync(figures, 'utf8')) as Record<string, { anonymous: number }>
  rmSync(folder, { recursive: true })
  const anonymous = Object.values(rows).map((row) => row.anonymous)
  assert.equal(anonymous.length, 6)
  assert.ok((rows['at rest']?.anonymous ?? Number.NaN) <= 16 * 2 ** 20, JSON.stringify(rows))
  assert.ok(Math.max(...anonymous) <= 24 * 2 ** 20, JSON.stringify(rows))
  assert.ok((rows['at rest again']?.anonymous ?? Number.NaN) <= 18 * 2 ** 20, JSON.stringify(rows))
})
