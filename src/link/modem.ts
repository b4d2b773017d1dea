/**
 * Port: the modem as the line sees it, mail-free. It dials a number, says how that ended, and hangs up; which program speaks PPP
 * over the connection is not its business, only that the port is free for it. Wires, locks and AT commands are the adapter's (hayes.ts).
 */
import type { Carrier } from './line.ts'

export interface Modem {
  /**
   * Dials and resolves with what the modem said at last. On `connected` the port stays up, without a lock and without a reader, for pppd to
   * take. Aborting hangs up. Never rejects.
   */
  dial(number: string, signal: AbortSignal): Promise<Dialled>
  /** Ends the connection until the modem takes commands again, and gives the port back. Never rejects. */
  hangUp(): Promise<HungUp>
  /** Resolves as soon as there is a tty (a modem that was unplugged has come back), or on abort. */
  present(signal: AbortSignal): Promise<void>
  /** What is known of it from its last answers. */
  facts(): ModemFacts
  close(): Promise<void>
}

export type Dialled =
  | { readonly kind: 'connected'; readonly carrier: Carrier }
  | { readonly kind: 'failed'; readonly failure: DialFailure; readonly words: string }

/**
 * gone: no such tty · locked: another program has it · mute: it answers nothing · refused: a command got ERROR · sim: no SIM, or its PIN is
 * wanted · delayed, blacklisted: the modem will not dial that number yet, or any more
 */
export type DialFailure =
  | 'busy'
  | 'no-carrier'
  | 'no-dialtone'
  | 'no-answer'
  | 'voice'
  | 'delayed'
  | 'blacklisted'
  | 'refused'
  | 'mute'
  | 'gone'
  | 'locked'
  | 'sim'
  | 'aborted'

/** idle: it takes commands · mute: whether it is still connected, nobody knows · gone: there is no such tty */
export type HungUp = 'idle' | 'mute' | 'gone'

/** In words for `status`: `-79 dBm, 3 of 4 bars`, `ready`. */
export type ModemFacts = { readonly identity?: string; readonly signal?: string; readonly sim?: string }
