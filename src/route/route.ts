/** Whose is it? What routing answers; see router.ts for the rules. */
import type { ReversePath } from '../mail/address.ts'
import { addressKey } from '../mail/address.ts'
import type { Recipient } from '../mail/envelope.ts'
import type { Copy } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'

/** `rules` are the sentences that `dialpost explain` prints, one a step. */
export type Routing =
  | { readonly kind: 'copies'; readonly copies: readonly Copy[]; readonly rules: readonly string[] }
  | { readonly kind: 'refused' | 'deferred'; readonly reply: Reply; readonly rules: readonly string[] }

export interface Router {
  /** Whether the domain is delivered here. */
  isLocal(domain: string): boolean
  /** Where the copies for one envelope recipient go. Never rejects: what cannot be read now is `deferred`. */
  route(recipient: Recipient, from: ReversePath): Promise<Routing>
}

/** The copies without those that would reach the same mailbox, program, file or outside address as an earlier one: nobody gets a letter twice. */
export function withoutDoubles(copies: readonly Copy[]): readonly Copy[] {
  const places = new Map<string, Copy>()
  for (const copy of copies) {
    const place = placeOf(copy)
    if (!places.has(place)) places.set(place, copy)
  }
  return [...places.values()]
}

/** One string for each mailbox, program, file or outside address that a copy can end in. */
export function placeOf({ to, recipient }: Copy): string {
  if (to.courier === 'mailbox') return `mailbox ${to.user}`
  if (to.courier === 'program') return `program ${to.user} ${to.command}`
  return to.courier === 'file' ? `file ${to.path}` : `smarthost ${addressKey(recipient)}`
}
