/**
 * Who gets a letter out of an ISP's box: one person or address for a single-drop box, whoever the header names for a multidrop one,
 * each routed once. A name that nobody here has means postmaster and a warning in the header, never a refusal: there is
 * nobody left to refuse to. A letter that has been everywhere is postmaster's own, and never goes out again.
 */
import { addressKey, formatAddress, type Address, type ReversePath } from '../mail/address.ts'
import type { Header } from '../mail/header.ts'
import type { Copy } from '../mail/message.ts'
import { formatReply } from '../mail/reply.ts'
import type { Recipients } from '../route/multidrop.ts'
import { placeOf, withoutDoubles, type Router } from '../route/route.ts'
import type { Trace } from './trace.ts'

export type Whose = {
  readonly kind: 'copies'
  readonly copies: readonly Copy[]
  readonly recipients: readonly Address[]
  readonly by: Trace['by']
  /** Whole header fields without line end, to be put above the letter. */
  readonly warnings: readonly string[]
}

/** `deferred`: it cannot be told now, and the letter stays where it is. */
export type WhoseOrLater = Whose | { readonly kind: 'deferred'; readonly text: string }

export type Drop =
  | { readonly kind: 'single'; readonly to: Address }
  /** route/multidrop's `recipientsOf` with the box's settings. */
  | {
      readonly kind: 'multi'
      readonly recipientsOf: (header: Header) => Recipients
      /** The one of the settings. */
      readonly envelopeHeader?: string | undefined
    }

const postmaster: Address = { local: 'postmaster', domain: '' }

export async function whoseIs(header: Header, from: ReversePath, drop: Drop, router: Router): Promise<WhoseOrLater> {
  const { recipients, by, warnings } = named(header, drop)
  const copies: Copy[] = []
  const complaints = [...warnings]
  for (const address of recipients) {
    const routing = await router.route({ address }, from)
    if (routing.kind === 'deferred') return { kind: 'deferred', text: formatReply(routing.reply) }
    if (routing.kind === 'copies') copies.push(...routing.copies)
    else complaints.push(warning(`recipient address ${formatAddress(address)}: ${formatReply(routing.reply)}`))
  }
  if (complaints.length === warnings.length) return { kind: 'copies', copies: withoutDoubles(copies), recipients, by, warnings }
  const resort = await router.route({ address: postmaster }, from)
  if (resort.kind !== 'copies') return { kind: 'deferred', text: `not even postmaster can have it: ${formatReply(resort.reply)}` }
  const nobody = copies.length === 0
  return {
    kind: 'copies',
    copies: withoutDoubles([...copies, ...resort.copies]),
    recipients: nobody ? [postmaster] : recipients,
    by: nobody ? 'by default' : by,
    warnings: complaints,
  }
}

/** A letter that goes in circles (RFC 5321 §6.3): into postmaster's mailbox, whatever aliases and .forward say, with the null sender. */
export async function whoseIsLoop(hops: number, user: string, router: Router): Promise<WhoseOrLater> {
  const routing = await router.route({ address: postmaster }, null)
  if (routing.kind === 'deferred') return { kind: 'deferred', text: formatReply(routing.reply) }
  const inside = routing.kind === 'copies' ? routing.copies.filter(({ to }) => to.courier === 'mailbox') : []
  const last: Copy = { from: null, recipient: postmaster, to: { courier: 'mailbox', user } }
  return {
    kind: 'copies',
    copies: (inside.length > 0 ? inside : [last]).map((copy) => ({ ...copy, from: null })),
    recipients: [postmaster],
    by: 'by default',
    warnings: [warning(`this letter goes in circles: it has passed ${hops} hosts`)],
  }
}

/** Of letters that are one: for everybody whom any of them names. */
export function together(first: Whose, others: readonly Whose[]): Whose {
  const all = [first, ...others]
  const recipients = new Map(all.flatMap((whose) => whose.recipients).map((address) => [addressKey(address), address]))
  return {
    ...first,
    copies: withoutDoubles(all.flatMap(({ copies }) => copies)),
    recipients: [...recipients.values()],
    warnings: [...new Set(all.flatMap(({ warnings }) => warnings))],
  }
}

/** The copies for those who have not had it yet, and, as places, all who then have. */
export function notServed(
  copies: readonly Copy[],
  served: readonly string[],
): { readonly copies: readonly Copy[]; readonly served: readonly string[] } {
  const had = new Set(served)
  const left = copies.filter((copy) => !had.has(placeOf(copy)))
  return { copies: left, served: [...had, ...left.map(placeOf)] }
}

function named(header: Header, drop: Drop): Omit<Whose, 'kind' | 'copies'> {
  if (drop.kind === 'single') return { recipients: [drop.to], by: 'single-drop', warnings: [] }
  const { recipients, warning: field } = drop.recipientsOf(header)
  return { recipients, by: field === undefined ? 'multi-drop' : 'by default', warnings: field === undefined ? [] : [field] }
}

function warning(text: string): string {
  return `X-Dialpost-Warning: ${text}`
}
