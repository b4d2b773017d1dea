/** What a sendmail.mc says of the hub itself: its names, its door to the LAN, how long letters wait. Pure. */
import { octets, within } from './amounts.ts'
import type { Remark, Setting, Table } from './page.ts'
import { type Given, hostnameOf, many, type Mc, wordsOf } from './sendmail-file.ts'
import { listenAt, networkBehind, seconds, unique } from './sendmail-values.ts'

export function hub(mc: Mc): Table {
  const { defines } = mc
  const name = hostnameOf(defines)
  const domains = wordsOf(mc, 'LOCAL_DOMAIN')
  const own = name === undefined ? ['localhost'] : [name.value, name.value.split('.')[0] ?? '', 'localhost']
  const aliases = defines.get('ALIAS_FILE')
  const bounces = defines.get('confDOUBLE_BOUNCE_ADDRESS')
  const forward = defines.get('confFORWARD_PATH')
  const remarks: Remark[] = [
    ...(domains[0] && name === undefined
      ? [
          {
            line: domains[0].line,
            text: "this computer's own name, whole and its first part, is one of local_domains, too; write it there",
          },
        ]
      : []),
    ...(forward && forward.value !== '' ? [{ line: forward.line, text: 'confFORWARD_PATH: no equivalent: it is ~/.forward' }] : []),
    ...(defines.has('confDOMAIN_NAME') && name === undefined
      ? [{ line: defines.get('confDOMAIN_NAME')?.line ?? 0, text: 'confDOMAIN_NAME, or Dj: write the name itself as hostname' }]
      : []),
  ]
  const settings: Setting[] = [
    ...(name === undefined ? [] : [{ name: 'hostname', ...name }]),
    ...(domains[0]
      ? [{ name: 'local_domains', value: unique([...own, ...domains.map(({ value }) => value)]), line: domains[0].line }]
      : []),
    ...(bounces && bounces.value !== '' ? [{ name: 'postmaster', ...bounces }] : []),
    ...(aliases ? [{ name: 'aliases', value: files(aliases.value), line: aliases.line }] : []),
    ...(forward?.value === '' ? [{ name: 'forward_files', value: false, line: forward.line }] : []),
  ]
  return { section: '', settings, remarks }
}

/** `hash:/etc/aliases, /etc/more`. */
function files(text: string): readonly string[] {
  return unique(text.split(/[\s,]+/).map((file) => file.replace(/^\w+:/, ''))).filter((file) => file !== '')
}

export function accept(mc: Mc): Table {
  const { defines, lists } = mc
  const doors = [...(lists.get('DAEMON_OPTIONS') ?? []), ...many(defines.get('confDAEMON_OPTIONS'))].map(({ value, line }) => ({
    line,
    at: listenAt(value),
  }))
  const listen = unique(doors.flatMap(({ at }) => (typeof at === 'string' ? [at] : [])))
  const relays = wordsOf(mc, 'RELAY_DOMAIN').map((given) => ({ ...given, network: networkBehind(given.value) }))
  const networks = relays.flatMap(({ network }) => network ?? [])
  const everywhere = 'sendmail listens everywhere; better name 127.0.0.1 and the address in the LAN'
  const remarks = [
    ...doors.flatMap(({ at, line }) => (typeof at === 'string' ? [] : [{ line, text: `DAEMON_OPTIONS: no equivalent: ${at.why}` }])),
    ...relays.flatMap(({ network, value, line }) =>
      network === undefined ? [{ line, text: `RELAY_DOMAIN(${value}): write the network of these computers into networks` }] : [],
    ),
    ...(networks.length === 0 ? [{ line: 0, text: relaying }] : []),
  ]
  const settings: Setting[] = [
    listen.length === 0
      ? { name: 'listen', value: ['0.0.0.0:25'], note: everywhere }
      : {
          name: 'listen',
          value: listen,
          ...lineOf(doors[0]),
          ...(listen.some((at) => at.startsWith('0.0.0.0')) ? { note: everywhere } : {}),
        },
    ...(networks.length === 0 ? [] : [{ name: 'networks', value: unique(['127.0.0.0/8', '::1/128', ...networks]), ...lineOf(relays[0]) }]),
    ...number(defines.get('confMAX_MESSAGE_SIZE'), (value) => ({ name: 'max_message', value: octets(value, 10 * 1024, 2 * 1024 ** 3) })),
    ...number(defines.get('confMAX_DAEMON_CHILDREN'), (value) => ({ name: 'max_clients', value: Math.min(value, 500) })),
    ...number(defines.get('confMAX_HOP'), (value) => ({ name: 'max_hops', value: Math.min(Math.max(value, 10), 100) })),
  ]
  return { section: 'accept', settings, remarks }
}

const relaying =
  'Who may relay stood in /etc/mail/relay-domains, or in the access table: write their networks into networks, beside "127.0.0.0/8" and "::1/128".'

export function acceptTls({ defines }: Mc): Table {
  const [certificate, key] = [defines.get('confSERVER_CERT'), defines.get('confSERVER_KEY')]
  return {
    section: 'accept.tls',
    settings:
      certificate && key
        ? [
            { name: 'certificate', ...certificate },
            { name: 'key', ...key },
          ]
        : [],
  }
}

export function queue({ defines }: Mc): Table {
  const limits = [
    ['return_after', 'confTO_QUEUERETURN', 'd', 300, 60],
    ['warn_after', 'confTO_QUEUEWARN', 'h', 60, 30],
  ] as const
  const read = limits.flatMap(([name, define, unit, least, days]) => {
    const given = defines.get(define)
    const time = given && seconds(given.value, unit)
    if (!given || given.value === '') return []
    return [
      {
        name,
        define,
        line: given.line,
        time: time === undefined || time === 0 ? undefined : Math.min(Math.max(time, least), days * 86_400),
      },
    ]
  })
  const returned = read.find(({ name }) => name === 'return_after')?.time ?? 5 * 86_400
  const fits = (name: string, time: number): boolean => (name === 'return_after' ? time > warned : time < returned)
  const warned = read.find(({ name, time }) => name === 'warn_after' && time !== undefined && time < returned)?.time ?? 4 * 3600
  const kept = read.filter(({ name, time }) => time !== undefined && fits(name, time))
  return {
    section: 'queue',
    settings: kept.map(({ name, time = 0, line }) => ({ name, value: within(time, 60, 60 * 86_400), line })),
    remarks: read
      .filter((one) => !kept.includes(one))
      .map(({ define, name, line }) => ({
        line,
        text: `${define}: ${name} of [queue] wants a time, and a letter is warned of before it is returned`,
      })),
  }
}

function number(given: Given | undefined, setting: (value: number) => Setting): readonly Setting[] {
  const value = given && /^\d{1,12}$/.test(given.value.trim()) ? Number(given.value) : 0
  return given && value > 0 ? [{ ...setting(value), line: given.line }] : []
}

function lineOf(one: { readonly line: number } | undefined): { readonly line?: number } {
  return one ? { line: one.line } : {}
}
