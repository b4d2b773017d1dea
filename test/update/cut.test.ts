/** The mains plug during an update, the process killed at each of its instants: the running slot and the boot stay as they were, and the next try succeeds. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { pretendBox } from './pretend-box.ts'

/** The payload is longer than four pieces, and not whole ones. */
const lengths = { root: 900 * 1024, kernel: 150 * 1024 }

const instants = [
  ...[0, 1, 4].map((nth) => ['write', nth] as const),
  ['turn', 0],
  ...[0, 4].map((nth) => ['read', nth] as const),
  ['try', 0],
] as const

for (const [call, nth] of instants) {
  test(`killed at ${call} ${nth}: the keeper heard nothing, the running slot is what it was, and the next try is taken`, (t) => {
    const box = pretendBox(t, 2 ** 21)
    const { path, payload } = box.update('0.2.0', lengths)
    const running = box.slot('A')
    const run = (...cut: string[]) =>
      spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', child, box.folder, path, ...cut], { encoding: 'utf8' })

    assert.equal(run(call, String(nth)).signal, 'SIGKILL')
    assert.equal(box.heard(), '')
    assert.deepEqual(box.slot('A'), running)

    const again = run()
    assert.equal(again.status, 0, again.stdout + again.stderr)
    assert.equal(box.heard(), 'try B 1800+300\n')
    assert.deepEqual(box.slot('B').subarray(0, payload.length), payload)
    assert.deepEqual(box.slot('A'), running)
  })
}

const child = join(import.meta.dirname, 'cut-child.ts')
