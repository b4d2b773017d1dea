/**
 * How the LAN looks from outside (sendmail's MASQUERADE_AS with masquerade_envelope, masquerade_entire_domain, allmasquerade
 * and genericstable), and how it is told back. In a header only the addresses that change are replaced: every other
 * octet stays. What cannot be read passes as it is, for a letter is worth more than its looks. Pure.
 */
import type { Address, ReversePath } from '../mail/address.ts'
import { addressKey, formatAddress, parseAddress } from '../mail/address.ts'
import { addressesIn } from '../mail/address-list.ts'
import type { Field } from '../mail/header.ts'
import { headerLimit, parseHeader } from '../mail/header.ts'
import { isLocalDomain, isMasqueraded, ownAddresses } from '../route/claims.ts'

export type MasqueradeSettings = {
  /** This hub's own name: the domain of names that have none, and of those that `unmask` gives back. */
  readonly hostname: string
  readonly localDomains: readonly string[]
  readonly masquerade: {
    readonly as: string
    readonly domains: readonly string[]
    readonly subdomains: boolean
    /** allmasquerade: To, Cc and envelope recipients, too. */
    readonly recipients: boolean
    /** masquerade_envelope: the reverse path, too. */
    readonly envelope: boolean
    /** genericstable: local part or full address → the address it shows. */
    readonly users: ReadonlyMap<string, string>
  }
}

export interface Masquerade {
  /** A header with or without its blank line. One that is too long comes back untouched. */
  header(octets: Uint8Array): Uint8Array
  path(from: ReversePath): ReversePath
  recipient(to: Address): Address
  /** Who shows this address outside; undefined if nobody here could. Whether that user exists is not asked. */
  unmask(shown: Address): Address | undefined
}

/** sendmail's fields of senders (conf.c, H_FROM and H_RECEIPTTO). */
const senders = new Set([
  'from',
  'sender',
  'reply-to',
  'resent-from',
  'resent-sender',
  'resent-reply-to',
  'errors-to',
  'return-path',
  'return-receipt-to',
  'delivery-receipt-to',
  'disposition-notification-to',
])

const addressees = new Set(['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc', 'apparently-to'])

export function masquerade(settings: MasqueradeSettings): Masquerade {
  const { as, recipients, envelope } = settings.masquerade
  const mask = masker(settings)
  const inside = ownAddresses(settings.masquerade)
  const fields = recipients ? new Set([...senders, ...addressees]) : senders
  return {
    header: (octets) => rewritten(octets, fields, mask),
    path: (from) => (from && envelope ? (mask(from) ?? from) : from),
    recipient: (to) => (recipients ? (mask(to) ?? to) : to),
    unmask(shown) {
      const user = inside.get(addressKey(shown)) ?? (shown.domain === as.toLowerCase() ? { local: shown.local, domain: '' } : undefined)
      return user && { local: user.local, domain: user.domain === '' ? settings.hostname.toLowerCase() : user.domain }
    },
  }
}

/** The address shown instead; undefined where it is shown as it is. The table goes first: full address, then the name, then both without `+detail`. */
function masker(settings: MasqueradeSettings): (address: Address) => Address | undefined {
  const { as, users } = settings.masquerade
  const table = new Map([...users].map(([user, shown]) => [user.toLowerCase(), parseAddress(shown)]))
  return (address) => {
    const isOurs = isLocalDomain(settings, address.domain) || isMasqueraded(settings.masquerade, address.domain)
    const names = [address.local, address.local.replace(/(?<=.)\+[^]*$/, '')].map((name) => name.toLowerCase())
    const keys = names.flatMap((name) => [`${name}@${address.domain}`, ...(isOurs ? [name] : [])])
    const shown = keys.map((key) => table.get(key)).find((found) => found !== undefined)
    return shown ?? (isOurs ? { local: address.local, domain: as.toLowerCase() } : undefined)
  }
}

function rewritten(octets: Uint8Array, fields: ReadonlySet<string>, mask: (address: Address) => Address | undefined): Uint8Array {
  if (octets.length > headerLimit) return octets
  const header = parseHeader(octets)
  const slices = header.flatMap((field) => (fields.has(field.name) ? masked(field, mask) : [field.raw]))
  const behind = header.reduce((length, { raw }) => length + raw.length, 0)
  return slices.length === header.length ? octets : Buffer.concat([...slices, octets.subarray(behind)])
}

/** The field in slices, those of changed addresses exchanged; one slice if none changes. */
function masked({ raw }: Field, mask: (address: Address) => Address | undefined): readonly Uint8Array[] {
  const slices: Uint8Array[] = []
  let at = 0
  for (const { start, end, address } of addressesIn(raw)) {
    const shown = mask(address)
    if (!shown || addressKey(shown) === addressKey(address)) continue
    slices.push(raw.subarray(at, start), Buffer.from(formatAddress(shown)))
    at = end
  }
  return [...slices, raw.subarray(at)]
}
