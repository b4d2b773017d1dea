/** What a letter travels in: who may be told of failure, and to whom it goes, with what RFC 3461, 6152 and 6531 add. */
import type { Address, ReversePath } from './address.ts'

export type Notify = 'never' | 'success' | 'failure' | 'delay'

export type Recipient = {
  readonly address: Address
  /** RFC 3461 §4.1; absent: failure and delay, as everybody expects. */
  readonly notify?: readonly Notify[]
  /** RFC 3461 §4.2, decoded from xtext: `rfc822;eddy@shire.lan`. */
  readonly orcpt?: string
}

export type Parameters = {
  /** RFC 6152 BODY=. */
  readonly body?: '7bit' | '8bitmime'
  /** RFC 6531: an address or header is not ASCII. */
  readonly smtputf8?: true
  /** RFC 3461 §4.3: how much of the letter a notice returns. */
  readonly ret?: 'full' | 'hdrs'
  /** RFC 3461 §4.4, decoded from xtext. */
  readonly envid?: string
}

export type Envelope = {
  readonly from: ReversePath
  readonly recipients: readonly Recipient[]
  readonly parameters: Parameters
}
