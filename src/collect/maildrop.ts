/**
 * Port: one box at an ISP, as a protocol shows it for one session. Commands may be given without waiting for the answers of
 * those before them; answers come in order. Deletions count only once `quit` says `committed`. What the server refuses is a
 * value, and a lost line is one too: every promise here resolves.
 */

export type Listed = {
  /** Names the letter within this session. */
  readonly number: number
  /** Octets as the server counts them; 0 where it does not say. */
  readonly size: number
  /** Names the letter for good; undefined where the server gives no id, or none that can be relied on. */
  readonly uidl: string | undefined
  /** It has been asked for (`Wants.ahead`): those that are coming are to be retrieved before anything else, in their order. */
  readonly coming?: true
}

/** What the caller needs less of than usual, so that a session begins with fewer octets and round trips. A box may ignore it. */
export type Wants = {
  /** False: letters may be listed without their sizes; `sizes` brings them. True: those that are kept already may be nevertheless. */
  readonly sizes: boolean
  /** Every letter of the box is wanted, whatever it is: so many octets of the first may be asked for before the list is here; 0: they are not. */
  readonly ahead: number
  /** If the box still begins like that, only the letters behind are listed. */
  readonly settled?: Settled | undefined
}

/** The first so many letters of a box, of which the last has this id: nothing is to be done with them. */
export type Settled = { readonly letters: number; readonly uidl: string }

/** `refused`: the server would not. `lost`: the session is over; whatever was asked may or may not have been done. */
export type Answer =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'refused' /** RFC 2449 §8: `IN-USE`, `SYS/TEMP`; '' for none. */; readonly code: string; readonly text: string }
  | { readonly kind: 'lost'; readonly text: string /** The other side does not talk the protocol. */; readonly nonsense?: true }

export interface Maildrop {
  /** In the server's order. */
  readonly letters: readonly Listed[]
  /** Letters ahead of these, as `Wants.settled` has it. */
  readonly unlisted?: number
  /** Of the listed letters together, where that is known and their sizes are not. */
  readonly octets?: number | undefined
  /** By number, for those that were listed without; what the server will not tell is missing. */
  sizes?(): Promise<ReadonlyMap<number, number>>
  /** `pop.isp.example [192.0.2.1]`. */
  readonly server: string
  /** As Received lines name it (RFC 8314 §7.4 has no word for POP3). */
  readonly protocol: string
  /** Hands the letter's octets on as they come: dot-stuffing undone, otherwise untouched. `done` means that all of them came. A taker that rejects makes this reject, once the rest has been skimmed. */
  retrieve(number: number, take: (octets: Uint8Array) => Promise<void> | void, from?: number): Promise<Answer>
  /** The server has given its letters other ids: ours are known by their headers alone. */
  readonly renamed?: boolean
  /** Whether `retrieve` can leave out the first `from` octets of a letter. */
  readonly resumes?: boolean
  /** The header alone, at most `headerLimit` octets of it. */
  top(number: number): Promise<Answer & { readonly header?: Uint8Array }>
  /** `sent` is called when the command is the kernel's. */
  delete(number: number, sent?: () => void): Promise<Answer>
  /** Ends the session: `committed`, the deletions are done; `refused`, some may be; `unknown`, the answer did not come. */
  quit(sent?: () => void): Promise<Parting>
  /** Cuts the session; deletions are forgotten by the server. What is under way is answered `lost`. */
  abort(reason: string): void
  /** Octets so far. */
  traffic(): { readonly received: number; readonly sent: number }
}

export type Parting = 'committed' | 'refused' | 'unknown'

/**
 * unreachable: no address or no connection · insecure: TLS was demanded and could not be had · login: user or password ·
 * busy: somebody else has the box open, or we came too soon · temporary: the server says so itself · lost: the line or
 * the server went away · nonsense: that does not talk our protocol.
 */
export type FailureKind = 'unreachable' | 'insecure' | 'login' | 'busy' | 'temporary' | 'lost' | 'nonsense'

/** `text` is for people, and holds no password. */
export type Failure = { readonly kind: FailureKind; readonly text: string }

export type Opened = { readonly kind: 'open'; readonly box: Maildrop } | { readonly kind: 'failed'; readonly failure: Failure }

/** Looks up, connects, logs in and lists. Aborting the signal ends the opening, not the session that was opened. */
export type OpenMaildrop = (signal: AbortSignal, wants?: Wants) => Promise<Opened>
