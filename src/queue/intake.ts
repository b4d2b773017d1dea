/**
 * How a door hands a letter to the queue: octets first, as they arrive, then one `keep` that makes
 * envelope, body, deliveries and ledger row ours in one commit. Until `keep` has resolved nothing is promised.
 */
import type { ReversePath } from '../mail/address.ts'
import type { Parameters } from '../mail/envelope.ts'
import type { Report } from './notice.ts'
import type { Copy, MessageId, Origin, Priority } from '../mail/message.ts'

export type Draft = {
  readonly from: ReversePath
  readonly copies: readonly Copy[]
  readonly parameters: Parameters
  readonly origin: Origin
  readonly priority: Priority
  readonly messageId?: string
  readonly subject?: string
  /** Of a collected letter: the row that is committed with it, and who its fingerprint now has served. */
  readonly ledger?: { readonly state: 'kept' | 'noted'; readonly fingerprint?: string; readonly served?: readonly string[] }
  /** Of a notice: what it reports. */
  readonly reports?: Report
}

/** One letter on its way in. Its size is unknown until `keep`; it costs no more memory than 64 KB. */
export interface Intake {
  /** Known from the start, so that the Received line can carry it. */
  readonly id: MessageId
  /** Appends octets (CRLF line ends, no dot-stuffing); resolves when more may come. Rejects with `SpoolFull` when flash runs low. */
  write(octets: Uint8Array): Promise<void>
  /** From here the message is ours: resolves once everything has reached the disk. Grouped with others that end at the same time. */
  keep(draft: Draft): Promise<void>
  /** Forgets what was written. Harmless after `keep`. */
  discard(): void
}

/** Flash or the configured reserve runs out: the doors say 452 and the ISP keeps its letters. */
export class SpoolFull extends Error {
  override readonly name = 'SpoolFull'
}

/** The file system, or this user's share of it, takes no more; in a system call's words, in SQLite's, or in ours. */
export function isFull(cause: unknown): boolean {
  if (cause instanceof SpoolFull) return true
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL'
}
