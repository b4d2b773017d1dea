/**
 * What the answers must be: the kinds of the settings they end in (config/), narrowed to what the box itself can bear, since its name and
 * its people end in /etc/hosts, in /etc/passwd and in a domain server's settings too. Each gives the one form in which an answer is kept.
 */
import { bitRate, address, domain, path, recipient, telephone, text, user } from '../config/names.ts'
import { no, ok, type Parsed, show } from '../config/kinds.ts'
import { serverKind } from '../config/network.ts'
import { passwordFault } from '../config/secret.ts'
import { baseOf, formatIp, type Network, networkOf, parseIp } from '../ip.ts'

/** So many octets of name and password PAP carries (RFC 1334 §2.2.1). */
const longestPap = 255

export function hostname(typed: string): Parsed<string> {
  const parsed = domain.parse(typed)
  if ('wrong' in parsed) return parsed
  const { value } = parsed
  if (!/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(value))
    return no(`${show(typed)} will not do: write a name of a to z, digits and -, and behind a dot its domain, such as "moriah.shire.lan"`)
  if (/(?:^|\.)\d+$/.test(value)) return no(`${show(typed)} looks like a number; write a name such as "moriah.shire.lan"`)
  return value.length <= 64 ? parsed : no('a computer can have a name of at most 64 characters; write a shorter one')
}

/** `192.168.1.1/24`. */
export function lanAddress(typed: string): Parsed<string> {
  const lan = lanOf(typed)
  if (!lan) return no(`${show(typed)} is not an address with its prefix; write one such as "192.168.1.1/24"`)
  const { octets, bits, network } = lan
  if (bits < 8 || bits > 30) return no(`/${bits} makes no LAN; write a prefix from /8 to /30, such as "/24"`)
  const first = octets[0] ?? 0
  if (first === 0 || first === 127 || first >= 224)
    return no(`no computer of a LAN can have ${show(formatIp(octets))}; write one such as "192.168.1.1/24"`)
  const last = network.octets.map((octet, at) => octet | (255 >> Math.min(8, Math.max(0, bits - at * 8))))
  const ends = [formatIp(network.octets), formatIp(last)]
  if (ends.includes(formatIp(octets)))
    return no(`${show(typed)} is no computer's: ${ends[0]} is the LAN itself and ${ends[1]} everybody; write one between`)
  return ok(`${formatIp(octets)}/${bits}`)
}

/** The box's own address, and the LAN it lies in. */
export function lanOf(typed: string): { readonly octets: readonly number[]; readonly bits: number; readonly network: Network } | undefined {
  const [, whole = '', length = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(typed) ?? []
  const octets = parseIp(whole)
  const bits = Number(length)
  return octets?.length === 4 && length !== '' && bits <= 32 ? { octets, bits, network: networkOf(baseOf(octets, bits), bits) } : undefined
}

export function yesOrNo(typed: string): Parsed<string> {
  if (/^y(?:es)?$/i.test(typed)) return ok('yes')
  return /^no?$/i.test(typed) ? ok('no') : no(`${show(typed)} is neither; write yes or no`)
}

/** `ttyS1` is enough. */
export function serialPort(typed: string): Parsed<string> {
  return path.parse(typed.startsWith('/') || typed === '' ? typed : `/dev/${typed}`)
}

export function speed(typed: string): Parsed<string> {
  const parsed = bitRate.parse(/^\d{1,9}$/.test(typed) ? Number(typed) : typed)
  return 'value' in parsed
    ? ok(String(parsed.value))
    : no(`${show(typed)} is not a serial port's speed; write one of ${bitRate.range?.replaceAll(' ', ', ')}`)
}

/** Several with `;` between: a comma is a pause, and blanks may stand within a number. */
export function numbers(typed: string): Parsed<string> {
  const parsed = typed.split(';').map((one) => telephone.parse(one.trim()))
  const wrong = parsed.flatMap((one) => ('wrong' in one ? one.wrong : []))
  return wrong.length > 0 ? { wrong } : ok(parsed.flatMap((one) => ('value' in one ? [one.value] : [])).join('; '))
}

export function userName(typed: string): Parsed<string> {
  const parsed = text.parse(typed)
  return 'value' in parsed && Buffer.byteLength(typed) > longestPap
    ? no(`it is too long; PPP carries ${longestPap} octets at most`)
    : parsed
}

/** Does not repeat what was typed. */
export function password(typed: string): Parsed<string> {
  const fault = passwordFault(typed)
  if (fault !== undefined) return no(`${fault === 'empty' ? 'a password is wanted' : 'it has control characters in it'}; type it again`)
  return Buffer.byteLength(typed) > longestPap ? no(`it is too long; PPP carries ${longestPap} octets at most`) : ok(typed)
}

/** `smtp.isp.example`, with its port where it is not the usual one. One word alone is more likely a slip than a server: nothing completes it. */
export function server(usualPort: number, example: string): (typed: string) => Parsed<string> {
  const kind = serverKind('server', example, usualPort)
  return (typed) => {
    const parsed = kind.parse(typed)
    if ('wrong' in parsed) return parsed
    const { host: name, port } = parsed.value
    if (!/[.:]/.test(name))
      return no(
        `${show(typed)} is one word, and the ISP's name server knows whole names alone; write one with its domain, such as ${show(example)}, or an address`,
      )
    if (port === usualPort) return ok(name)
    return ok(`${name.includes(':') ? `[${name}]` : name}:${port}`)
  }
}

/** The same, taken apart again. */
export function hostAndPort(canonical: string, usualPort: number): { readonly host: string; readonly port: number } {
  const parsed = serverKind('server', '', usualPort).parse(canonical)
  return 'value' in parsed ? parsed.value : { host: canonical, port: usualPort }
}

/** What the world sees of the LAN: a domain for everybody, or one address that all share. */
export function appearance(typed: string): Parsed<string> {
  if (typed.includes('@')) return address.parse(typed)
  return inTheWorld(typed)
    ? domain.parse(typed)
    : no(`${show(typed)} is neither a domain nor an address of the world; write one such as "shofar.isp.example"`)
}

/** A domain of more than one word: one with a dot. */
export function inTheWorld(typed: string): boolean {
  return typed.includes('.') && 'value' in domain.parse(typed)
}

export type Person = { readonly name: string; readonly uid: number }

const firstUid = 1000
const lastUid = 59_999

/** `eddy:1000 keith:1001`; who comes without a number gets the next free one. */
export function people(typed: string, taken: ReadonlySet<string>): Parsed<string> {
  const words = typed.split(/[\s,]+/).filter((word) => word !== '')
  if (words.length === 0) return no('nobody would have a mailbox; write at least one name, such as "eddy"')
  const named = words.map((word) => ({
    name: word.split(':', 1)[0] ?? '',
    uid: word.includes(':') ? word.slice(word.indexOf(':') + 1) : undefined,
  }))
  const fault = named.map(({ name, uid }, at) => personFault(name, uid, named.slice(0, at), taken)).find((one) => one !== undefined)
  if (fault !== undefined) return no(fault)
  const used = new Set(named.map(({ uid }) => Number(uid ?? 0)))
  let next = firstUid
  const numbered = named.map(({ name, uid }) => {
    if (uid !== undefined) return `${name}:${Number(uid)}`
    while (used.has(next)) next++
    return `${name}:${next++}`
  })
  return ok(numbered.join(' '))
}

/** Of what `people` gave. */
export function personsOf(canonical: string): readonly Person[] {
  return canonical
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ name: word.split(':')[0] ?? '', uid: Number(word.split(':')[1]) }))
}

