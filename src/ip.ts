/**
 * IP addresses and networks (RFC 4632, RFC 4291): read, written, compared. Pure; looks up nothing.
 * Strict about text, since what one program reads as octal another reads as decimal.
 */

/** 4 or 16 octets, of which the first `bits` bits count. */
export type Network = { readonly octets: readonly number[]; readonly bits: number }

/** The octets of an IP address, 4 or 16, or undefined. */
export function parseIp(text: string): readonly number[] | undefined {
  return text.includes(':') ? parseIp6(text) : parseIp4(text)
}

/** In the shortest form, or nearly: the first run of zeros is left out, not the longest. */
export function formatIp(octets: readonly number[]): string {
  if (octets.length === 4) return octets.join('.')
  const groups = Array.from({ length: 8 }, (_, n) => (((octets[2 * n] ?? 0) << 8) | (octets[2 * n + 1] ?? 0)).toString(16))
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
}

/** The address without what sockets add to it: the IPv4 mapping and the zone. */
export function plainAddress(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
}

/** The network in which the address lies; one of mapped IPv4 addresses (`::ffff:10.0.0.0/104`) becomes IPv4. */
export function networkOf(address: readonly number[], bits: number): Network {
  const octets = baseOf(address, bits)
  return bits >= 96 && hasPrefix(octets, mapped) ? { octets: octets.slice(12), bits: bits - 96 } : { octets, bits }
}

/** The address with nothing behind its first `bits` bits. */
export function baseOf(address: readonly number[], bits: number): readonly number[] {
  return address.map((octet, index) => octet & maskOctet(bits, index))
}

/** Whether an address as sockets report it (`::ffff:10.0.0.1` and `fe80::1%eth0` too) lies in one of the networks. */
export function isInside(networks: readonly Network[], address: string): boolean {
  const octets = parseIp(plainAddress(address))
  return octets !== undefined && networks.some((network) => covers(network, octets))
}

/** RFC 4291 §2.5.5.2: `::ffff:0:0/96`. */
const mapped: readonly number[] = [...Array<number>(10).fill(0), 255, 255]

function hasPrefix(octets: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((octet, index) => octet === octets[index])
}

function covers({ octets, bits }: Network, address: readonly number[]): boolean {
  if (octets.length !== address.length) return false
  return octets.every((octet, index) => ((octet ^ (address[index] ?? 0)) & maskOctet(bits, index)) === 0)
}

function maskOctet(bits: number, index: number): number {
  const here = Math.min(8, Math.max(0, bits - index * 8))
  return (255 << (8 - here)) & 255
}

function parseIp4(text: string): readonly number[] | undefined {
  const octets = text.split('.').map((part) => (/^(?:0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256))
  return octets.length === 4 && octets.every((octet) => octet < 256) ? octets : undefined
}

/** RFC 4291 §2.2, the mixed form included. */
function parseIp6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [front = [], back = []] = halves.map((half, at) => groupsOf(half, at === halves.length - 1))
  const missing = 16 - front.length - back.length
  if ([...front, ...back].includes(-1) || (halves.length === 1 ? missing !== 0 : missing < 2)) return undefined
  return [...front, ...Array<number>(missing).fill(0), ...back]
}

/** Octets, with -1 for what is no group; an IPv4 address may stand only at the end of all. */
function groupsOf(half: string, isLast: boolean): readonly number[] {
  const groups = half === '' ? [] : half.split(':')
  return groups.flatMap((group, at) =>
    isLast && at === groups.length - 1 && group.includes('.') ? (parseIp4(group) ?? [-1]) : groupOctets(group),
  )
}

function groupOctets(group: string): readonly number[] {
  const value = /^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : -1
  return value < 0 ? [-1] : [value >> 8, value & 255]
}
