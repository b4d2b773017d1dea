/**
 * In which guises an address can be one of ours: a local domain, an address that we give ourselves outside (masquerading
 * turned round), a name in one of our multidrop boxes, a host of the LAN. Pure. Whether the name exists
 * is asked later: only a local domain claims an address for certain, the others do if the name is known here.
 */
import type { Address, ReversePath } from '../mail/address.ts'
import { addressKey, formatAddress, parseAddress } from '../mail/address.ts'

export type Claims = {
  /** This hub's own name: local, and the domain of names that have none. */
  readonly hostname: string
  readonly localDomains: readonly string[]
  /** One for each ISP that shows us under a name of its own. */
  readonly masquerades?: readonly Mask[]
  /** Boxes at ISPs that hold the mail of whole domains, and the LAN names of the names there. */
  readonly multidrops?: readonly { readonly domains: readonly string[]; readonly users: ReadonlyMap<string, string> }[]
}

export type Mask = {
  readonly as?: string
  readonly domains: readonly string[]
  readonly subdomains: boolean
  /** Local part or full address → the address it shows outside. */
  readonly users: ReadonlyMap<string, string>
}

export type Claim = {
  /** Who it is here; domain '' for a name of ours. */
  readonly to: Address
  /** local: nobody else can be meant · ours: others have no names there, but this one may be nobody's · shared: others have names there. */
  readonly domain: 'local' | 'ours' | 'shared'
  readonly rule: string
}

/** Domain '' is local, too. */
export function isLocalDomain({ hostname, localDomains }: Claims, domain: string): boolean {
  const folded = domain.toLowerCase()
  return folded === '' || [hostname, ...localDomains].some((local) => local.toLowerCase() === folded)
}

/** The claims on an address, the strongest first. A bounce (null reverse path) to a masqueraded sender is ours, too. */
export function claims(settings: Claims): (address: Address, from: ReversePath) => readonly Claim[] {
  const masks = settings.masquerades ?? []
  const own = new Map(masks.toReversed().flatMap((mask) => [...ownAddresses(mask)]))
  const boxes = (settings.multidrops ?? []).flatMap(({ domains, users }) =>
    domains.map((domain) => ({ domain: domain.toLowerCase(), users: folded(users) })),
  )
  const names = new Set(masks.flatMap(({ as }) => (as === undefined ? [] : [as.toLowerCase()])))
  const named = ({ local }: Address): Address => ({ local, domain: '' })
  return (address, from) => {
    const text = formatAddress(address)
    if (isLocalDomain(settings, address.domain)) {
      const rule = address.domain === '' ? `${text} has no domain, so it is local` : `${address.domain} is local`
      return [{ to: named(address), domain: 'local', rule }]
    }
    const found: Claim[] = []
    const claim = (to: Address | undefined, domain: Claim['domain'], rule: string) => to && found.push({ to, domain, rule })
    claim(own.get(addressKey(address)), 'shared', `${text} is what we show outside for a user here`)
    const box = boxes.find(({ domain }) => domain === address.domain)
    if (box) claim(target(box.users.get(address.local.toLowerCase())), 'ours', `${text} lies in our own box at the ISP`)
    if (names.has(address.domain) && (box || from === null))
      claim(named(address), box ? 'ours' : 'shared', `${address.domain} is what we masquerade as`)
    if (masks.some((mask) => isMasqueraded(mask, address.domain)))
      claim(named(address), 'ours', `${address.domain} is a host of ours that we masquerade`)
    return found
  }
}

/** Whether addresses of this domain go out under another one. */
export function isMasqueraded({ domains, subdomains }: Mask, domain: string): boolean {
  return domains.some((own) => {
    const suffix = own.toLowerCase()
    return domain === suffix || (subdomains && domain.endsWith(`.${suffix}`))
  })
}

/** By address key: the addresses that users here show outside, and who they are here (the first of those who share one). */
export function ownAddresses({ users }: Mask): ReadonlyMap<string, Address> {
  const own = new Map<string, Address>()
  for (const [user, shown] of users) {
    const outside = parseAddress(shown)
    const inside = target(user)
    if (outside && inside && !own.has(addressKey(outside))) own.set(addressKey(outside), inside)
  }
  return own
}

function target(name: string | undefined): Address | undefined {
  return name === undefined ? undefined : parseAddress(name)
}

function folded(users: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...users].map(([name, user]) => [name.toLowerCase(), user]))
}
