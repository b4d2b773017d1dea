/**
 * The spool's log: records one after another in segments of one size, which are written over again when nothing in them is needed.
 * They come from a pool (pool.ts): a letter costs its own octets and no block of the file system's, for which the journal would ask
 * another flush.
 * Positions count as if the log were endless; the segment's number is the position divided by its size.
 * After each flush it goes on at the next block: what was flushed is not written again while it may be needed.
 * Refuses to know what the records say.
 */
import { randomBytes } from 'node:crypto'
import type { Disk } from './disk.ts'
import { SpoolFull } from './intake.ts'
import { openPool } from './pool.ts'
import { encodeRecord, lengthOf, type LogRecord, type RecordFront, recordHead, roundUp, saltLength } from './record.ts'
import { reader } from './reader.ts'
import { recordsIn, type Slot, slotsOn } from './slot.ts'
import type { Room } from './store.ts'

export type Position = number

export type Logged = LogRecord & { readonly at: Position }

export type Placed = { readonly at: Position; readonly done: Promise<void> }

export interface Segments {
  /** Octets of a segment. */
  readonly size: number
  /** Where the next record goes. */
  end(): Position
  /** Every readable record at or behind `from`, in order, all of them suspect: for a start, before `begin`. */
  scan(from: Position): Iterable<Logged>
  /** The kernel alone may have what lies there: the next flush is for it too. */
  suspect(at: Position): void
  /** Takes up the log behind its last record and behind `from`. */
  begin(from: Position): void
  /** Hands a record to the kernel at once; into the last spare segment if need be. Throws SpoolFull if there is none. */
  writeNow(record: LogRecord): Position
  /** Gives a record its place; `done` when the kernel has it. Throws SpoolFull. */
  write(record: LogRecord): Placed
  /** The same, but the kernel is given it with the next flush, together with all others that wait for that. */
  join(record: LogRecord): Placed
  /**
   * All that was written before is on the disk when it resolves. Who asks during a flush shares the next one, and that waits for as long
   * as each turn of the event loop brings another record to join it: a letter alone waits for nobody, letters of ten clients share.
   */
  flush(): Promise<void>
  /** What a record says, without the letter's octets. */
  readNow(at: Position): RecordFront
  read(at: Position): Promise<LogRecord>
  /** What a segment (by number) holds is needed once more, or once less. */
  pin(segment: number): void
  unpin(segment: number): void
  /** A letter may come (pool.ts). */
  hasRoom(): boolean
  /** One or two more segments, and the reserve is no longer whole. */
  isTight(): boolean
  /** Octets that are free, and that must stay so. */
  room(): Room
  /** Segments that wait to be used, and that are in use. */
  spares(): number
  used(): number
  /** More are in use than the pool has. */
  isCrowded(): boolean
  /** Segments before this position that nobody needs. */
  dead(before: Position): readonly number[]
  /** They may be written over, flushed or not. */
  reuse(segments: readonly number[]): void
  written(): { readonly octets: number; readonly flushes: number }
  close(): void
}

export type SegmentOptions = {
  readonly disk: Disk
  /** Octets that must stay free on the file system. */
  readonly reserve: number
  /** Octets of a segment. */
  readonly size?: number
  /** Segments that are kept for good. */
  readonly pool?: number
}

const usualSize = 512 * 1024
const usualPool = 9

