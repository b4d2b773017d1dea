/** Reads one record out of a segment, in one call if it is as short as most are. Whoever reads sees to it that the file stays open. */
import type { Disk } from './disk.ts'
import { decodeFront, decodeRecord, type LogRecord, type RecordFront, recordFront } from './record.ts'

/** A segment's open file, and the salt of its records. */
export type Source = { readonly fd: number; readonly salt: Uint8Array }

export interface Reader {
  /** At an offset within the segment; undefined if no such record is there. */
  front(source: Source, offset: number): RecordFront | undefined
  whole(source: Source, offset: number): Promise<LogRecord | undefined>
}

/** Octets of a record with a letter of a few KB, packed. */
const usual = 8 * 1024

/** `size` is a segment's, in octets. */
export function reader(disk: Disk, size: number): Reader {
  const glance = (offset: number): Buffer => Buffer.allocUnsafe(Math.min(usual, size - offset))
  /** Room for the record, if it is longer than what was read of it. */
  const more = (octets: Buffer, offset: number): Buffer | undefined => {
    const length = recordFront(octets, offset)?.length ?? 0
    return length > octets.length ? Buffer.allocUnsafe(Math.min(length, size - offset)) : undefined
  }
  return {
    front({ fd, salt }, offset) {
      const octets = glance(offset)
      disk.readNow(fd, octets, offset)
      const all = more(octets, offset)
      if (all) disk.readNow(fd, all, offset)
      return decodeFront(all ?? octets, salt, offset)
    },
    async whole({ fd, salt }, offset) {
      const octets = glance(offset)
      await disk.read(fd, octets, offset)
      const all = more(octets, offset)
      if (all) await disk.read(fd, all, offset)
      return decodeRecord(all ?? octets, salt, offset)
    },
  }
}
