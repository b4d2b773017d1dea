/** What one expansion carries along: how it came here, what it has found, and the ends in which a branch can end. */
import type { Log } from '../log/events.ts'
import type { Address, ReversePath } from '../mail/address.ts'
import { formatAddress } from '../mail/address.ts'
import type { Recipient } from '../mail/envelope.ts'
import type { Copy, Destination } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Aliases } from './aliases.ts'
import type { Claim, Claims } from './claims.ts'
import type { RouteFiles } from './files.ts'
import type { Names } from './names.ts'
import type { Mistake } from './targets.ts'

/** What the rules depend on. */
export type Settings = Claims & {
  /** Account or address that gets what nobody else does. */
  readonly postmaster: string
  readonly accounts: { has(user: string): boolean }
  readonly files: RouteFiles
  readonly forwardFiles: boolean
  readonly log: Pick<Log, 'warn'>
}

export type House = Settings & {
  readonly aliases: Aliases
  readonly claimsOf: (address: Address, from: ReversePath) => readonly Claim[]
}

/** How a branch came here. */
export type Step = {
  readonly address: Address
  readonly from: ReversePath
  /** Aliases, users, files and guises passed, as keys. */
  readonly path: readonly string[]
  /** Whose .forward it comes from. */
  readonly user?: string
  /** A list with an owner: its members' deliveries are the owner's business, not the sender's. */
  readonly list?: true
}

export type Walk = {
  readonly house: House
  readonly names: Names
  readonly recipient: Recipient
  readonly rules: string[]
  readonly copies: Copy[]
  readonly failed: Reply[]
  /** Branches that came back to a name being expanded: that name's own targets get the letter, unless there are none. */
  readonly circles: Reply[]
  readonly seen: Set<string>
  deferred?: string
}

export function addCopy(walk: Walk, step: Step, recipient: Address, to: Destination): void {
  const extras = step.list ? {} : asked(walk.recipient)
  walk.copies.push({ ...extras, from: step.from, recipient: qualified(recipient, walk.house.hostname), to })
}

export function fail(walk: Walk, answer: Reply): void {
  walk.rules.push(`leads nowhere: ${formatReply(answer)}`)
  walk.failed.push(answer)
}

export function circle(walk: Walk, text: string): void {
  walk.rules.push(`goes no further: ${text}`)
  walk.circles.push(circling(text))
}

export function defer(walk: Walk, reason: string): void {
  walk.deferred ??= reason
}

export function warnOf(walk: Walk, mistakes: readonly Mistake[]): void {
  for (const { where, text } of mistakes) walk.house.log.warn('alias-mistake', `${where}: ${text}`, { where })
}

export function circling(text: string): Reply {
  return reply(554, '5.4.6', text)
}

export function unknown(address: Address): Reply {
  return reply(550, '5.1.1', `<${formatAddress(address)}>... User unknown`)
}

export function qualified({ local, domain }: Address, hostname: string): Address {
  return { local, domain: domain === '' ? hostname.toLowerCase() : domain }
}

export function asked({ notify, orcpt }: Recipient): Pick<Copy, 'notify' | 'orcpt'> {
  return { ...(notify && { notify }), ...(orcpt !== undefined && { orcpt }) }
}
