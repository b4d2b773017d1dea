/**
 * The gateway's flash as a sparse file: the image written to it as its owner would, its data partition filled beforehand or taken out
 * afterwards. Where nothing else is said, only for a machine that is switched off.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, copyFileSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { environmentVariables } from '../../src/update/grub-environment.ts'
import { project } from './emulator.ts'

/** What scripts/image makes. */
export const image: string = join(project, 'dist/image/qemu-x86_64.img')

/** What it makes for boxes that run already. */
export const update = (): Buffer => readFileSync(join(project, 'dist/image/qemu-x86_64.update'))

/** The partitions, by their numbers in the master boot record. */
export const partitions = { boot: 1, slotA: 2, slotB: 3, data: 4 } as const

/** Octets. */
export type Place = { readonly start: number; readonly length: number }

const sector = 512
const megabyte = 2 ** 20

/** A new one of so many MB, of that image. */
export function flash(path: string, megabytes = 256, from: string = image): void {
  copyFileSync(from, path)
  truncateSync(path, megabytes * megabyte)
}

export function placeOf(path: string, number: number): Place {
  const entry = octetsAt(path, entryAt(number), 16)
  return { start: entry.readUInt32LE(8) * sector, length: entry.readUInt32LE(12) * sector }
}

const entryAt = (number: number): number => 446 + 16 * (number - 1)

/** Makes the data partition as the first boot does, up to the end of the disk, with these files in it. */
export function layData(path: string, folder: string, megabytes = 256): void {
  const { start } = placeOf(path, partitions.data)
  const length = Buffer.alloc(4)
  length.writeUInt32LE((megabytes * megabyte - start) / sector)
  const file = openSync(path, 'r+')
  writeSync(file, length, 0, 4, entryAt(partitions.data) + 12)
  closeSync(file)
  const words = ['-q', '-F', '-t', 'ext4', '-b', '1024', '-d', folder, '-E', `offset=${start}`, path, `${megabytes - start / megabyte}M`]
  execFileSync('mke2fs', words, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** The first octets of a partition, of a machine that runs too. */
export function frontOf(path: string, number: number, octets: number): Buffer {
  return octetsAt(path, placeOf(path, number).start, octets)
}

/** Where GRUB's environment lies: octets from the disk's beginning. */
export const environmentAt: number = Number(parseEnv(readFileSync(join(project, 'board/qemu-x86_64/meta'), 'utf8'))['GRUBENV_OFFSET'])

/** What the next boot starts. */
export type Choice = { readonly slot: string | undefined; readonly try: string | undefined }

/** As GRUB's environment says now (src/update/grub-environment.ts), of a machine that runs too. */
export function choice(path: string): Choice {
  const { slot, try: once } = environmentVariables(octetsAt(path, environmentAt, 1024)) ?? {}
  return { slot, try: once }
}

export function octetsAt(path: string, position: number, length: number): Buffer {
  const octets = Buffer.alloc(length)
  const file = openSync(path, 'r')
  readSync(file, octets, 0, length, position)
  closeSync(file)
  return octets
}

/** Lays a copy of a partition into a file. */
export function takeOut(path: string, number: number, to: string): void {
  const { start, length } = placeOf(path, number)
  const blocks = [`if=${path}`, `of=${to}`, 'bs=1M', `skip=${start / megabyte}`, `count=${length / megabyte}`, 'conv=sparse', 'status=none']
  execFileSync('dd', blocks)
}

/** Lays files into the data partition that a boot has made, over what is there of them, with the owners and modes that they have here. */
export function addData(path: string, folder: string): void {
  const copy = `${folder}.ext4`
  takeOut(path, partitions.data, copy)
  try {
    // debugfs wants no journal that is to be replayed.
    spawnSync('e2fsck', ['-p', copy])
    const orders = readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => ordersFor(join(folder, name), `/${name}`))
    spawnSync('debugfs', ['-w', '-f', '-', copy], { input: orders.join('\n') })
    const { start } = placeOf(path, partitions.data)
    execFileSync('dd', [`if=${copy}`, `of=${path}`, 'bs=1M', `seek=${start / megabyte}`, 'conv=notrunc', 'status=none'])
  } finally {
    rmSync(copy)
  }
}

function ordersFor(from: string, to: string): readonly string[] {
  const { mode, uid, gid } = statSync(from)
  const made = statSync(from).isDirectory() ? [`mkdir ${to}`] : [`rm ${to}`, `write ${from} ${to}`]
  return [...made, `sif ${to} mode 0${mode.toString(8)}`, `sif ${to} uid ${uid}`, `sif ${to} gid ${gid}`]
}

export type Data = {
  /** What fsck found after the journal's replay; empty: the file system is whole. */
  readonly faults: string
}

/** Checks a copy of the data partition as a boot does, and lays its files into a folder, which is made. */
export function takeData(path: string, folder: string): Data {
  return withData(path, `${folder}.ext4`, (copy) => {
    execFileSync('mkdir', ['-p', folder])
    spawnSync('debugfs', ['-R', `rdump / ${folder}`, copy])
  })
}

/** The same without the files. `copy` is laid and removed. */
export const checkData = (path: string, copy: string): Data => withData(path, copy, () => {})

function withData(path: string, copy: string, then: (copy: string) => void): Data {
  takeOut(path, partitions.data, copy)
  try {
    // 1: the journal was replayed, or a trifle mended, as every boot after a cut does.
    const mended = spawnSync('e2fsck', ['-p', copy], { encoding: 'utf8' })
    const checked = spawnSync('e2fsck', ['-fn', copy], { encoding: 'utf8' })
    then(copy)
    return { faults: (mended.status ?? 8) <= 1 && checked.status === 0 ? '' : `${mended.stdout}${checked.stdout}` }
  } finally {
    rmSync(copy)
  }
}
