/** A process killed at each of its instants leaves a mailbox that the next one makes whole, without waiting for a dead lock. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Mail } from '../../src/deliver/mailbox.ts'
import { listening, mail, marksIn, mboxesIn, never, noted, temporaryDirectory } from './mboxes.ts'

const earlier = 'From old@x Sat Jun  3 20:58:31 2000\nX-Dialpost-Delivery: 1.1\n\nold letter\n\n'

/** What the mailbox holds when the process is killed there, and whether its lock file is left. */
const instants: Readonly<Record<string, { readonly marks: readonly string[]; readonly locked: boolean }>> = {
  locked: { marks: ['1.1'], locked: true },
  'append-noted': { marks: ['1.1'], locked: true },
  'append-begun': { marks: ['1.1'], locked: true },
  'append-half': { marks: ['1.1', '4F1.1'], locked: true },
  appended: { marks: ['1.1', '4F1.1', '4F2.2'], locked: true },
  'append-flushed': { marks: ['1.1', '4F1.1', '4F2.2'], locked: true },
  unlocked: { marks: ['1.1', '4F1.1', '4F2.2'], locked: false },
}

for (const [instant, left] of Object.entries(instants)) {
  test(`killed at '${instant}', every letter is delivered once`, async (t) => {
    const directory = temporaryDirectory(t)
    const path = join(directory, 'eddy')
    writeFileSync(path, earlier)
    const { signal } = spawnSync(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), directory, instant])
    assert.equal(signal, 'SIGKILL')
    assert.deepEqual(marksIn(path), left.marks)
    assert.equal(existsSync(`${path}.lock`), left.locked)

    const { log, names } = listening()
    const mbox = mboxesIn(directory, { log })
    const missing: Mail[] = []
    for (const one of [mail(1), mail(2)]) {
      const note = existsSync(join(directory, 'note')) ? readFileSync(join(directory, 'note'), 'utf8') : undefined
      const found = note === undefined ? undefined : await mbox.settled('eddy', one, note, never)
      if (!found) missing.push(one)
      else assert.equal(found.kind, 'accepted')
    }
    if (missing.length > 0) await mbox.append('eddy', missing, noted, never)
    assert.deepEqual(marksIn(path), ['1.1', '4F1.1', '4F2.2'])
    assert.ok(readFileSync(path, 'latin1').startsWith(earlier))
    assert.equal(names().includes('lock-broken'), left.locked)
    assert.deepEqual(
      readdirSync(directory).filter((name) => name !== 'note'),
      ['eddy'],
    )
  })
}
