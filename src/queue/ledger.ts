/**
 * Port: what we have of each letter that lies in an ISP's box, by account and UIDL (RFC 1939 §7), so that a line
 * that drops before QUIT costs no second copy. The rules are collect/ledger's; this is where the rows are kept.
 */
import type { MessageId } from '../mail/message.ts'

/** kept: ours, not yet deleted there · noted: too big, a note was delivered, the letter is left there · removed: DELE was sent, QUIT's answer not seen. */
export type LedgerState = 'kept' | 'noted' | 'removed'

export type LedgerEntry = { readonly state: LedgerState; readonly message?: MessageId }

export interface Ledger {
  /** All we know of one account, by UIDL. */
  entries(account: string): ReadonlyMap<string, LedgerEntry>
  /** Changes rows, or adds them (a duplicate that needs no letter is `kept` at once). Resolves when on the disk. */
  mark(account: string, uidls: readonly string[], state: LedgerState): Promise<void>
  /** The server's list no longer has them: their rows go. No flush is waited for. */
  forget(account: string, uidls: readonly string[]): void
  /** Who has already been given the letter with this fingerprint (collect/ makes it), as users or addresses; a bounded table. */
  served(fingerprint: string): readonly string[]
}
