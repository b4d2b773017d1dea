/**
 * Settings that are each right and do not go together: what one demands of another, of the people of this hub, or of
 * common sense. Pure; who the people are is told by whoever read the files.
 */
import type { Aliases } from '../route/aliases.ts'
import { names } from '../route/names.ts'
import { dialling, hours, isps, modem } from './agreement-line.ts'
import { everywhere, mailboxesTogether, type Placed, smarthostsAlone } from './agreement-mail.ts'
import type { Config, MailboxConfig } from './config.ts'
import { type Finding, settingAt, twice, when } from './finding.ts'
import { show } from './kinds.ts'
import { nearest } from './nearest.ts'
import type { Path } from './positions.ts'

/** Undefined where the file could not be read. */
export type People = { readonly users: ReadonlySet<string> | undefined; readonly aliases: Aliases | undefined }

/** `incomplete` are the tables with mistakes of their own, which are left alone here. */
export function disagreements(config: Config, people: People, incomplete: readonly Path[]): readonly Finding[] {
  const whole = (path: Path) => !incomplete.some((other) => other.join('.') === path.join('.'))
  const judged = <T>(placed: readonly Placed<T>[]) => placed.filter(({ path }) => whole(path))
  const mailboxes = judged(everywhere(({ mailbox }) => mailbox, 'mailbox', config))
  return [
    ...wholeHub(config),
    ...config.accept.networks.flatMap(({ bits }, index) => openRelay(bits, index)),
    ...twice(
      config.accept.listen.map(({ address, port }, index) => ({ name: `${address} port ${port}`, path: ['accept', 'listen', index] })),
      '%s stands there twice; remove one',
    ),
    ...smarthostsAlone(judged(everywhere(({ smarthost }) => smarthost, 'smarthost', config)), config),
    ...mailboxesTogether(mailboxes),
    ...strangersNamed(config.postmaster, mailboxes, people),
    ...(whole(['deliver']) ? delivery(config) : []),
    ...hours(config.call.windows, judged(config.tariff.map((value, index) => ({ value, path: ['tariff', index] })))),
    ...dialling(config),
    ...(whole(['link', 'modem']) ? modem(config) : []),
    ...isps(config, whole),
    ...places(config),
  ]
}

function wholeHub(config: Config): readonly Finding[] {
  const { queue } = config
  return [
    ...when(
      isWithin(config.spool, config.run),
      ['spool'],
      `spool: ${show(config.spool)} lies in run, which is RAM and forgets everything without power; write a folder on flash`,
    ),
    ...when(
      isWithin(config.spool, config.mail_dir),
      ['spool'],
      `spool: ${show(config.spool)} lies in mail_dir, where everybody can look; write another folder`,
    ),
    ...when(
      queue.warn_after >= queue.return_after,
      ['queue', 'warn_after'],
      'queue.warn_after: the letter is returned before its sender is warned; write less than queue.return_after',
    ),
  ]
}

function openRelay(bits: number, index: number): readonly Finding[] {
  return when(
    bits === 0,
    ['accept', 'networks', index],
    'accept.networks: this is the whole Internet, and would make the hub an open relay; write the LAN, such as "192.168.1.0/24"',
  )
}

/** Everybody that the settings send letters to must live here, be an alias, or have a whole address. */
function strangersNamed(postmaster: string, mailboxes: readonly Placed<MailboxConfig>[], { users, aliases }: People): readonly Finding[] {
  if (!users || !aliases) return []
  const known = names(aliases, users)
  const isKnown = (name: string) => known.isKnown(name)
  const stranger = (path: Path, setting: string, name: string, lives: (name: string) => boolean) => {
    const close = nearest(name, [...users, ...aliases.byName.keys()])
    const advice = close === undefined ? 'write one that there is, or add the alias' : `did you mean ${show(close)}?`
    return when(!name.includes('@') && !lives(name), path, `${setting}: there is neither a user nor an alias ${show(name)}; ${advice}`)
  }
  return [
    // Whoever is postmaster must be somebody: the name itself is none.
    ...stranger(['postmaster'], 'postmaster', postmaster, (name) => known.isNamed(name)),
    ...mailboxes.flatMap(({ value: { deliver_to, multidrop }, path }) => [
      ...(deliver_to === undefined ? [] : stranger([...path, 'deliver_to'], `${settingAt(path)}.deliver_to`, deliver_to, isKnown)),
      ...[...(multidrop?.users ?? [])]
        .filter(([from]) => from !== '*')
        .flatMap(([from, name]) => stranger([...path, 'multidrop', 'users', from], `${settingAt(path)}.multidrop.users`, name, isKnown)),
    ]),
  ]
}

function delivery({ deliver: { format, lmtp } }: Config): readonly Finding[] {
  return [
    ...when(
      format === 'lmtp' && lmtp === undefined,
      ['deliver', 'format'],
      'deliver.format: "lmtp" needs a server; write lmtp = "/run/dovecot/lmtp", too',
    ),
    ...when(
      format !== 'lmtp' && lmtp !== undefined,
      ['deliver', 'lmtp'],
      `deliver.lmtp: is not used with format = "${format}"; write format = "lmtp", or remove it`,
    ),
  ]
}

function places({ log, web, accept }: Config): readonly Finding[] {
  const taken = accept.listen.map(({ address, port }) => `${address} ${port}`)
  return [
    ...when(
      /^[^/[]*[^\d.:/[]/.test(log.syslog_to),
      ['log', 'syslog_to'],
      `log.syslog_to: ${show(log.syslog_to)} is a name, and names are not looked up; write "/dev/log", or an IP address such as "192.168.1.5:514"`,
    ),
    ...(web?.listen ?? []).flatMap(({ address, port }, index) =>
      when(
        taken.includes(`${address} ${port}`),
        ['web', 'listen', index],
        `web.listen: accept listens on ${address} port ${port} already; write another port`,
      ),
    ),
  ]
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`)
}
