/**
 * Puts a root file system, a kernel and its initramfs, if it has one, together as a slot holds them, and makes of it what a box can be
 * updated with, signed, and the environment with which GRUB starts a fresh disk's slot A.
 *   node slot.ts BOARD VERSION KEY FOLDER UPDATE        FOLDER/root, kernel and initramfs → FOLDER/slot, FOLDER/grubenv and UPDATE
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentBlock } from '../../src/update/grub-environment.ts'
import { filled, type Header, kernelBlocks, seal } from '../../src/update/package.ts'

const [board = '', version = '', key = '', folder = '', update = ''] = process.argv.slice(2)
const names = ['root', 'kernel', ...(existsSync(join(folder, 'initramfs')) ? ['initramfs'] : [])]
const parts = names.map((name) => readFileSync(join(folder, name)))
const [root = 0, kernel = 0, initramfs] = parts.map((part) => part.length)
const payload = Buffer.concat(parts.flatMap((part) => [part, Buffer.alloc(filled(part.length) - part.length)]))
const extra = initramfs === undefined ? {} : { initramfs }
const header: Header = { board, version, root, kernel, ...extra, sha256: createHash('sha256').update(payload).digest('hex') }
writeFileSync(join(folder, 'slot'), payload)
writeFileSync(join(folder, 'grubenv'), environmentBlock({ slot: 'A', try: '', kernel_A: kernelBlocks(header), kernel_B: '' }))
writeFileSync(update, Buffer.concat([seal(header, readFileSync(key, 'utf8')), payload]))
