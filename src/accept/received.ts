/**
 * Our `Received:` field (RFC 5321 §4.4), worded as sendmail's, because multidrop parsers and spam filters read it, but for the name
 * of the software, which would cross the modem with every letter. No name is looked up for the client: on this line a reverse query would cost a telephone call.
 */
import type { Address } from '../mail/address.ts'
import { formatAddress, formatPath } from '../mail/address.ts'

/** Who brought the letter: over the LAN, or a user of this box by the sendmail command. */
export type Client =
  | { readonly kind: 'lan' /** As it said in HELO. */; readonly helo: string; readonly address: string }
  | { readonly kind: 'user'; readonly user: string }

export type Trace = {
  readonly client: Client
  readonly hostname: string
  /** RFC 3848: `ESMTPS`, `SMTP`; a user's letter has none. */
  readonly protocol?: string
  readonly id: string
  /** Only when there is exactly one: it is what the next hop sorts a multidrop box by, and more would tell of blind copies. */
  readonly recipient?: Address
  readonly date: string
}

/** The whole field, folded, with its line end. */
export function receivedField({ client, hostname, protocol, id, recipient, date }: Trace): string {
  const by = `by ${hostname}${protocol === undefined ? '' : ` with ${protocol}`} id ${id}`
  const last = recipient === undefined ? `; ${date}` : `\r\n\tfor ${forWhom(client, recipient)}; ${date}`
  return `Received: ${fromWhom(client)}\r\n\t${by}${last}\r\n`
}

/** As the log names it: `herring [192.168.1.7]`, `eddy@localhost`. */
export function clientText(client: Client): string {
  return client.kind === 'user' ? `${word(client.user)}@localhost` : `${word(client.helo)} ${literal(client.address)}`
}

/** RFC 5321 §4.1.3: `[192.168.1.7]`, `[IPv6:fd00::7]`. */
function literal(address: string): string {
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
}

function fromWhom(client: Client): string {
  return client.kind === 'user' ? `(from ${word(client.user)}@localhost)` : `from ${word(client.helo)} (${literal(client.address)})`
}

function forWhom(client: Client, recipient: Address): string {
  return client.kind === 'user' ? formatAddress(recipient) : formatPath(recipient)
}

/** A client may call itself anything: what could close a comment or start a clause is masked. */
function word(text: string): string {
  return text.replace(/[^\p{L}\p{N}.:_[\]-]/gu, '?').slice(0, 255) || 'unknown'
}
