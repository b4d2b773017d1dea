/** A letter that is ours: what every list, log line and courier knows of it without opening it. */
import type { Address, ReversePath } from './address.ts'
import type { Notify, Parameters } from './envelope.ts'

/** Upper-case hexadecimal of the queue's running number, e.g. `4F2`: short enough to type at 9600 baud, never used twice. */
export type MessageId = string

/** Bulk waits for the others (RFC 2076 §3.9: Precedence, Priority, Importance). */
export type Priority = 'urgent' | 'normal' | 'bulk'

/** A moment on the wall clock, and whether the box knew the time then. Unknown ones are mended when it learns it. */
export type Stamp = { readonly wall: number; readonly known: boolean }

/** The door through which it came. */
export type Origin =
  | { readonly door: 'accept' /** `herring [192.168.1.7]`, for the log. */; readonly client: string }
  | { readonly door: 'collect'; readonly account: string; readonly uidl: string }
  | {
      readonly door: 'bounce' /** Undefined of a notice that postmaster got instead of its sender: if that fails nobody is told. */
      readonly of: MessageId | undefined
    }

/** Where routing sent one copy. A courier of that name carries it. */
export type Destination =
  | { readonly courier: 'mailbox'; readonly user: string }
  | { readonly courier: 'smarthost' }
  | { readonly courier: 'program'; readonly command: string; readonly user: string }
  | { readonly courier: 'file'; readonly path: string; readonly user: string }

export type CourierName = Destination['courier']

/** One recipient of one letter as routing left it: who bounces go to, whom it is for, and where it goes. */
export type Copy = {
  readonly from: ReversePath
  readonly recipient: Address
  readonly to: Destination
  readonly notify?: readonly Notify[]
  readonly orcpt?: string
}

export type Message = {
  readonly id: MessageId
  readonly from: ReversePath
  /** Octets of the stored content, our Received line included, CRLF line ends. */
  readonly size: number
  readonly kept: Stamp
  readonly priority: Priority
  readonly parameters: Parameters
  readonly origin: Origin
  /** As the header has it, angle brackets included; for the log and for finding doubles. */
  readonly messageId?: string
  /** Raw from the header, at most 200 octets, encoded words still encoded. */
  readonly subject?: string
}
