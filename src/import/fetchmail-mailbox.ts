/** One account of fetchmail's as a [[mailbox]], with what is said of the rest of its options. Pure. */
import { isDomain } from '../mail/address.ts'
import { none } from './fate.ts'
import type { Account } from './fetchmail-accounts.ts'
import { type Given, textOf } from './fetchmail-file.ts'
import { octets } from './amounts.ts'
import { portOf } from './fetchmail-services.ts'
import { fatesOf } from './fetchmail-fates.ts'
import type { Remark, Setting, Table } from './page.ts'

/** `identity`: what no two boxes have in common. */
export function mailboxOf(account: Account, name: string): { readonly table: Table; readonly identity: string } {
  const { options, line, skip, server } = account
  const protocol = protocolOf(account)
  const host = text(options.get('via')) ?? server
  const user = userOf(account)
  const whose = people(account)
  const instead = skip ? 'skip: fetchmail asked this server only when it was named, and dialpost asks every one' : protocol.instead
  const settings: Setting[] = [
    { name: 'name', value: name },
    { name: 'protocol', value: protocol.name, ...from(options.get('protocol')) },
    { name: 'host', value: host, ...from(options.get('via')) },
    ...reached(account, protocol.name),
    user,
    password(account, name),
    ...whose.settings,
    ...(options.get('keep')?.value === true ? [{ name: 'keep', value: true, ...from(options.get('keep')) }] : []),
    ...largest(options.get('limit')),
  ]
  const table: Table = {
    section: 'mailbox',
    title: `${skip ? 'skip' : 'poll'} ${server}, line ${line}`,
    line,
    settings,
    inner: whose.inner,
    remarks: [...protocol.remarks, ...whose.remarks, ...fatesOf(account, whose.inner.length > 0)],
    ...(instead === undefined ? {} : { instead }),
  }
  return { table, identity: `${user.value} at ${host.toLowerCase()} by ${protocol.name}` }
}

type Protocol = { readonly name: 'pop3' | 'imap'; readonly instead?: string; readonly remarks: readonly Remark[] }

function protocolOf({ options }: Account): Protocol {
  const given = options.get('protocol')
  const word = text(given) ?? 'auto'
  const line = given?.line ?? 0
  if (word === 'imap') return { name: 'imap', remarks: [] }
  if (word === 'pop3' || word === 'apop') return { name: 'pop3', remarks: [] }
  if (word === 'sdps')
    return { name: 'pop3', remarks: [{ line, text: `sdps: ${none('envelope_header is what tells whose a letter is')}` }] }
  if (word === 'auto') {
    const imap = [143, 993].includes(portOf(options.get('service')) ?? 0)
    const advice = 'without a protocol fetchmail tried IMAP first, and then POP3; write the one that the server speaks'
    return { name: imap ? 'imap' : 'pop3', remarks: imap ? [] : [{ line, text: advice }] }
  }
  return { name: 'pop3', instead: `${word}: ${none('dialpost collects by POP3 and IMAP')}`, remarks: [] }
}

/** Port and TLS, as they go together. */
function reached({ options }: Account, protocol: 'pop3' | 'imap'): readonly Setting[] {
  const [ssl, proto, service] = [options.get('ssl'), options.get('sslproto'), options.get('service')]
  const port = portOf(service)
  const wrapped = ssl?.value === true || [465, 993, 995].includes(port ?? 0)
  const usual = { pop3: [110, 995], imap: [143, 993] }[protocol][wrapped ? 1 : 0]
  const tls: readonly Setting[] = wrapped
    ? [{ name: 'tls', value: 'implicit', ...from(ssl?.value === true ? ssl : service) }]
    : proto === undefined
      ? []
      : [{ name: 'tls', value: proto.value === '' ? 'off' : 'required', ...from(proto) }]
  // What begins with TLS is at none of those, whatever the file says.
  const plain = wrapped && [25, 110, 143, 587].includes(port ?? 0)
  return [...tls, ...(port === undefined || port === usual || plain ? [] : [{ name: 'port', value: port, ...from(service) }])]
}

