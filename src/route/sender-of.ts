/** Who sent a collected letter: its box has no envelope, so its header must tell where bounces go. Pure. */
import type { ReversePath } from '../mail/address.ts'
import { addressesIn } from '../mail/address-list.ts'
import type { Field, Header } from '../mail/header.ts'

const order = ['resent-sender', 'sender', 'resent-from', 'from', 'reply-to', 'apparently-from']

/**
 * The reverse path, in fetchmail's order: Return-Path, where `<>` is the null sender, then the first of the others that
 * has an address. Null if there is none: nobody is then told of failures, rather than a wrong person.
 */
export function senderOf(header: Header): ReversePath {
  const returned = header.find(({ name }) => name === 'return-path')
  if (returned && /^<\s*>$/.test(returned.value)) return null
  const fields = [returned, ...order.map((wanted) => header.find((field) => field.name === wanted && names(field)))]
  for (const field of fields) {
    const address = field && addressesIn(field.raw)[0]?.address
    if (address) return address
  }
  return null
}

/** A Sender such as "zap" is no address (Netscape 4.7). */
function names({ name, value }: Field): boolean {
  return !name.endsWith('sender') || /[@!]/.test(value)
}
