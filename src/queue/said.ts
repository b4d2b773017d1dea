/** What the records of the log say, as JSON in their heads, and where letters lie by them. Pure. */
import type { Place } from './catalogue.ts'
import type { LogRecord } from './record.ts'
import type { Spent } from './retry.ts'
import type { Position } from './segments.ts'
import type { Change, Head } from './store.ts'

/** A letter record says all of it, a record of changes all but letter and chunks. */
export type Said = {
  readonly letter?: Head
  /** Positions of the full chunks before the record's own octets. */
  readonly chunks?: readonly Position[]
  /** The letter was written again elsewhere; `changes` are its deliveries as they were then. */
  readonly moved?: true
  readonly changes: readonly Change[]
  readonly spent: Spent
  /** Letter numbers from here on were not given out. */
  readonly next: number
}

export function write(said: Said): Uint8Array {
  return Buffer.from(JSON.stringify(said))
}

export function read(record: Pick<LogRecord, 'head'>): Said {
  return JSON.parse(Buffer.from(record.head).toString()) as Said
}

/** The segment of a position, by segments of that size. */
export function segmentOf(at: Position, size: number): number {
  return Math.floor(at / size)
}

export function placeOf(letter: number, at: Position, chunks: readonly Position[], size: number): Place {
  const own = segmentOf(at, size)
  return { letter, at, segments: [...new Set(chunks.map((chunk) => segmentOf(chunk, size)))].filter((segment) => segment !== own) }
}

/** All segments that a letter needs. */
export function segmentsOf({ at, segments }: Place, size: number): readonly number[] {
  return [segmentOf(at, size), ...segments]
}

/** The counters never go back. */
export function latest(a: Spent, b: Spent): Spent {
  return { line: Math.max(a.line, b.line), running: Math.max(a.running, b.running) }
}
