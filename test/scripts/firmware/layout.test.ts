import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { beforeBoot, biosGap, layout, loaderParts, masterBootRecord } from '../../../scripts/firmware/layout.ts'

const meta = { DISK_ID: '0a1b2c3d', BOOT_START: '1', BOOT_MB: '4', SLOT_MB: '58' }

test('boot, slot A, slot B and the data follow one another', () => {
  assert.deepEqual(layout(meta), {
    diskId: 0x0a1b2c3d,
    boot: { start: 2048, sectors: 8192 },
    slotA: { start: 10_240, sectors: 118_784 },
    slotB: { start: 129_024, sectors: 118_784 },
    data: { start: 247_808, sectors: 16_384 },
  })
})

test('what is missing in meta is named', () => {
  assert.throws(() => layout({ ...meta, SLOT_MB: '' }), /SLOT_MB=/)
  assert.throws(() => layout({ ...meta, DISK_ID: 'new' }), /DISK_ID=new/)
})

test('the master boot record has the code, the signature by which the kernel finds its root, and four partitions', () => {
  const record = Buffer.from(masterBootRecord(layout(meta), Buffer.alloc(512, 0x11)))
  assert.equal(record.toString('hex', 0x64, 0x6a), '111190901111')
  assert.equal(record.toString('hex', 436, 446), '111111113d2c1b0a0000')
  assert.equal(record.toString('hex', 446, 462), '80feffff0efeffff0008000000200000')
  assert.equal(record.toString('hex', 494), '00feffff83feffff00c803000040000055aa')
})

test('without a BIOS there is no code', () => {
  assert.ok(
    masterBootRecord(layout(meta), Buffer.alloc(0))
      .subarray(0, 440)
      .every((octet) => octet === 0),
  )
})

test('a core.img that looks elsewhere for its rest, or is too large for the gap, is refused', () => {
  const core = (rest: number, length: number): Buffer => {
    const image = Buffer.alloc(length)
    image.writeUInt32LE(rest, 500)
    return image
  }
  assert.equal(biosGap(core(2, 100_000), layout(meta)).length, 100_000)
  assert.throws(() => biosGap(core(3, 100_000), layout(meta)), /sector 3/)
  assert.throws(() => biosGap(core(2, 2048 * 512), layout(meta)), /do not fit/)
})

test('what a boot ROM takes has its sectors, and leaves the table and the boot partition alone', () => {
  assert.deepEqual(loaderParts('spl.bin@16 u-boot.itb@80'), [
    { name: 'spl.bin', sector: 16 },
    { name: 'u-boot.itb', sector: 80 },
  ])
  assert.deepEqual(loaderParts(''), [])
  assert.equal(beforeBoot(Buffer.alloc((2048 - 80) * 512), 80, layout(meta)).length, 1_007_616)
  assert.throws(() => beforeBoot(Buffer.alloc((2048 - 80) * 512 + 1), 80, layout(meta)), /do not fit/)
  assert.throws(() => beforeBoot(Buffer.alloc(1), 0, layout(meta)), /do not fit/)
})

test('no two boards are taken for one another, and no image is larger than 64 MB', () => {
  const boards = join(import.meta.dirname, '../../../board')
  const layouts = readdirSync(boards, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => layout(parseEnv(readFileSync(join(boards, name, 'meta'), 'utf8')) as Record<string, string>))
  assert.equal(new Set(layouts.map(({ diskId }) => diskId)).size, layouts.length)
  for (const { slotA } of layouts) assert.ok((slotA.start + slotA.sectors) * 512 <= 64 * 2 ** 20)
})
