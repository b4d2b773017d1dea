/** What a sendmail.mc says of the way out: the smarthosts, and how the LAN looks from outside. Pure. */
import type { Remark, Setting, Table } from './page.ts'
import { hostnameOf, many, type Mc, wordsOf } from './sendmail-file.ts'
import { hostsBehind, portOf, unique, words } from './sendmail-values.ts'

/** The smarthost first, then those that sendmail falls back to. */
export function smarthosts(mc: Mc): readonly Table[] {
  const { defines } = mc
  const given = ['SMART_HOST', 'confFALLBACK_SMARTHOST', 'confFALLBACK_MX', 'FALLBACK_MX'].flatMap((name) => many(defines.get(name)))
  const told = given.filter(({ value }) => value !== '')
  if (told.length === 0) return [{ section: 'smarthost', settings: [], remarks: [{ line: 0, text: lacking }] }]
  const way = wayOf(mc)
  const name = hostnameOf(defines)?.value ?? ''
  const own = new Set(
    [name, name.split('.')[0], 'localhost', ...wordsOf(mc, 'LOCAL_DOMAIN').map(({ value }) => value)].map((one) => one?.toLowerCase()),
  )
  return told.flatMap(({ value, line }) => {
    const hosts = hostsBehind(value).map((host) => host.toLowerCase())
    if (hosts.length === 0) return [{ section: 'smarthost', settings: [], remarks: [{ line, text: unreached }] }]
    return hosts.map(
      (host): Table => ({
        section: 'smarthost',
        settings: [{ name: 'host', value: host, line }, ...way],
        ...(own.has(host) ? { instead: `line ${line} names this hub itself` } : {}),
      }),
    )
  })
}

const lacking =
  'SMART_HOST is not defined: sendmail sent to each domain by itself. dialpost sends by a smarthost: write [[smarthost]] with its host.'
const unreached = 'the smarthost has no equivalent: it is not reached by SMTP, or is not known beforehand'

/** Of `TCP $h 587` the port. */
function wayOf({ defines }: Mc): readonly Setting[] {
  const [args] = ['RELAY_MAILER_ARGS', 'ESMTP_MAILER_ARGS', 'SMTP_MAILER_ARGS'].flatMap((name) => many(defines.get(name)))
  const port = args && portOf(words(args.value)[2] ?? '')
  if (!args || port === undefined || port === 25) return []
  const tls: readonly Setting[] = [465, 993, 995].includes(port) ? [{ name: 'tls', value: 'implicit', line: args.line }] : []
  return [...tls, { name: 'port', value: port, line: args.line }]
}

export function masquerade(mc: Mc): Table {
  const { features, defines, lists } = mc
  const as = lists.get('MASQUERADE_AS')?.findLast(({ value }) => value !== '')
  const domains = wordsOf(mc, 'MASQUERADE_DOMAIN')
  const exposed = wordsOf(mc, 'EXPOSED_USER')
  if (!as) return { section: 'masquerade', settings: [], remarks: unmasked(mc) }
  const host = hostnameOf(defines)?.value
  const flag = (name: string, feature: string): readonly Setting[] => {
    const given = features.get(feature)
    return given ? [{ name, value: true, line: given.line }] : []
  }
  const settings: Setting[] = [
    { name: 'as', ...as },
    ...(domains[0] ? [{ name: 'domains', value: unique(domains.map(({ value }) => value)), line: domains[0].line }] : []),
    ...flag('subdomains', 'masquerade_entire_domain'),
    ...flag('recipients', 'allmasquerade'),
    ...(features.has('masquerade_envelope')
      ? flag('envelope', 'masquerade_envelope')
      : [{ name: 'envelope', value: false, note: 'without FEATURE(masquerade_envelope); but the ISP may want true' }]),
    ...(exposed[0] && host !== undefined
      ? [{ name: 'users', value: new Map(exposed.map(({ value }) => [value, `${value}@${host}`])), line: exposed[0].line }]
      : []),
  ]
  const unnamed =
    exposed[0] && host === undefined
      ? [{ line: exposed[0].line, text: 'EXPOSED_USER: write what the world is to see of them into users: root = "root@moriah.shire.lan"' }]
      : []
  return { section: 'masquerade', settings, remarks: unnamed }
}

function unmasked({ features, lists }: Mc): readonly Remark[] {
  const given = [
    ...(lists.get('MASQUERADE_DOMAIN') ?? []),
    ...['masquerade_envelope', 'masquerade_entire_domain', 'allmasquerade'].flatMap((name) => many(features.get(name))),
  ]
  return given
    .slice(0, 1)
    .map(({ line }) => ({ line, text: 'no equivalent without MASQUERADE_AS: as of [masquerade] is what the world sees' }))
}
