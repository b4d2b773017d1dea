/**
 * All that a machine writes to its disk while it is on, in order, as QEMU logs it (block/blklogwrites.c; the kernel's dm-log-writes has the same
 * format): what the disk holds at any moment in between can be had from what it held before. Its disk has a cache here that a cut loses, as real
 * ones have: what was written since the machine last had the cache emptied may be there or not, sector by sector.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import type { Random } from '../peer/random.ts'
import type { Place } from './flash.ts'

/** Octets, of log and disk. */
export const sector = 512

/** Sectors from there on, or the disk's cache emptied. */
export type Entry = { readonly kind: 'write'; readonly start: number; readonly octets: Buffer } | { readonly kind: 'flush' }

/** QEMU's arguments for a disk whose writes are logged, from now on. */
export function loggedDisk(disk: string, log: string): readonly string[] {
  writeFileSync(log, '')
  return [
    ['-blockdev', `driver=file,node-name=flash,filename=${disk},cache.direct=on,aio=threads`],
    ['-blockdev', `driver=file,node-name=log,filename=${log}`],
    ['-blockdev', `driver=blklogwrites,node-name=disk,file=flash,log=log,log-sector-size=${sector}`],
    ['-device', 'virtio-blk-pci,drive=disk'],
  ].flat()
}

export const loggedWrites = (log: string): readonly Entry[] => [...entriesIn(readFileSync(log))]

const flags = { flush: 1, discard: 4 } as const

/** Each has a sector of its own before its data: first sector, number, flags, 64 bits each. The log ends where QEMU was ended. */
function* entriesIn(log: Buffer): Generator<Entry> {
  for (let at = sector; at + sector <= log.length; ) {
    const [start, sectors, flag] = [0, 8, 16].map((field) => Number(log.readBigUInt64LE(at + field))) as [number, number, number]
    if (flag === 0 && sectors === 0) return
    const from = at + sector
    at = flag & flags.discard ? from : from + sectors * sector
    if (at > log.length) return
    if (flag & flags.flush) yield { kind: 'flush' }
    else if (!(flag & flags.discard)) yield { kind: 'write', start, octets: log.subarray(from, at) }
  }
}

/** The first and the last of them that write there. */
export function spanWithin(entries: readonly Entry[], { start, length }: Place): readonly [number, number] {
  const there = (entry: Entry): boolean =>
    entry.kind === 'write' && entry.start * sector < start + length && entry.start * sector + entry.octets.length > start
  return [entries.findIndex(there), entries.findLastIndex(there)]
}

/** Makes of a disk as it was before these entries what a cut after the last of them leaves. */
export function cutAfter(entries: readonly Entry[], disk: string, any: Random): void {
  const safe = entries.findLastIndex(({ kind }) => kind === 'flush')
  const file = openSync(disk, 'r+')
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'flush') continue
    if (index < safe) writeSync(file, entry.octets, 0, entry.octets.length, entry.start * sector)
    else
      for (let at = 0; at < entry.octets.length; at += sector)
        if (any.below(2) === 0) writeSync(file, entry.octets, at, sector, entry.start * sector + at)
  }
  closeSync(file)
}
