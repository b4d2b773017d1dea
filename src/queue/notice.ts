/** What a sender is owed: the queue says which deliveries of a letter have failed, wait too long, or (asked for) arrived; bounce/ words it. */
import type { Delivery } from './courier.ts'
import type { Message } from '../mail/message.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { ReversePath } from '../mail/address.ts'

export type Reported = Delivery & {
  readonly outcome: Outcome
  /** Seconds of line spent, and for a delay the seconds that are left, for the words of a warning. */
  readonly spent: number
  readonly left?: number
}

export type Notice = {
  readonly kind: 'failure' | 'delay' | 'success'
  /** The reverse path of these deliveries; one notice has one. */
  readonly from: ReversePath
  readonly message: Message
  readonly deliveries: readonly Reported[]
  content(): AsyncIterable<Uint8Array>
}

/** Goes into the draft of the notice, and is committed with it: these deliveries are not reported again. */
export type Report = { readonly kind: Notice['kind']; readonly deliveries: readonly number[] }