function userOf({ options, people: [first] }: Account): Setting & { readonly value: string } {
  const given = options.get('user')
  if (given) return { name: 'user', value: textOf(given), line: given.line }
  return { name: 'user', value: first?.[1] ?? 'root', note: 'fetchmail took the name of whoever started it; write that' }
}

function password({ options }: Account, name: string): Setting {
  const [given, file] = [options.get('password'), options.get('passwordfile')]
  const path = `/etc/dialpost.d/${name}`
  if (given) return { name: 'password_file', value: path, note: `the password of line ${given.line} goes into it` }
  if (typeof file?.value === 'string' && file.value.startsWith('/')) return { name: 'password_file', value: file.value, line: file.line }
  return { name: 'password_file', value: path, note: 'fetchmail had no password here, and asked for it, or .netrc' }
}

function largest(limit: Given | undefined): readonly Setting[] {
  if (typeof limit?.value !== 'number' || limit.value <= 0) return []
  const note = limit.value < 1024 ? { note: `limit ${limit.value}` } : {}
  return [{ name: 'max_message', value: octets(limit.value, 1024, 2 * 1024 ** 3), line: limit.line, ...note }]
}

type Whose = { readonly settings: readonly Setting[]; readonly inner: readonly Table[]; readonly remarks: readonly Remark[] }

/** Several names, or `*`, make a box multidrop. */
function people({ server, options, people: named }: Account): Whose {
  const to = options.get('to')
  const [first] = named
  if (named.length < 2 && first?.[0] !== '*') {
    const note = first === undefined ? 'fetchmail delivered to whoever started it; write that' : undefined
    // Of a pair fetchmail delivers to the former, since there is no address to be mapped.
    const setting = {
      name: 'deliver_to',
      value: first?.[0] ?? 'root',
      vital: true as const,
      ...from(to),
      ...(note === undefined ? {} : { note }),
    }
    return { settings: [setting], inner: [], remarks: [] }
  }
  const [aka, local, envelope, prefix] = [options.get('aka'), options.get('localdomains'), options.get('envelope'), options.get('qvirtual')]
  const domains = [...new Set([server, ...list(aka), ...list(local)].map((domain) => domain.toLowerCase()))].filter(isDomain)
  // The first of two holds. A pair of `*` is nobody.
  const users = new Map(named.filter(([remote, here]) => remote !== '*' || here === '*').toReversed())
  const settings: Setting[] = [
    { name: 'domains', value: domains, ...from(aka ?? local) },
    ...envelopeOf(envelope),
    ...(prefix === undefined ? [] : [{ name: 'strip_prefix', value: textOf(prefix), line: prefix.line }]),
    { name: 'users', value: new Map([...users].reverse()), ...from(to) },
  ]
  return { settings: [], inner: [{ section: 'mailbox.multidrop', settings, remarks: unlike(local, envelope, users) }], remarks: [] }
}

function envelopeOf(envelope: Given | undefined): readonly Setting[] {
  if (!envelope || envelope.value === false) return []
  const [skip, header = ''] = Array.isArray(envelope.value) ? (envelope.value as readonly string[]) : ['0', textOf(envelope)]
  return [
    { name: 'envelope_header', value: header.replace(/:$/, ''), line: envelope.line },
    ...(skip === '0' ? [] : [{ name: 'envelope_skip', value: Number(skip), line: envelope.line }]),
  ]
}

/** Where multidrop is not quite the same. */
function unlike(local: Given | undefined, envelope: Given | undefined, users: ReadonlyMap<string, string>): readonly Remark[] {
  const passing = 'localdomains: names in them that users lacks go to the postmaster; with "*" = "*" in it they keep their names'
  return [
    ...(local && !users.has('*') ? [{ line: local.line, text: passing }] : []),
    ...(envelope?.value === false
      ? [{ line: envelope.line, text: `no envelope: ${none("the ISP's Received line is read before To and Cc")}` }]
      : []),
  ]
}

function list(given: Given | undefined): readonly string[] {
  return Array.isArray(given?.value) ? (given.value as readonly string[]) : []
}

function text(given: Given | undefined): string | undefined {
  return typeof given?.value === 'string' ? given.value : undefined
}

function from(given: Given | undefined): { readonly line?: number } {
  return given === undefined ? {} : { line: given.line }
}
