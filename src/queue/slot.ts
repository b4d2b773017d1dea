/**
 * One file of the log (segments.ts): its descriptor, open for as long as somebody writes to it, and the records that are on their way
 * to it. Records that join are written in one call with the next flush. Knows neither where the log ends nor what it says.
 */
import type { Disk } from './disk.ts'
import { decodeRecord, lengthOf, type LogRecord, nextRecord, recordStep, saltLength } from './record.ts'

export type Slot = {
  readonly name: string
  fd: number | undefined
  /** Of the segment that it holds. */
  number: number
  salt: Uint8Array
  pins: number
  readers: number
  readonly writing: Set<Promise<void>>
  /** Records that joined the next flush. */
  joining: Run | undefined
}

/** Records one behind the other, on their way to the kernel in one call. */
type Run = { readonly at: number; end: number; readonly pieces: Uint8Array[]; readonly written: PromiseWithResolvers<void> }

export interface Slots {
  opened(slot: Slot): number
  closed(slot: Slot): void
  /** On its descriptor, or on one of its own. */
  reading<T>(slot: Slot, use: (fd: number) => T): T
  /** The next flush waits for it. */
  track(slot: Slot, done: Promise<void>): Promise<void>
  /** Resolves when the kernel has it, which it is given with what is behind or before it. */
  join(slot: Slot, at: number, pieces: readonly Uint8Array[]): Promise<void>
  /** Gives the kernel what joined. */
  handOver(slot: Slot): void
}

export function slotsOn(disk: Disk): Slots {
  const opened = (slot: Slot): number => (slot.fd ??= disk.open(slot.name))
  const track = (slot: Slot, done: Promise<void>): Promise<void> => {
    const tracked = done.finally(() => slot.writing.delete(tracked))
    slot.writing.add(tracked)
    return tracked
  }
  const handOver = (slot: Slot): void => {
    const run = slot.joining
    if (!run) return
    slot.joining = undefined
    const { at, pieces, written } = run
    track(slot, disk.write(opened(slot), pieces, at)).then(written.resolve, written.reject)
  }
  return {
    opened,
    track,
    handOver,
    closed(slot) {
      if (slot.fd !== undefined) disk.close(slot.fd)
      slot.fd = undefined
    },
    reading(slot, use) {
      if (slot.fd !== undefined) return use(slot.fd)
      const fd = disk.open(slot.name)
      try {
        return use(fd)
      } finally {
        disk.close(fd)
      }
    },
    join(slot, at, pieces) {
      if (slot.joining && slot.joining.end !== at) handOver(slot)
      const run = (slot.joining ??= { at, end: at, pieces: [], written: Promise.withResolvers<void>() })
      run.pieces.push(...pieces)
      run.end = at + lengthOf(pieces)
      return run.written.promise
    },
  }
}

export function emptySlot(name: string): Slot {
  return { name, fd: undefined, number: 0, salt: new Uint8Array(saltLength), pins: 0, readers: 0, writing: new Set(), joining: undefined }
}

/** The records in a whole segment from an offset on. Steps over what is torn: octets that reached the disk in another order than they were written. */
export function* recordsIn(
  whole: Buffer,
  salt: Uint8Array,
  from: number,
): Iterable<LogRecord & { readonly at: number; readonly length: number }> {
  for (let at = nextRecord(whole, from); at !== undefined; ) {
    const record = decodeRecord(whole.subarray(at), salt, at)
    if (record && record.kind !== 'segment') yield { ...record, at }
    at = nextRecord(whole, at + (record?.length ?? recordStep))
  }
}
