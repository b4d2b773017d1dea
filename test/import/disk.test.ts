import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { readInput, readOldFile } from '../../src/import/disk.ts'
import { makeFifo } from '../../src/libc.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-old-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

test('a file is read in UTF-8, or as its time wrote it', () => {
  writeFileSync(at('new'), 'poll ü')
  writeFileSync(at('old'), Buffer.from('poll ü', 'latin1'))
  assert.deepEqual([readOldFile(at('new')), readOldFile(at('old'))], [{ text: 'poll ü' }, { text: 'poll ü' }])
})

test('what is no file is not read, and nothing hangs', () => {
  makeFifo(at('fifo'), 0o600)
  writeFileSync(at('large'), '')
  truncateSync(at('large'), 1024 * 1024 + 1)
  assert.deepEqual(
    ['none', 'fifo', '.', 'large', '/dev/zero'].map((name) => readOldFile(name.startsWith('/') ? name : at(name))),
    [
      { trouble: 'is not there' },
      { trouble: 'is not a file' },
      { trouble: 'is not a file' },
      { trouble: 'is too large to be such a file' },
      { trouble: 'is not a file' },
    ],
  )
})

test('a pipe is read to its end, but not for ever', async () => {
  assert.deepEqual(await readInput(Readable.from([Buffer.from('po'), Buffer.from('ll')])), { text: 'poll' })
  const endless = (function* () {
    for (;;) yield Buffer.alloc(1024 * 1024)
  })()
  assert.deepEqual(await readInput(Readable.from(endless)), { trouble: 'is too large to be such a file' })
})
