/**
 * Port: where letters rest. A log takes what comes and what becomes of it, in order; an index over it answers questions.
 * Opinions (who is tried when, who is told what) are the queue's; the store keeps rows and promises.
 *
 * THE PROMISES. "Log" is the preallocated, recycled segment log, "index" the SQLite database. All octets go to the log first, and
 * whatever the index has not made durable itself is read again from the log at start: the same function applies it both times.
 *
 * | moment                         | on the disk                                            | start after kill -9               | start after a power cut           |
 * |--------------------------------|--------------------------------------------------------|-----------------------------------|-----------------------------------|
 * | Writing.write                  | chunk records of a longer letter, perhaps              | forgotten, the space is used again| the same                          |
 * | keep called                    | as before: the letter waits for the flush it joins     | forgotten                         | the same                          |
 * | its flush begun (intake-written)| the letter record, handed to the kernel               | ours, though nobody was told      | ours or forgotten, never half     |
 * | keep resolved (kept)           | chunks, envelope, copies and ledger row flushed as one | ours                              | ours                              |
 * | trying resolved (trying-noted) | the note, flushed                                      | `interrupted` with the note       | `interrupted` with the note       |
 * | settle returned (settled)      | the outcome, handed to the kernel                      | settled                           | settled, or `interrupted` as above|
 * | a flush later (settle-flushed) | the outcome, flushed                                   | settled                           | settled                           |
 * | last copy over, nothing owed   | `gone`, as a settlement is                             | gone                              | as the settlement; never half     |
 * | failed, notice owed            | the outcome                                            | the notice is owed still          | as the settlement                 |
 * | notice kept (reported)         | notice and `reported` in one letter record             | both or neither                   | both or neither                   |
 * | ledger.mark resolved           | the rows, flushed                                      | marked                            | marked                            |
 * | ledger.forget, remember        | handed to the kernel                                   | done                              | done, or as it was                |
 *
 * That flush begins as soon as the smarthost or a program has a letter, and within a second after any other outcome: a mailbox can be asked
 * after a cut whether it has the letter, and a refusal is heard again. So a letter can be with the ISP twice only if its 250 was lost on the
 * way, or heard less than a flush before the cut; it is `interrupted`, and the log says that it may be there.
 *
 * A letter is whole or it is not there: its last record names its chunks, and each record is under a checksum. What was flushed is
 * never written over until no letter needs it and the index has made durable, with a flush of its own (all that synchronous=FULL
 * does, but off the main thread and once for many), what the segment said. What a start finds in the kernel's hands alone it flushes
 * before anybody relies on it. An index that is damaged is put aside and made again from the log: no letter is lost; every copy that the
 * log cannot prove settled is `interrupted` by `index lost` (it may have been delivered); ledger rows older than the log are lost, so
 * that a letter still at the ISP may be collected again. A flush that fails ends all promises and the process.
 *
 * A full disk is no failure. Room for what must be said is kept from the day on which there was some: two spare segments (pool.ts) and
 * the blocks of the index (wal.ts). What the log has no room for the index has, committed and flushed at once; if that cannot be either,
 * the record is in RAM, `flush` says so, nobody begins what it could not settle, and the next flush that finds room makes it good.
 */
import type { CourierName, MessageId, Copy, Origin, Priority } from '../mail/message.ts'
import type { ReversePath } from '../mail/address.ts'
import type { Parameters } from '../mail/envelope.ts'
import { arrived, type Due, type Moment, type NoticeKind, type Rank, rankOf, type State } from './delivery.ts'
import type { LedgerEntry, LedgerState } from './ledger.ts'
import type { Spent } from './retry.ts'

/** All that is known of a letter when it is kept; it never changes. */
export type Head = {
  readonly from: ReversePath
  readonly copies: readonly Copy[]
  readonly parameters: Parameters
  readonly origin: Origin
  readonly priority: Priority
  readonly messageId?: string
  readonly subject?: string
  /** Octets of content. */
  readonly size: number
  readonly kept: Moment
  readonly spent: Spent
}

/** One delivery: its letter, its place in the order, its state. */
export type Row = { readonly id: number; readonly letter: number; readonly rank: Rank; readonly state: State }

/** What the log says became of things. Applying one twice, in order, is the same as once. */
export type Change =
  | { readonly kind: 'delivery'; readonly id: number; readonly state: State }
  | { readonly kind: 'reported'; readonly notice: NoticeKind; readonly deliveries: readonly number[] }
  /** All of the letter's deliveries are over. */
  | { readonly kind: 'gone'; readonly letter: number }
  | {
      readonly kind: 'ledger'
      readonly account: string
      readonly uidls: readonly string[]
      readonly state: LedgerState
      readonly message?: MessageId
    }
  | { readonly kind: 'forget'; readonly account: string; readonly uidls: readonly string[] }
  | { readonly kind: 'served'; readonly fingerprint: string; readonly who: readonly string[] }
  | { readonly kind: 'fact'; readonly key: string; readonly value: string | null }

/** A letter on its way in. */
export interface Writing {
  /** Rejects with SpoolFull. */
  write(octets: Uint8Array): Promise<void>
  /** Octets written so far. */
  size(): number
  /** The letter and these changes are on the disk, together, when it resolves. Rejects with SpoolFull. */
  keep(head: Head, changes: readonly Change[]): Promise<void>
  discard(): void
}

