/** The slot as a file, and as a real block device where we may make one: there it can be shown that what is read comes from the device. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Slot } from '../../src/update/box.ts'
import { openSlotDevice } from '../../src/update/slot-device.ts'

const megabyte = 2 ** 20
const noLoop = loopMissing()

test('what is written to a file is read from it', async (t) => {
  const file = emptyFile(t, megabyte)
  symlinkSync(file, `${file}.link`)
  const slot = await openSlotDevice(`${file}.link`)
  assert.equal(slot.length, megabyte)
  await writeAll(slot)
  await slot.turnRound()
  assert.ok(await readAll(slot))
  await slot.close()
  assert.ok(readFileSync(file).every((octet, at) => octet === pattern(at)))
})

test('beyond the end of a device nothing is read, and that is an error', async (t) => {
  const slot = await openSlotDevice(emptyFile(t, 4096))
  await assert.rejects(slot.read(8192, 0), { code: 'EIO' })
  await slot.close()
})

test('a slot that is not there leaves nothing open', async () => {
  const before = readdirSync('/proc/self/fd').length
  await assert.rejects(openSlotDevice('/nowhere/slot'), { code: 'ENOENT' })
  assert.equal(readdirSync('/proc/self/fd').length, before)
})

test('a block device tells its length, takes all of it, and what is read back is read from it, not from memory', {
  skip: noLoop,
}, async (t) => {
  const device = loop(t, emptyFile(t, 4 * megabyte))
  const slot = await openSlotDevice(device)
  assert.equal(slot.length, 4 * megabyte)
  await writeAll(slot)
  await slot.turnRound()
  const before = octetsRead(device)
  assert.ok(await readAll(slot))
  assert.equal(octetsRead(device) - before, 4 * megabyte)
  await assert.rejects(slot.write(4096, 4 * megabyte), (fault: NodeJS.ErrnoException) => fault.code === 'EBADF')
  await slot.close()
})

test('what is written past the end of a block device is an error', { skip: noLoop }, async (t) => {
  const slot = await openSlotDevice(loop(t, emptyFile(t, megabyte)))
  await assert.rejects(slot.write(4096, megabyte), { code: 'ENOSPC' })
  await slot.close()
})

test('a device that is mounted is not opened', { skip: noLoop }, async (t) => {
  const file = emptyFile(t, 4 * megabyte)
  execFileSync('mkfs.ext4', ['-q', '-F', file])
  const device = loop(t, file)
  const mountpoint = `${file}.mounted`
  mkdirSync(mountpoint)
  execFileSync('mount', [device, mountpoint])
  try {
    await assert.rejects(openSlotDevice(device), { code: 'EBUSY' })
  } finally {
    execFileSync('umount', [mountpoint])
  }
})

function pattern(at: number): number {
  return (at * 31 + (at >> 12)) & 0xff
}

async function writeAll(slot: Slot): Promise<void> {
  await eachPiece(slot, async (octets, position) => {
    for (let at = 0; at < octets; at++) slot.piece[at] = pattern(position + at)
    await slot.write(octets, position)
  })
}

async function readAll(slot: Slot): Promise<boolean> {
  let same = true
  await eachPiece(slot, async (octets, position) => {
    slot.piece.fill(0)
    await slot.read(octets, position)
    same &&= slot.piece.subarray(0, octets).every((octet, at) => octet === pattern(position + at))
  })
  return same
}

async function eachPiece(slot: Slot, act: (octets: number, position: number) => Promise<void>): Promise<void> {
  for (let at = 0; at < slot.length; at += slot.piece.length) await act(Math.min(slot.piece.length, slot.length - at), at)
}

function emptyFile(t: TestContext, length: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-slot-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'slot')
  writeFileSync(file, '')
  truncateSync(file, length)
  return file
}

function loop(t: TestContext, file: string): string {
  const device = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim()
  t.after(() => execFileSync('losetup', ['-d', device]))
  return device
}

/** The third field counts sectors of 512 octets that were read (Documentation/block/stat.rst). */
function octetsRead(device: string): number {
  const fields = readFileSync(join('/sys/class/block', basename(device), 'stat'), 'utf8')
    .trim()
    .split(/\s+/)
  return 512 * Number(fields[2])
}

function loopMissing(): string | false {
  if (process.getuid?.() !== 0) return 'only root can make a loop device'
  try {
    execFileSync('losetup', ['--find'], { stdio: 'ignore' })
    return false
  } catch {
    return 'this machine has no loop device to spare'
  }
}
