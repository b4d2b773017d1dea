/**
 * The arguments of SMTP commands, parsed once into types or answered with the reply that says what is wrong with them.
 * Lenient where old LAN clients need it and no harm can come of it: addresses without <>, blanks around the colon.
 * RFC 5321 §4.1.1, SIZE RFC 1870, DSN RFC 3461, 8BITMIME RFC 6152, SMTPUTF8 RFC 6531, CHUNKING RFC 3030, ETRN RFC 1985.
 */
import type { Address, ReversePath } from '../mail/address.ts'
import { isDomain, parsePath } from '../mail/address.ts'
import type { Notify, Parameters, Recipient } from '../mail/envelope.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'

export type Parsed<T> = { readonly ok: T; readonly refusal?: undefined } | { readonly refusal: Reply }

export type Mail = { readonly from: ReversePath; readonly parameters: Parameters /** Octets, as declared. */; readonly size?: number }

/** `FROM:<eddy@shire.lan> SIZE=500 BODY=8BITMIME`. */
export function parseMail(argument: string): Parsed<Mail> {
  const path = parsePathArgument(argument, 'FROM')
  const parameters = path && parseParameters(path.rest)
  if (!path || !parameters) return { refusal: reply(501, '5.5.4', 'Syntax: MAIL FROM:<address> [parameters]') }
  if (parameters.refusal) return parameters
  const mail: { -readonly [K in keyof Mail]: Mail[K] } & { parameters: { -readonly [K in keyof Parameters]: Parameters[K] } } = {
    from: null,
    parameters: {},
  }
  for (const [name, value] of parameters.ok) {
    const wrong = mailParameter(mail, name, value)
    if (wrong) return { refusal: wrong }
  }
  if (path.path === '') return { ok: mail }
  const from = parseMailbox(path.path, mail.parameters.smtputf8 === true, '5.1.7')
  return from.refusal ? from : { ok: { ...mail, from: from.ok } }
}

/** `TO:<keith@shire.lan> NOTIFY=NEVER`. */
export function parseRcpt(argument: string, smtputf8: boolean): Parsed<Recipient> {
  const path = parsePathArgument(argument, 'TO')
  const parameters = path && parseParameters(path.rest)
  if (!path || !parameters) return { refusal: reply(501, '5.5.4', 'Syntax: RCPT TO:<address> [parameters]') }
  if (parameters.refusal) return parameters
  const asked: { notify?: readonly Notify[]; orcpt?: string } = {}
  for (const [name, value] of parameters.ok) {
    const wrong = rcptParameter(asked, name, value)
    if (wrong) return { refusal: wrong }
  }
  const address = parseMailbox(path.path, smtputf8, '5.1.3')
  return address.refusal ? address : { ok: { address: address.ok, ...asked } }
}

/** `86 LAST`. */
export function parseBdat(argument: string): Parsed<{ readonly octets: number; readonly last: boolean }> {
  const match = /^(\d{1,10})(?:\s+(LAST))?$/i.exec(argument)
  if (!match) return { refusal: reply(501, '5.5.4', 'Syntax: BDAT octets [LAST]') }
  return { ok: { octets: Number(match[1]), last: match[2] !== undefined } }
}

/** `shire.lan` or `@shire.lan`, which means its subdomains too. */
export function parseEtrn(argument: string): Parsed<string> {
  const domain = argument.replace(/^@/, '').toLowerCase()
  return isDomain(domain) ? { ok: domain } : { refusal: reply(501, '5.5.4', 'Syntax: ETRN domain') }
}

/** RFC 5321 §4.1.1.1; what is no name at all is let through, for half of all clients are called something odd. */
export function parseHello(argument: string): Parsed<string> {
  return /^[^\s\x00-\x20\x7f]{1,300}$/.test(argument) ? { ok: argument } : { refusal: reply(501, '5.5.4', 'Syntax: EHLO hostname') }
}

