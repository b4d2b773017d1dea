/**
 * For whom is a letter out of a box that holds a whole domain's mail? Only its header can tell, and it is asked in
 * fetchmail's order: the envelope header that the ISP adds, else the ISP's own Received line, else Resent-To, else To, Cc and
 * Bcc. Groups are read right. Nothing is looked up in DNS, and nothing is dropped: what fits nobody is postmaster's. Pure.
 */
import type { Address } from '../mail/address.ts'
import { addressKey, formatAddress, parseAddress } from '../mail/address.ts'
import { addressesIn } from '../mail/address-list.ts'
import type { Header } from '../mail/header.ts'
import { receivedFor } from './received-for.ts'

/** Spelt as the settings are. */
export type MultidropSettings = {
  /** The mail server we collect from: its name counts as one of `domains` in Received lines. */
  readonly host: string
  /** fetchmail's aka: these domains and what is below them. */
  readonly domains: readonly string[]
  /** Of the ISP, e.g. `X-Envelope-To`; absent or `Received`: the ISP's Received line is read instead. */
  readonly envelope_header?: string
  /** How many such fields stand above the ISP's. */
  readonly envelope_skip: number
  /** qmail's virtual domain prefix, cut off the names found (fetchmail's qvirtual). */
  readonly strip_prefix?: string
  /** Name at the ISP, or full address, → user, alias or address here. `*` lets every other name pass as it is. */
  readonly users: ReadonlyMap<string, string>
  /** Addresses below these pass unchanged (fetchmail's localdomains). */
  readonly localDomains?: readonly string[]
  /** User, alias or address. */
  readonly postmaster: string
}

export type Evidence = 'envelope' | 'received' | 'resent' | 'addressees' | 'none'

export type Recipients = {
  /** At least one, nobody twice; domain '' for users and aliases. */
  readonly recipients: readonly Address[]
  /** What was read; `none`: nothing that names anybody. */
  readonly evidence: Evidence
  /** One sentence a step. */
  readonly reasons: readonly string[]
  /** A whole field, without line end, to put above the letter: nobody fitted and postmaster gets it. */
  readonly warning?: string
}

export function recipientsOf(header: Header, settings: MultidropSettings): Recipients {
  const { evidence, named } = witness(header, settings)
  const reasons: string[] = []
  const accepted = new Map<string, Address>()
  const rejected: Address[] = []
  for (const address of named) {
    const found = lookUp(address, settings)
    reasons.push(`${formatAddress(address)} (${words[evidence]}) ${found.reason}`)
    if (found.to) accepted.set(addressKey(found.to), found.to)
    else if (found.foreign) rejected.push(address)
  }
  if (accepted.size > 0) return { recipients: [...accepted.values()], evidence, reasons }
  const postmaster = parseAddress(settings.postmaster) ?? { local: 'postmaster', domain: '' }
  return {
    recipients: [postmaster],
    evidence,
    reasons: [...reasons, `nobody here is named, so it goes to ${settings.postmaster}`],
    warning: `X-Dialpost-Warning: ${complaint(rejected)}`,
  }
}

const words: Readonly<Record<Evidence, string>> = {
  envelope: 'from the envelope header',
  received: 'from the Received line',
  resent: 'from Resent-To, Resent-Cc or Resent-Bcc',
  addressees: 'from To, Cc or Bcc',
  none: 'from nowhere',
}

/** The best evidence there is, and whom it names. */
function witness(header: Header, settings: MultidropSettings): { readonly evidence: Evidence; readonly named: readonly Address[] } {
  const fields = (...names: readonly string[]) => header.filter(({ name }) => names.includes(name))
  const addresses = (found: Header) => found.flatMap(({ raw }) => addressesIn(raw).map(({ address }) => address))
  const wanted = settings.envelope_header?.toLowerCase() ?? 'received'
  const candidates = fields(wanted).slice(settings.envelope_skip)
  if (wanted !== 'received') {
    if (candidates.length > 0) return { evidence: 'envelope', named: addresses(candidates.slice(0, 1)) }
  } else {
    const by = candidates.map(({ value }) => receivedFor(value, (host) => isServer(host, settings))).find((found) => found !== undefined)
    if (by) return { evidence: 'received', named: [by] }
  }
  const resent = fields('resent-to', 'resent-cc', 'resent-bcc')
  if (resent.length > 0) return { evidence: 'resent', named: addresses(resent) }
  const named = addresses(fields('to', 'cc', 'bcc', 'apparently-to'))
  return { evidence: named.length > 0 ? 'addressees' : 'none', named }
}

type Found = { readonly to?: Address; readonly foreign?: true; readonly reason: string }

/** Full address, then domains that pass, then the box's own domains with the map of names. */
function lookUp(named: Address, settings: MultidropSettings): Found {
  const address = { ...named, local: withoutPrefix(named.local, settings.strip_prefix) }
  const mapped = (name: string) => [...settings.users].find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1]
  const whole = address.domain === '' ? undefined : mapped(formatAddress(address))
  if (whole !== undefined) return to(whole, `is ${whole} here`)
  if (address.domain !== '' && (settings.localDomains ?? []).some((domain) => isBelow(address.domain, domain))) {
    return { to: address, reason: `passes, since ${address.domain} is local` }
  }
  if (address.domain !== '' && !isServer(address.domain, settings)) return { foreign: true, reason: `is not for this box` }
  const user = mapped(address.local)
  if (user !== undefined) return to(user, `is ${user} here`)
  if (settings.users.has('*')) return { to: { local: address.local, domain: '' }, reason: 'passes, since all names do' }
  return { reason: 'is nobody here' }
}

function to(name: string, reason: string): Found {
  const address = parseAddress(name)
  return address ? { to: address, reason } : { reason: `would be ${name}, which is no address` }
}

/** fetchmail's words: scripts search for them. */
function complaint(rejected: readonly Address[]): string {
  const [only] = rejected
  return only && rejected.length === 1
    ? `recipient address ${formatAddress(only)} didn't match any local name`
    : 'no recipient addresses matched declared local names'
}

function isServer(host: string, { host: server, domains }: MultidropSettings): boolean {
  return host.toLowerCase() === server.toLowerCase() || domains.some((domain) => isBelow(host, domain))
}

function isBelow(host: string, domain: string): boolean {
  return `.${host.toLowerCase()}`.endsWith(`.${domain.toLowerCase()}`)
}

function withoutPrefix(local: string, prefix: string | undefined): string {
  return prefix && local.toLowerCase().startsWith(prefix.toLowerCase()) ? local.slice(prefix.length) : local
}
