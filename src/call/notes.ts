/**
 * Where calls are kept: one small note each in a ring of the queue's notebook, so that a call costs the flash some 300 octets and no flush
 * of its own. What a power cut takes is the last note alone, if no letter was settled since. A note that is pushed out leaves
 * its sum behind in the next.
 */
import { type CallRecord, type Fallen, type Note, read, type Seen, write } from './record.ts'
import { fall } from './sums.ts'

export type Notebook = {
  /** What `remember` was given last under this name. */
  readonly recall: (name: string) => string | undefined
  readonly remember: (name: string, value: string) => void
}

/** A year of one call a day, a fortnight of one every half hour. */
export const ring = 400

export interface CallNotes {
  /** Oldest first. */
  readonly records: readonly CallRecord[]
  /** By ISP, as of its latest call. */
  readonly seen: ReadonlyMap<string, Seen>
  fallen(): Fallen | undefined
  /** Not pushed out. */
  has(number: number): boolean
  /** A new one pushes out that of `ring` calls ago; the same number again changes it. */
  keep(record: CallRecord, seen: Seen): void
}

export function callNotes({ recall, remember }: Notebook): CallNotes {
  const found = Array.from({ length: ring }, (_, slot) => readAt(slot, recall)).filter((note) => note !== undefined)
  const notes = found.toSorted((a, b) => a.record.number - b.record.number)
  const slots = new Map(notes.map((note) => [note.record.number % ring, note.record]))
  let fallen = notes.at(-1)?.fallen
  return {
    records: notes.map(({ record }) => (record.ended === '' ? { ...record, ended: 'dialpost was cut off' } : record)),
    seen: new Map(notes.map(({ record, seen }) => [record.isp, seen])),
    fallen: () => fallen,
    has: (number) => slots.get(number % ring)?.number === number,
    keep(record, seen) {
      const slot = record.number % ring
      const before = slots.get(slot)
      if (before && before.number !== record.number) fallen = fall(fallen, before)
      slots.set(slot, record)
      remember(nameOf(slot), write({ record, seen, fallen }))
    },
  }
}

function readAt(slot: number, recall: Notebook['recall']): Note | undefined {
  const text = recall(nameOf(slot))
  const note = text === undefined ? undefined : read(text)
  return note && note.record.number % ring === slot ? note : undefined
}

function nameOf(slot: number): string {
  return `call ${slot}`
}
