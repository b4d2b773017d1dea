/**
 * The log's files that hold nothing just now. A pool of them is allocated and filled once in the spool's life and stays, unless the disk
 * gets full; what a rush needs beyond it goes back to the disk. The last two are kept for what must be said: while one is written over and over with
 * settlements, the index can let go of the other, so that a disk without a free block holds up letters that come, and no others.
 */
import type { Disk } from './disk.ts'
import { isFull } from './intake.ts'
import { decodeRecord, recordFront, recordHead } from './record.ts'
import { emptySlot, type Slot } from './slot.ts'

export interface Pool {
  /** Found in use by a former life, by the segment that each holds. */
  readonly found: Map<number, Slot>
  /** Makes the spares that are lacking, as far as there is room. */
  fill(): void
  /** Letters may come: what must stay free is free, and the spares for what must be said are there. Asks the disk. */
  hasRoom(): boolean
  /** For what must be said (`pressing`) the last spare and the reserve too; undefined if there is none. */
  take(pressing: boolean): Slot | undefined
  give(slot: Slot): void
  spares(): number
  close(closed: (slot: Slot) => void): void
}

export type PoolOptions = {
  readonly disk: Disk
  /** Octets of a segment. */
  readonly size: number
  /** Octets that must stay free on the file system. */
  readonly reserve: number
  /** Segments that are kept for good. */
  readonly pool: number
  /** Names came or went, which the kernel alone knows. */
  readonly renamed: () => void
}

const kept = 2

export function openPool({ disk, size, reserve, pool, renamed }: PoolOptions): Pool {
  const found = new Map<number, Slot>()
  const free: Slot[] = []
  /** Files that a power cut kept from their full size: nothing was ever written to them. */
  const halves: string[] = []

  for (const name of disk.list()) if (/^log-\d+$/.test(name)) adopt(name)

  function adopt(name: string): void {
    const fd = disk.open(name)
    const whole = disk.length(fd) === size
    const front = Buffer.alloc(recordHead)
    if (whole) disk.readNow(fd, front, 0)
    disk.close(fd)
    if (!whole) return void halves.push(name)
    const record = decodeRecord(front, undefined, 0)
    const slot = emptySlot(name)
    if (record?.kind !== 'segment' || found.has(record.letter)) return void free.push(slot)
    slot.number = record.letter
    slot.salt = recordFront(front, 0)?.salt ?? slot.salt
    found.set(slot.number, slot)
  }

  /** Undefined if the disk is full. */
  function create(): Slot | undefined {
    const names = new Set(disk.list())
    let n = 1
    while (names.has(`log-${n}`)) n++
    const slot = emptySlot(`log-${n}`)
    try {
      disk.close(disk.create(slot.name, size, isPooled(slot)))
    } catch (cause) {
      if (isFull(cause)) return undefined
      throw cause
    }
    renamed()
    return slot
  }

  function fill(): void {
    for (const name of halves.splice(0)) disk.remove(name)
    while (free.length < kept) {
      const slot = create()
      if (!slot) return
      free.push(slot)
    }
  }

  /** Spares to the disk, if that makes the reserve whole. */
  function giveBack(): boolean {
    if (disk.room().free + (free.length - kept) * size < reserve) return false
    for (let slot = spareOne(); slot; slot = spareOne()) drop(slot)
    return disk.room().free >= reserve
  }

  const spareOne = (): Slot | undefined => (free.length > kept && disk.room().free < reserve ? free.pop() : undefined)

  function drop({ name }: Slot): void {
    disk.remove(name)
    renamed()
  }

  const isPooled = ({ name }: Slot): boolean => Number(name.slice('log-'.length)) <= pool

  return {
    found,
    fill,
    hasRoom() {
      if (disk.room().free < reserve && !giveBack()) return false
      fill()
      return free.length >= kept
    },
    take(pressing) {
      if (free.length > (pressing ? 0 : kept)) return free.shift()
      return pressing || disk.room().free - size >= reserve ? create() : undefined
    },
    give(slot) {
      if (isPooled(slot) || free.length < kept) free.push(slot)
      else drop(slot)
    },
    spares: () => free.length,
    close: (closed) => free.forEach(closed),
  }
}
