/**
 * Makes a transaction ready for one server: header read and rewritten, commands written out. What the server could only
 * refuse is refused here, before any of it is paid for (RFC 1870 §6.3, RFC 6531 §3.2).
 */
import type { Log } from '../log/events.ts'
import type { Address, ReversePath } from '../mail/address.ts'
import { type Outcome, brokenBy } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import { mailCommand, qualified, rcptCommand } from './commands.ts'
import { type Content, openContent } from './content.ts'
import type { Features } from './features.ts'
import type { Supply, Transaction } from './supply.ts'
import { shortTrace } from './trace.ts'

export type PrepareOptions = {
  readonly supply: Supply
  readonly features: Features
  /** `smtp.isp.example [192.0.2.1]`. */
  readonly where: string
  /** Domain of addresses that have none. */
  readonly hostname: string
  /** The header as the outside is to see it. */
  readonly rewrite: (header: Uint8Array) => Uint8Array
  readonly log: Log
}

export type Prepared = {
  readonly transaction: Transaction
  readonly content: Content
  readonly mail: string
  /** One command a recipient, in their order. */
  readonly rcpts: readonly string[]
}

/** Undefined where nobody is left to send it to: they are settled. */
export async function prepare(transaction: Transaction, options: PrepareOptions): Promise<Prepared | undefined> {
  const { supply, features, where, hostname, rewrite, log } = options
  const { letter, recipients } = transaction
  const { parameters } = letter.message
  const outward = (header: Uint8Array): Uint8Array => rewrite(shortTrace(header, hostname, letter.message.id))
  const content = await openContent(letter, outward).catch(brokenBy)
  if ('kind' in content) return settleAll(transaction, supply, content)
  const from = transaction.from && qualified(transaction.from, hostname)
  const headerNeedsUtf8 = parameters.smtputf8 === true && content.eightBitHeader
  const refusal = obstacle(from, headerNeedsUtf8, content.size, features)
  if (refusal) return settleAll(transaction, supply, { kind: 'refused', reply: refusal, where })

  const addresses = recipients.map(({ address }) => qualified(address, hostname))
  const isFit = addresses.map((address) => features.utf8 || isAscii(address))
  for (const [place, fit] of isFit.entries()) if (!fit) supply.settle(transaction, place, { kind: 'refused', reply: unspeakable, where })
  if (!isFit.includes(true)) return undefined
  if (parameters.body === '8bitmime' && content.eightBit && !features.eightBit)
    log.notice('eight-bit', `${letter.message.id}: ${where} does not offer 8BITMIME; sent as it is, as nearly all servers take it`)
  const utf8 = headerNeedsUtf8 || (from !== null && !isAscii(from)) || !addresses.every(isAscii)
  return {
    transaction: { ...transaction, recipients: recipients.filter((_, place) => isFit[place]) },
    content,
    mail: mailCommand(from, { ...content, utf8 }, parameters, features),
    rcpts: recipients.flatMap(({ delivery }, place) =>
      isFit[place] ? rcptCommand({ ...delivery, address: addresses[place] ?? delivery.recipient }, features) : [],
    ),
  }
}

const unspeakable: Reply = reply(553, '5.6.7', 'The address needs SMTPUTF8, which the server does not offer')

/** The reply that the server would give to the whole letter, after having had it all. */
function obstacle(from: ReversePath, headerNeedsUtf8: boolean, size: number, { limit, utf8 }: Features): Reply | undefined {
  if (limit !== undefined && size > limit)
    return reply(552, '5.3.4', `The letter has ${size} octets, and the server takes at most ${limit}`)
  if (utf8 || !(headerNeedsUtf8 || (from && !isAscii(from)))) return undefined
  return reply(550, '5.6.7', 'The letter needs SMTPUTF8, which the server does not offer')
}

function isAscii({ local, domain }: Address): boolean {
  return !/[^\x00-\x7f]/.test(local + domain)
}

function settleAll(transaction: Transaction, supply: Supply, outcome: Outcome): undefined {
  for (const place of transaction.recipients.keys()) supply.settle(transaction, place, outcome)
}