function mailParameter(
  mail: { size?: number; parameters: { -readonly [K in keyof Parameters]: Parameters[K] } },
  name: string,
  value: string,
): Reply | undefined {
  const wanted = value.toLowerCase()
  switch (name) {
    case 'SIZE':
      if (!/^\d{1,20}$/.test(value)) return wrongValue(name)
      mail.size = Number(value)
      return undefined
    case 'BODY':
      if (wanted !== '7bit' && wanted !== '8bitmime') return wrongValue(name)
      mail.parameters.body = wanted
      return undefined
    case 'SMTPUTF8':
      if (value !== '') return wrongValue(name)
      mail.parameters.smtputf8 = true
      return undefined
    case 'RET':
      if (wanted !== 'full' && wanted !== 'hdrs') return wrongValue(name)
      mail.parameters.ret = wanted
      return undefined
    case 'ENVID': {
      const envid = value.length <= 100 ? fromXtext(value) : undefined
      if (envid === undefined) return wrongValue(name)
      mail.parameters.envid = envid
      return undefined
    }
    default:
      return unknownParameter(name)
  }
}

function rcptParameter(asked: { notify?: readonly Notify[]; orcpt?: string }, name: string, value: string): Reply | undefined {
  switch (name) {
    case 'NOTIFY': {
      const notify = value.toLowerCase().split(',')
      if (!notify.every(isNotify) || (notify.includes('never') && notify.length > 1)) return wrongValue(name)
      asked.notify = [...new Set(notify)]
      return undefined
    }
    case 'ORCPT': {
      const [, type, xtext = ''] = /^([A-Za-z0-9-]+);(.+)$/.exec(value) ?? []
      const original = value.length <= 500 ? fromXtext(xtext) : undefined
      if (type === undefined || original === undefined) return wrongValue(name)
      asked.orcpt = `${type};${original}`
      return undefined
    }
    default:
      return unknownParameter(name)
  }
}

function isNotify(text: string): text is Notify {
  return text === 'never' || text === 'success' || text === 'failure' || text === 'delay'
}

/** RFC 3461 §4, with the UTF-8 that RFC 6533 §3 allows; undefined if it is none, or decodes to control characters. */
function fromXtext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-~\u0080-\uffff]|\+[0-9A-F]{2})+$/.test(text)) return undefined
  const decoded = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return /[\x00-\x1f\x7f]/.test(decoded) ? undefined : decoded
}

function parseMailbox(text: string, smtputf8: boolean, status: string): Parsed<Address> {
  if (!smtputf8 && /[^\x00-\x7f]/.test(text))
    return { refusal: reply(553, '5.6.7', 'Address is not ASCII, and SMTPUTF8 was not asked for') }
  const address = text.length <= 512 && !/[\x00-\x1f\x7f\ufffd]/.test(text) ? parsePath(text) : undefined
  return address && address.local !== '' ? { ok: address } : { refusal: reply(501, status, 'Bad address syntax') }
}

/** Cuts `FROM:<path> rest`; the path is without its <>. */
function parsePathArgument(argument: string, keyword: string): { path: string; rest: string } | undefined {
  const colon = argument.indexOf(':')
  if (colon < 0 || argument.slice(0, colon).trim().toUpperCase() !== keyword) return undefined
  const text = argument.slice(colon + 1).trim()
  const [whole, inside, bare] = /^(?:<((?:"(?:[^"\\]|\\.)*"|[^"<>])*)>|((?:"(?:[^"\\]|\\.)*"|[^"<>\s])+))(?=\s|$)/.exec(text) ?? []
  return whole === undefined ? undefined : { path: (inside ?? bare ?? '').trim(), rest: text.slice(whole.length).trim() }
}

/** Names in upper case; a value is '' where there is none. */
function parseParameters(rest: string): Parsed<ReadonlyMap<string, string>> {
  const parameters = new Map<string, string>()
  for (const text of rest === '' ? [] : rest.split(/\s+/)) {
    const [, name, value = ''] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20\x7f]+))?$/.exec(text) ?? []
    if (name === undefined) return { refusal: reply(501, '5.5.4', 'Bad parameter syntax') }
    if (parameters.has(name.toUpperCase())) return { refusal: reply(501, '5.5.4', `Parameter ${name.toUpperCase()} given twice`) }
    parameters.set(name.toUpperCase(), value)
  }
  return { ok: parameters }
}

function wrongValue(name: string): Reply {
  return reply(501, '5.5.4', `Bad value of parameter ${name}`)
}

function unknownParameter(name: string): Reply {
  return reply(555, '5.5.4', `Parameter ${name} is not known here`)
}
