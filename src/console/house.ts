/** Port: what the running daemon shows and does for an operator's command. Plain data out, plain calls in; main.ts wires it. */
import type { CallRecord } from '../call/meter.ts'
import type { Sums } from '../call/sums.ts'
import type { Teller } from '../update/updater.ts'
import type { CourierName, MessageId, Priority } from '../mail/message.ts'

/** One recipient as lists show it. */
export type QueuedDelivery = {
  readonly recipient: string
  readonly courier: CourierName
  /** One of delivery's states. */
  readonly state: string
  /** The same in words, with the last answer. */
  readonly words: string
  readonly attempts: number
  /** Seconds until it is tried again, if time alone decides that. */
  readonly nextIn?: number
  readonly possibleDuplicate: boolean
}

export type QueuedLetter = {
  readonly id: MessageId
  readonly from: string
  readonly size: number
  readonly priority: Priority
  readonly subject: string
  readonly kept: number
  /** False: the box did not know the time when the letter came. */
  readonly keptKnown: boolean
  /** Seconds of line it will probably take; 0 for letters that stay on the LAN. */
  readonly lineSeconds: number
  readonly deliveries: readonly QueuedDelivery[]
}

export type ShownLetter = QueuedLetter & {
  readonly origin: string
  readonly messageId: string
  /** `2026-11-22 09:37  eddy@x.example  deferred: 451 …`, oldest first. */
  readonly history: readonly string[]
  /** Decoded: From, To, Subject, Date; and the first lines of text. */
  readonly readable: { readonly from: string; readonly to: string; readonly subject: string; readonly date: string; readonly text: string }
  readonly header: string
}

export type BoxStatus = {
  readonly name: string
  /** In words: `2 letters, done`, or what went wrong and what to do. */
  readonly words: string
  readonly ok: boolean
  /** Being emptied now. */
  readonly busy: boolean
  /** How far that is. */
  readonly progress?: { readonly letters: Part; readonly octets: Part }
}

type Part = { readonly done: number; readonly total: number }

/** A letter that lies at the ISP. */
export type BoxLetter = {
  readonly uidl: string
  readonly size: number
  readonly from: string
  readonly subject: string
  readonly state: string
}

export type Status = {
  readonly version: string
  readonly hostname: string
  /** Which system runs, and what became of the last update; '' where there are no slots to tell of. */
  readonly system: string
  /** The update in progress; '' while there is none. */
  readonly update: string
  /** Seconds. */
  readonly running: number
  readonly line: { readonly kind: string; readonly words: string }
  /** Why the line is dialled, waits or stays; '' where somebody else decides. */
  readonly plan: string
  /** What the modem last said of itself: `signal -71 dBm`. */
  readonly modem: string
  readonly call: CallRecord | undefined
  /** Seconds, while the line is up. */
  readonly nextPoll: number | undefined
  readonly queue: {
    readonly letters: number
    readonly octets: number
    readonly forIsp: number
    readonly local: number
    readonly held: number
    readonly lineSeconds: number
  }
  /** Octets of mail for the ISP: those that wait, and those of them that have gone already though their letters are not answered for. */
  readonly outward: { readonly waiting: number; readonly gone: number }
  /** Octets of mail a second that the line is known to carry. */
  readonly rate: { readonly out: number; readonly in: number }
  readonly boxes: readonly BoxStatus[]
  /** Mailboxes that cannot be written just now, and why. */
  readonly stuck: readonly string[]
  /** What time it is and who says so, in words. */
  readonly clock: string
  /** Octets. */
  readonly memory: { readonly pss: number; readonly anonymous: number }
  readonly flash: { readonly octets: number; readonly flushes: number; readonly free: number; readonly reserve: number }
}

/** An answer in words; `refused` says why not and what to do. */
export type Answer = { readonly done: string } | { readonly refused: string }

export interface House {
  status(): Status
  /** Small batches, so that ten thousand letters cost no memory. */
  queue(): Iterable<QueuedLetter>
  letter(id: MessageId): Promise<ShownLetter | undefined>
  calls(): readonly CallRecord[]
  /** What they came to. */
  sums(): Sums
  flush(target: string | undefined): Answer
  poll(box: string | undefined): Answer
  preview(box: string, signal: AbortSignal): Promise<readonly BoxLetter[] | { readonly refused: string }>
  request(what: 'fetch' | 'drop', box: string, uids: readonly string[]): Answer
  hold(id: MessageId): Answer
  release(id: MessageId): Answer
  delete(id: MessageId): Answer
  dial(isp: string | undefined): Answer
  hangUp(): Answer
  tellLine(up: boolean, words: readonly string[]): Answer
  /** Writes the other slot and boots it once; an absolute path. */
  update(file: string, teller: Teller): Promise<Answer>
  explain(address: string, from: string | undefined): Promise<readonly string[]>
  /** The last lines of the log, oldest first. */
  log(lines: number): readonly string[]
  /** Every further line, until the signal is aborted. */
  followLog(heard: (line: string) => void, signal: AbortSignal): Promise<void>
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  later(ms: number, signal: AbortSignal): Promise<void>
  /** Reads the settings file anew; every mistake as `FILE:LINE: message`. */
  check(): { readonly file: string; readonly mistakes: readonly string[] }
  /** All settings, or one setting or section; undefined if there is none of that name. */
  settings(name: string | undefined): string | undefined
  /** What may stand in a hole of the grammar and begins like that; not more than a person would read. */
  names(hole: string, begun: string): readonly string[]
  /** The computer itself. */
  box(word: 'reboot' | 'poweroff'): Answer
}