type Named = { readonly name: string; readonly uid: string | undefined }

function personFault(name: string, uid: string | undefined, before: readonly Named[], taken: ReadonlySet<string>): string | undefined {
  const parsed = user.parse(name)
  if ('wrong' in parsed) return parsed.wrong[0]?.message
  if (!/^[a-z_][a-z0-9_.-]*$/.test(name))
    return `${show(name)} will not do for an account; write a name of small letters and digits, such as "eddy"`
  if (/^(?:root|postmaster|mailer-daemon|all)$/.test(name) || taken.has(name))
    return `${show(name)} is not a person here; write another name`
  if (before.some((other) => other.name === name)) return `${show(name)} stands there twice; write each once`
  if (uid === undefined) return undefined
  if (!/^\d{1,9}$/.test(uid) || Number(uid) < firstUid || Number(uid) > lastUid)
    return `${show(uid)} is no uid of a person; write one from ${firstUid} to ${lastUid}, or none: "${name}"`
  return before.some((other) => other.uid !== undefined && Number(other.uid) === Number(uid))
    ? `two people have the uid ${uid}; write each once`
    : undefined
}

/** Somebody here, or an address elsewhere. */
export function somebody(typed: string, names: readonly string[]): Parsed<string> {
  const parsed = recipient.parse(typed)
  if ('wrong' in parsed || typed.includes('@') || names.includes(typed)) return parsed
  return no(`${show(typed)} has no mailbox here; write one of ${names.join(', ')}, or a whole address`)
}

/** POSIX TZ, or the name of a zone for who has a database of them. */
export function timeZone(typed: string): Parsed<string> {
  const name = '(?:[A-Za-z]{3,6}|<[-+A-Za-z0-9]{3,6}>)'
  const offset = '[-+]?\\d{1,3}(?::\\d\\d){0,2}'
  const rule = `,(?:J?\\d{1,3}|M\\d{1,2}\\.[1-5]\\.[0-6])(?:/${offset})?`
  return new RegExp(`^${name}${offset}(?:${name}(?:${offset})?(?:${rule}${rule})?)?$`).test(typed)
    ? ok(typed)
    : no(`${show(typed)} is not a zone as POSIX has it; write one such as "CET-1CEST,M3.5.0,M10.5.0/3" or "UTC0"`)
}

/** With `-` for none. */
export function orNone(check: (typed: string) => Parsed<string>): (typed: string) => Parsed<string> {
  return (typed) => (typed === '-' || /^none$/i.test(typed) ? ok('-') : check(typed))
}
