/** Kinds of value that name places in the network. Resolves nothing; who lies inside a network is the doors' question. */
import { baseOf, formatIp, type Network, networkOf, parseIp } from '../ip.ts'
import { type Kind, no, ok, type Parsed, show, written } from './kinds.ts'
import { host } from './names.ts'

/** `address` is an IP address without brackets; port 0 is any free one. */
export type Listen = { readonly address: string; readonly port: number }

/** A server's name or IP address, and its port. */
export type Server = { readonly host: string; readonly port: number }

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

/** A server and, behind a colon, its port where it is not the usual one. */
export function serverKind(name: string, example: string, usualPort: number): Kind<Server> {
  return written(name, example, (text): Parsed<Server> => {
    const parts = parseIp(text) ? null : /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)
    const number = Number(parts?.[3] ?? usualPort)
    const named = host.parse(parts?.[1] ?? parts?.[2] ?? text)
    if ('wrong' in named) return named
    return isPort(number) && number > 0
      ? ok({ host: named.value, port: number })
      : no(`${number} is not a port; write one from 1 to 65535 after the colon, or none`)
  })
}

/** An SNTP server. */
export const timeServer: Kind<Server> = serverKind('time server', 'ntp.isp.example', 123)

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
  const [whole, base] = [formatIp(octets), formatIp(baseOf(octets, bits))]
  return whole === base ? ok(networkOf(octets, bits)) : no(`${show(text)} has bits set behind its prefix; write "${base}/${bits}"`)
})

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65535
}
