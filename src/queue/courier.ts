/**
 * Port: whoever carries letters out of the queue (send/smarthost, deliver/local). A courier is given a load,
 * takes letters from it one after another, and settles every delivery it took with one of three outcomes.
 * Retry, expiry and bounces are the queue's; a courier knows none of them.
 */
import type { MessageId, Message, CourierName, Copy } from '../mail/message.ts'
import type { Outcome } from '../mail/outcome.ts'

/** One copy on its way; `id` lives as long as the delivery does. */
export type Delivery = Copy & {
  readonly id: number
  readonly message: MessageId
  /** Attempts that ended, without this one. */
  readonly attempts: number
  /** What `trying` noted before the process or the power died, if it did: the copy may already be out there. */
  readonly interrupted?: string
}

/** One letter with those of its deliveries that this courier is to carry now; at least one. */
export type Letter = {
  readonly message: Message
  readonly deliveries: readonly Delivery[]
  /** The content as stored, CRLF line ends, from octet `from` (default 0) on, in chunks of at most 64 KB. */
  content(from?: number): AsyncIterable<Uint8Array>
}

export interface Load {
  /**
   * The next letter that is due, urgent and small ones first; undefined when none is left. Letters kept meanwhile come too. `ahead`: octets
   * of letters that it would follow on the line, where the call may not have room for all (mail/room.ts).
   */
  next(ahead?: number): Letter | undefined
  /** Whether the call still has room for a letter that was given and is about to begin; if not, put it back. */
  isStillWanted(letter: Letter, ahead: number): boolean
  /** Resolves when a note for each delivery is on the disk. From here a power cut leaves `interrupted` on them. Grouped: one flush for all. */
  trying(deliveries: readonly Delivery[], note: string): Promise<void>
  /** The answer. Survives the end of the process at once, and a power cut after the next flush (at once if a server or a program has it, within a second otherwise). */
  settle(delivery: Delivery, outcome: Outcome): void
  /** Gives back, untouched and due at once, what was taken and not begun. */
  putBack(letter: Letter): void
}

export interface Courier {
  readonly name: CourierName
  /** Carries until `next()` gives nothing more, or the signal is aborted; resolves when all it took is settled or put back. */
  carry(load: Load, signal: AbortSignal): Promise<void>
}
