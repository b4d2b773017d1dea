/**
 * The raw disk of a board, up to the end of what slot A holds: partition table, boot loader, boot partition, slot A. What lies behind, slot B
 * and the data, is in the table alone, and the first start makes of it what the disk has room for.
 *   node disk.ts BOARD FOLDER OUTPUT        FOLDER/boot.fat, slot and, where a BIOS starts GRUB, boot.img and core.img → OUTPUT
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { beforeBoot, biosGap, layout, type Layout, loaderParts, masterBootRecord, sectorLength } from './layout.ts'

const [board = '', folder = '', output = ''] = process.argv.slice(2)
const meta = parseEnv(readFileSync(join('board', board, 'meta'), 'utf8')) as Record<string, string>
const places: Layout = layout(meta)
const part = (name: string): Buffer => readFileSync(join(folder, name))

const boot = part('boot.fat')
const slot = part('slot')
const environment = Number(meta['GRUBENV_OFFSET']) - places.boot.start * sectorLength
if (!boot.subarray(environment).toString('latin1', 0, 64).startsWith('# GRUB Environment Block\n'))
  throw new Error(`GRUB's environment is not at GRUBENV_OFFSET=${meta['GRUBENV_OFFSET']} of board/${board}/meta`)
if (slot.length > places.slotA.sectors * sectorLength)
  throw new Error(`${slot.length} octets do not fit into a slot of ${meta['SLOT_MB']} MB`)

const bios = existsSync(join(folder, 'core.img'))
const image = openSync(output, 'w')
const put = (octets: Uint8Array, sector: number): number => writeSync(image, octets, 0, octets.length, sector * sectorLength)
put(masterBootRecord(places, bios ? part('boot.img') : Buffer.alloc(0)), 0)
if (bios) put(biosGap(part('core.img'), places), 1)
for (const { name, sector } of loaderParts(meta['LOADER'] ?? '')) put(beforeBoot(part(name), sector, places), sector)
put(boot, places.boot.start)
put(slot, places.slotA.start)
ftruncateSync(image, places.slotA.start * sectorLength + slot.length)
closeSync(image)