/** Letters and octets; `since`: the running time at which the one that waits longest was kept, or last tried; `urgent`: a letter's number, never tried yet. */
export type Backlog = {
  readonly letters: number
  readonly octets: number /** Letters. */
  readonly bulk: number
  readonly since?: number
  readonly urgent?: number
}

export type Counts = {
  readonly letters: number
  /** Of content. */
  readonly octets: number
  /** The counters when the oldest letter was kept. */
  readonly oldest: Spent | undefined
  readonly couriers: Readonly<
    Record<CourierName, { readonly waiting: number; readonly due: number; readonly trying: number; readonly held: number }>
  >
}

/**
 * Letters that may be carried now. The largest of all; the largest of those that are neither urgent nor waiting since then
 * (running time when kept or last tried) or longer; and the size above which they may be carried whatever they are.
 */
export type Within = { readonly most: number; readonly paid: number; readonly since: number; readonly alone: number }

/** What the last life left. */
export type Found = {
  /** A letter number that was never given out, nor any above it. */
  readonly next: number
  readonly spent: Spent
  /** The index was damaged and has been made again. */
  readonly rebuilt: boolean
}

/** Octets that are free on the disk, and that must stay so: while less is free no letter is taken. */
export type Room = { readonly free: number; readonly reserve: number }

export interface Store {
  readonly found: Found
  /** Throws SpoolFull. */
  open(letter: number): Writing
  /** Applies changes at once and hands them to the kernel; `flush` makes them durable. `spent` is saved along. A full disk refuses nothing here. */
  record(changes: readonly Change[], spent: Spent): void
  /**
   * All that was recorded before is on the disk when it resolves. Grouped: who asks during a flush shares the next one. Rejects with
   * SpoolFull while neither log nor index has room; then it is in RAM alone, and another flush may find some.
   */
  flush(): Promise<void>
  room(): Room
  /** Whether a letter would be taken now; if not, room is looked for as when one is refused. */
  hasRoom(): boolean

  /** Throws if the disk gives something else back than was written. */
  head(letter: number): Head | undefined
  content(letter: number, from?: number): AsyncIterable<Uint8Array>
  row(id: number): Row | undefined
  /** A letter's deliveries in the order of its copies, the settled ones too until all are over. */
  rows(letter: number): readonly Row[]
  /** Some delivery of the letter, this one not counted, is not over. */
  lasts(letter: number, besides?: number): boolean
  /** The first in rank that may be tried, of those behind `after`. */
  next(courier: CourierName, after: Rank | undefined, due: Due, within?: Within): Row | undefined
  /** The least running time at which one that waits becomes due. */
  earliest(courier: CourierName, due: Due, within?: Within): number | undefined
  /** The least running time, later than `since`, since when one waits. Looks at all that wait. */
  waitsSince(courier: CourierName, since: number): number | undefined
  /** Up to 100 waiting deliveries behind `after` that were kept at or before `expired`, or, not yet warned of, at or before `late`, by either counter of that courier. */
  aged(limits: { readonly courier: CourierName; readonly late: Spent; readonly expired: Spent }, after: number): readonly Row[]
  /** Up to 100 deliveries that are tried, settled, or owe a notice, behind `after`: what a start has to look at. */
  unfinished(after: number): readonly Row[]
  /** Letter numbers above `after`, 100 unless told. */
  letters(after: number, limit?: number): readonly number[]
  counts(due: (courier: CourierName) => Due): Counts
  /** What is on its way by that courier, whether it may be tried now or not. */
  backlog(courier: CourierName): Backlog
  ledger(account: string): ReadonlyMap<string, LedgerEntry>
  served(fingerprint: string): readonly string[]
  fact(key: string): string | undefined
  facts(prefix: string): ReadonlyMap<string, string>

  /** Octets handed to the disk, and flushes, since start. */
  written(): { readonly octets: number; readonly flushes: number }
  /** Flushes and ends; what was not kept is forgotten. */
  close(): Promise<void>
}

/** Fingerprints remembered; the oldest go first. */
export const servedLimit = 4096

const copyLimit = 65536

export function deliveryId(letter: number, copy: number): number {
  return letter * copyLimit + copy
}

export function letterOf(delivery: number): number {
  return Math.floor(delivery / copyLimit)
}

export function copyOf(delivery: number): number {
  return delivery % copyLimit
}

/** The rows with which a letter begins; every store makes them so. */
export function firstRows(letter: number, head: Head): readonly Row[] {
  if (head.copies.length > copyLimit) throw new RangeError(`a letter has at most ${copyLimit} copies`)
  return head.copies.map((copy, n) => row(deliveryId(letter, n), arrived(copy, head.spent), head))
}

/** A row in its place in the order. */
export function row(id: number, state: State, { priority, size }: Pick<Head, 'priority' | 'size'>): Row {
  return { id, letter: letterOf(id), rank: rankOf(state, priority, size, id), state }
}

export function formatId(letter: number): MessageId {
  return letter.toString(16).toUpperCase()
}

/** The number of an id as people type it; undefined if it is none. */
export function parseId(id: string): number | undefined {
  return /^[0-9a-f]{1,9}$/i.test(id) ? Number.parseInt(id, 16) : undefined
}
