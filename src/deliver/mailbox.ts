/** Port: one person's mailbox (mbox, maildir, lmtp). It appends letters; what is in there already is the reader's. */
import type { ReversePath, Address } from '../mail/address.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { MessageId } from '../mail/message.ts'

/** A letter as a mailbox needs it. */
export type Mail = {
  readonly id: MessageId
  /** Of the delivery: with the message's id it is the mark by which an append is found again after a crash. */
  readonly delivery: number
  readonly from: ReversePath
  readonly recipient: Address
  /** Wall clock for the `From ` line. */
  readonly at: number
  content(): AsyncIterable<Uint8Array>
}

export interface Mailbox {
  /**
   * Locks once, appends each letter, flushes, unlocks; the outcomes are in the order of the letters.
   * `noting` must resolve (the note is on the disk) before the first octet is appended; a note is what `settled` takes
   * after a crash. Whatever fails half-way is undone, and all letters not wholly in are deferred. Never rejects.
   */
  append(user: string, mails: readonly Mail[], noting: (note: string) => Promise<void>, signal: AbortSignal): Promise<readonly Outcome[]>
  /**
   * After a crash, by the note taken before the append: `accepted`, it is wholly in and flushed; undefined, it is not in
   * (a half of it is cut off) and may be appended; `deferred`, that cannot be told now, ask again with the same note.
   */
  settled(user: string, mail: Mail, note: string, signal: AbortSignal): Promise<Outcome | undefined>
}
