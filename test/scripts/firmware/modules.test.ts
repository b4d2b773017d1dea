import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { modulesInOrder } from '../../../scripts/firmware/modules.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-modules-'))
after(() => rmSync(folder, { recursive: true }))
const kernel = join(folder, '6.1.0/kernel')
mkdirSync(kernel, { recursive: true })
writeFileSync(join(folder, '6.1.0/modules.builtin'), 'kernel/lib/crc16.ko\n')
for (const [name, depends] of [
  ['ext4', 'jbd2,mbcache'],
  ['jbd2', 'crc32c-generic'],
  ['mbcache', ''],
  ['crc32c-generic', ''],
  ['ahci', ''],
])
  writeFileSync(join(kernel, `${name}.ko`), `\x7fELF\0license=GPL\0depends=${depends}\0name=${name}\0`)

const ordered = (...names: string[]): readonly string[] => modulesInOrder(folder, names).map((path) => basename(path))

test('a module stands behind all that it depends on, once', () => {
  assert.deepEqual(ordered('mbcache', 'ext4'), ['mbcache.ko', 'crc32c-generic.ko', 'jbd2.ko', 'ext4.ko'])
})

test('what is built into the kernel has no file, and what it has not at all is named', () => {
  assert.deepEqual(ordered('crc16', 'ahci'), ['ahci.ko'])
  assert.throws(() => ordered('ahci', 'igb', 'nvme'), /no module of the name igb, nvme/)
})
