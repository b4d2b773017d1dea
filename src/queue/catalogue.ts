/**
 * Port: the index over the log, as the spool needs it. It holds a row for each delivery and answers the store's questions;
 * it may lose what it was not told to make durable, because the log still has it. Refuses to know when that is.
 */
import type { Position } from './segments.ts'
import type { Spent } from './retry.ts'
import type { Change, Row, Store } from './store.ts'

/** Where a letter lies: its letter record, and the other segments that hold chunks of it. */
export type Place = { readonly letter: number; readonly at: Position; readonly segments: readonly number[] }

/** A letter's place, and its content in octets. */
export type Lying = Place & { readonly size: number }

/** What the index has seen of the log, and what else a start must know. */
export type Mark = { readonly seen: Position; readonly next: number; readonly spent: Spent }

type Questions = Pick<
  Store,
  | 'row'
  | 'rows'
  | 'lasts'
  | 'next'
  | 'earliest'
  | 'waitsSince'
  | 'aged'
  | 'unfinished'
  | 'letters'
  | 'counts'
  | 'backlog'
  | 'ledger'
  | 'served'
  | 'fact'
  | 'facts'
>

export interface Catalogue extends Questions {
  /** As last committed; undefined in a new index, or in one made anew because the old one was damaged. */
  readonly mark: Mark | undefined
  insert(place: Place, rows: readonly Row[]): void
  apply(change: Change): void
  /** A letter lies elsewhere now. */
  move(place: Place): void
  place(letter: number): Lying | undefined
  places(): Iterable<Lying>
  /** Inserted and applied since the last commit. */
  pending(): number
  /** Hands them, and the mark, to the kernel. Throws SpoolFull if the disk has no room for them: they are pending still, in RAM. */
  commit(mark: Mark): void
  /** All that was committed is on the disk when it resolves. */
  sync(): Promise<void>
  written(): { readonly octets: number; readonly flushes: number }
  /** Ends without a commit. */
  close(): void
}
