import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDisk } from '../../src/queue/disk.ts'

test('a disk tells of the octets of letters that pass, in both directions', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'dialpost-disk-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const told: number[] = []
  const disk = openDisk(directory, (octets) => told.push(octets))
  const fd = disk.create('log-1', 4096, false)
  await disk.write(fd, [Buffer.alloc(100, 1), Buffer.alloc(50, 2)], 0)
  await disk.read(fd, Buffer.alloc(120), 0)
  disk.close(fd)
  assert.deepEqual(told, [150, 120])
})