export function openSegments({ disk, reserve, size = usualSize, pool = usualPool }: SegmentOptions): Segments {
  const block = Math.min(Math.max(disk.room().block, 512), 4096)
  const records = reader(disk, size)
  const slots = slotsOn(disk)
  const spare = openPool({ disk, size, reserve, pool, renamed: () => (newNames = true) })
  const used = spare.found
  const unsynced = new Set<Slot>()
  const syncing = new Set<Slot>()
  let active: Slot | undefined
  let offset = 0
  /** Names the kernel alone may know, as after a kill. */
  let newNames = true
  let octets = 0
  let flushes = 0
  let gathering: Promise<void> | undefined
  let joined = 0
  let ended: Promise<void> = Promise.resolve()
  let broken: unknown

  function* scan(from: Position): Iterable<Logged> {
    for (const number of [...used.keys()].sort((a, b) => a - b)) {
      if ((number + 1) * size <= from) continue
      const slot = slotOf(number)
      for (const record of scanSegment(slot, Math.max(from - number * size, recordHead))) {
        unsynced.add(slot)
        yield { ...record, at: number * size + record.at }
      }
    }
  }

  function scanSegment(slot: Slot, from: number): Iterable<Logged & { readonly length: number }> {
    const whole = Buffer.alloc(size)
    slots.reading(slot, (fd) => disk.readNow(fd, whole, 0))
    return recordsIn(whole, slot.salt, from)
  }

  function begin(from: Position): void {
    spare.fill()
    const last = Math.max(...used.keys(), 0)
    if (last > 0 && last >= Math.floor(from / size)) {
      active = slotOf(last)
      offset = Math.max(recordHead, from - last * size)
      for (const record of scanSegment(active, offset)) offset = Math.max(offset, record.at + record.length)
      offset = roundUp(offset, block)
    } else {
      roll(Math.max(last, Math.floor(from / size)) + 1, true)
    }
    spare.fill()
  }

  /** Goes on in a fresh segment. */
  function roll(number: number, pressing: boolean): void {
    const slot = spare.take(pressing)
    if (!slot) throw new SpoolFull('the spool is full')
    slot.number = number
    slot.salt = randomBytes(saltLength)
    active = slot
    used.set(number, slot)
    const pieces = encodeRecord({ kind: 'segment', letter: number, head: new Uint8Array(0), body: new Uint8Array(0) })(slot.salt, 0)
    disk.writeNow(slots.opened(slot), pieces, 0)
    unsynced.add(slot)
    offset = lengthOf(pieces)
    octets += offset
  }

  function place(record: LogRecord, pressing: boolean): { slot: Slot; at: number; pieces: readonly Uint8Array[] } {
    if (broken !== undefined) throw broken
    const encode = encodeRecord(record)
    if (!active) throw new Error('the log has not begun')
    let pieces = encode(active.salt, offset)
    const length = lengthOf(pieces)
    if (length > size - recordHead) throw new RangeError('a record is longer than a segment')
    if (offset + length > size) {
      roll(active.number + 1, pressing)
      pieces = encode(active.salt, offset)
    }
    const placed = { slot: active, at: offset, pieces }
    offset += length
    octets += length
    unsynced.add(active)
    return placed
  }

  /** Who asks before the flush has begun shares it. */
  function flush(): Promise<void> {
    if (!gathering) {
      gathering = ended.then(flushOnce)
      ended = gathering.catch(() => undefined)
    }
    return gathering
  }

  async function flushOnce(): Promise<void> {
    for (let before = -1; before < joined; ) {
      before = joined
      await disk.turn()
    }
    gathering = undefined
    if (broken !== undefined) throw broken
    if (unsynced.size > 0 || newNames) await syncAll().catch(failed)
  }

  async function syncAll(): Promise<void> {
    offset = roundUp(offset, block)
    for (const slot of unsynced) syncing.add(slot)
    unsynced.clear()
    for (const slot of syncing) slots.handOver(slot)
    for (const slot of syncing) {
      await Promise.all(slot.writing)
      await disk.sync(slots.opened(slot))
      flushes++
      syncing.delete(slot)
      letGo(slot)
    }
    if (!newNames) return
    newNames = false
    await disk.syncNames()
    flushes++
  }

  function join(record: LogRecord): Placed {
    const { slot, at, pieces } = place(record, false)
    joined++
    return { at: slot.number * size + at, done: slots.join(slot, at, pieces) }
  }

  /** After a failed fsync the kernel may have thrown away what it could not write: nothing said since can be believed. */
  function failed(cause: unknown): never {
    broken = cause
    throw cause
  }

  function slotOf(segment: number): Slot {
    const slot = used.get(segment)
    if (!slot) throw new Error(`segment ${segment} is not there`)
    return slot
  }

  const isIdle = (slot: Slot): boolean =>
    slot.pins === 0 && slot.readers === 0 && slot !== active && slot.writing.size === 0 && !slot.joining && !syncing.has(slot)

  /** A record, or throws: what was written is not there any more. */
  function checked<T>(record: T | undefined, at: Position, slot: Slot): T {
    if (record === undefined) throw new Error(`the spool's record at ${at} (${slot.name}) is damaged`)
    return record
  }

  /** Nobody reads it any more, nor writes to it. */
  function letGo(slot: Slot): void {
    if (slot.readers === 0 && slot !== active && !unsynced.has(slot) && !syncing.has(slot)) slots.closed(slot)
  }

  return {
    size,
    end: () => (active?.number ?? 0) * size + offset,
    scan,
    suspect: (at) => void unsynced.add(slotOf(Math.floor(at / size))),
    begin,
    writeNow(record) {
      const { slot, at, pieces } = place(record, true)
      disk.writeNow(slots.opened(slot), pieces, at)
      return slot.number * size + at
    },
    write(record) {
      const { slot, at, pieces } = place(record, false)
      return { at: slot.number * size + at, done: slots.track(slot, disk.write(slots.opened(slot), pieces, at)) }
    },
    join,
    flush,
    readNow(at) {
      const slot = slotOf(Math.floor(at / size))
      return slots.reading(slot, (fd) => checked(records.front({ fd, salt: slot.salt }, at % size), at, slot))
    },
    async read(at) {
      const slot = slotOf(Math.floor(at / size))
      slot.readers++
      try {
        return checked(await records.whole({ fd: slots.opened(slot), salt: slot.salt }, at % size), at, slot)
      } finally {
        slot.readers--
        letGo(slot)
      }
    },
    pin(segment) {
      slotOf(segment).pins++
    },
    unpin(segment) {
      const slot = used.get(segment)
      if (slot) slot.pins--
    },
    hasRoom: spare.hasRoom,
    isTight: () => disk.room().free - 2 * size < reserve,
    room: () => ({ free: disk.room().free, reserve }),
    spares: spare.spares,
    used: () => used.size,
    isCrowded: () => used.size > pool,
    dead: (before) => [...used.values()].filter((slot) => isIdle(slot) && (slot.number + 1) * size <= before).map((slot) => slot.number),
    reuse(segments) {
      for (const segment of segments) {
        const slot = slotOf(segment)
        if (!isIdle(slot)) continue
        used.delete(segment)
        unsynced.delete(slot)
        slots.closed(slot)
        spare.give(slot)
      }
    },
    written: () => ({ octets, flushes }),
    close() {
      for (const slot of used.values()) slots.closed(slot)
      spare.close(slots.closed)
    },
  }
}
