/** Kinds of value that name places in the network. Resolves nothing; who lies inside a network is the doors' question. */
import { type Kind, no, ok, type Parsed, show, written } from './kinds.ts'

/** `address` is an IP address without brackets; port 0 is any free one. */
export type Listen = { readonly address: string; readonly port: number }

/** RFC 4632, RFC 4291 §2.3; `octets` are 4 or 16. */
export type Network = { readonly text: string; readonly octets: readonly number[]; readonly bits: number }

export const port: Kind<number> = {
  name: 'port',
  range: '1 to 65535',
  parse(raw) {
    if (typeof raw === 'string') return no(`${show(raw)} is text; write the port as a number without quotes, such as 25`)
    return typeof raw === 'number' && isPort(raw) && raw > 0
      ? ok(raw)
      : no(`${show(raw)} is not a port; write a whole number from 1 to 65535`)
  },
}

export const listen: Kind<Listen> = written('listen address', '192.168.1.1:25', (text): Parsed<Listen> => {
  const parts = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)
  const address = parts?.[1] ?? parts?.[2] ?? ''
  const number = Number(parts?.[3])
  if (!parts) {
    const bare = parseIp(text)
    if (bare) return no(`${show(text)} has no port; write "${bare.length === 4 ? text : `[${text}]`}:25"`)
    return no(`${show(text)} is not a listen address; write an IP address and a port, such as "192.168.1.1:25" or "[::1]:25"`)
  }
  if (!parseIp(address))
    return no(`${show(address)} is not an IP address (names are not looked up); write one such as "192.168.1.1:${parts[3]}"`)
  return isPort(number) ? ok({ address, port: number }) : no(`${number} is not a port; write one from 1 to 65535 after the colon`)
})

export const network: Kind<Network> = written('network', '192.168.1.0/24', (text): Parsed<Network> => {
  const [address = '', length, ...rest] = text.split('/')
  const octets = parseIp(address)
  if (!octets || rest.length > 0)
    return no(`${show(text)} is not a network; write an IP address and a prefix length, such as "192.168.1.0/24"`)
  const all = octets.length * 8
  if (length === undefined)
    return no(`${show(text)} has no prefix length; write "${text}/${all}" for that one host, or a network such as "192.168.1.0/24"`)
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (!(bits <= all)) return no(`/${length} is not a prefix length; write one from /0 to /${all}`)
  const base = octets.map((octet, index) => octet & maskOctet(bits, index))
  if (!sameBits(octets, base, all)) return no(`${show(text)} has bits set behind its prefix; write "${formatIp(base)}/${bits}"`)
  return ok({ text, octets, bits })
})

/** The octets of an IP address, 4 or 16, or undefined. */
export function parseIp(text: string): readonly number[] | undefined {
  return text.includes(':') ? parseIp6(text) : parseIp4(text)
}

function parseIp4(text: string): readonly number[] | undefined {
  const octets = text.split('.').map((part) => (/^(?:0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256))
  return octets.length === 4 && octets.every((octet) => octet < 256) ? octets : undefined
}

/** RFC 4291 §2.2, the mixed form included. */
function parseIp6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':').map(groupOctets)))
  const [front, back] = [(head ?? []).flat(), (tail ?? []).flat()]
  const missing = 16 - front.length - back.length
  if ([...front, ...back].includes(-1) || (halves.length === 1 ? missing !== 0 : missing < 2)) return undefined
  return [...front, ...Array<number>(missing).fill(0), ...back]
}

function groupOctets(group: string, index: number, groups: readonly string[]): readonly number[] {
  if (group.includes('.') && index === groups.length - 1) return parseIp4(group) ?? [-1]
  const value = /^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : -1
  return value < 0 ? [-1] : [value >> 8, value & 255]
}

function formatIp(octets: readonly number[]): string {
  if (octets.length === 4) return octets.join('.')
  const groups = Array.from({ length: 8 }, (_, n) => (((octets[2 * n] ?? 0) << 8) | (octets[2 * n + 1] ?? 0)).toString(16))
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
}

function sameBits(a: readonly number[], b: readonly number[], bits: number): boolean {
  return a.every((octet, index) => ((octet ^ (b[index] ?? 0)) & maskOctet(bits, index)) === 0)
}

function maskOctet(bits: number, index: number): number {
  const here = Math.min(8, Math.max(0, bits - index * 8))
  return (255 << (8 - here)) & 255
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65535
}
