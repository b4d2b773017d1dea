/**
 * May this client say this? The networks that may send anywhere through this hub, and what the others are told.
 * Knows addresses and networks as text (RFC 4632, RFC 4291); who lives in a local domain is route/'s business.
 */
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'

/** 4 or 16 octets of which the first `bits` bits count. */
export type Network = { readonly octets: readonly number[]; readonly bits: number }

/** Parses `192.168.1.0/24`, `fd00::/8` or a single address; an IPv4 network written as `::ffff:…` becomes IPv4. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefix, ...more] = text.trim().split('/')
  const octets = parseIp(address)
  if (octets === undefined || more.length > 0) return undefined
  const mapped = address.includes(':') && octets.length === 4
  const bits = prefix === undefined ? octets.length * 8 : /^\d{1,3}$/.test(prefix) ? Number(prefix) - (mapped ? 96 : 0) : -1
  return bits >= 0 && bits <= octets.length * 8 ? { octets, bits } : undefined
}

/** Whether an address as sockets report it (`::ffff:10.0.0.1` and `fe80::1%eth0` too) lies in one of the networks. */
export function isInside(networks: readonly Network[], address: string): boolean {
  const octets = parseIp(address)
  return octets !== undefined && networks.some((network) => covers(network, octets))
}

/** What a client hears that asks for a recipient it may not have; undefined: it may. */
export function relayRefusal(client: { readonly trusted: boolean }, recipientIsLocal: boolean): Reply | undefined {
  return client.trusted || recipientIsLocal ? undefined : reply(550, '5.7.1', 'Relaying denied')
}

/** The address without what sockets add to it: the IPv4 mapping and the zone. */
export function plainAddress(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
}

function covers({ octets, bits }: Network, address: readonly number[]): boolean {
  if (octets.length !== address.length) return false
  return octets.every((octet, i) => {
    const kept = Math.min(8, Math.max(0, bits - i * 8))
    const mask = (0xff << (8 - kept)) & 0xff
    return (octet & mask) === ((address[i] ?? 0) & mask)
  })
}

function parseIp(text: string): readonly number[] | undefined {
  const plain = plainAddress(text)
  return plain.includes(':') ? parseV6(plain) : parseV4(plain)
}

function parseV4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.map(Number)
}

function parseV6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => groups(half))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const missing = 16 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  return [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])]
}

/** The octets of `fe80:1:10.0.0.1`, whose last group may be an IPv4 address. */
function groups(half: string): number[] | undefined {
  if (half === '') return []
  const octets: number[] = []
  const parts = half.split(':')
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 && part.includes('.') ? parseV4(part) : undefined
    if (v4 !== undefined) octets.push(...v4)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) octets.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff)
    else return undefined
  }
  return octets
}
