/** Whose is it? Types first; see route/ for the rules. */
import type { ReversePath } from '../mail/address.ts'
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
