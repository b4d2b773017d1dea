/**
 * Settings that are each right and do not go together: what one demands of another, of the people of this hub, or of
 * common sense. Pure; who the people are is told by whoever read the files.
 */
import type { Aliases } from '../route/aliases.ts'
import { names } from '../route/names.ts'
import type { Config, MailboxConfig, Smarthost, Tariff, Tls } from './config.ts'
import { show } from './kinds.ts'
import { nearest } from './nearest.ts'
import type { Path } from './positions.ts'
import type { Finding } from './sections.ts'
import { inWindow, overlap, type Window } from './windows.ts'

/** Undefined where the file could not be read. */
export type People = { readonly users: ReadonlySet<string> | undefined; readonly aliases: Aliases | undefined }

/** `incomplete` are the tables with mistakes of their own, which are left alone here. */
export function disagreements(config: Config, people: People, incomplete: readonly Path[]): readonly Finding[] {
  const whole = (path: Path) => !incomplete.some((other) => other.join('.') === path.join('.'))
  const numbered = <T>(name: string, list: readonly T[]) =>
    list.map((value, index) => ({ value, path: [name, index] })).filter(({ path }) => whole(path))
  const smarthosts = numbered('smarthost', config.smarthost)
  const mailboxes = numbered('mailbox', config.mailbox)
  return [
    ...wholeHub(config),
    ...config.accept.networks.flatMap(({ bits }, index) => openRelay(bits, index)),
    ...twice(
      config.accept.listen.map(({ address, port }, index) => ({ name: `${address} port ${port}`, path: ['accept', 'listen', index] })),
      'accept.listen: %s stands there twice; remove one',
    ),
    ...[...smarthosts, ...mailboxes].flatMap(({ value, path }) => server(value, path)),
    ...smarthosts.flatMap(({ value, path }) => smarthostAlone(value, path, config)),
    ...mailboxes.flatMap(({ value, path }) => ownership(value, path)),
    ...twice(
      mailboxes.map(({ value, path }) => ({ name: value.name, path: [...path, 'name'] })),
      'mailbox.name: two mailboxes are called %s; give this one another name',
    ),
    ...twice(
      mailboxes.map(({ value: { user, host, protocol }, path }) => ({
        name: `${user} at ${host} by ${protocol}`,
        path: [...path, 'user'],
      })),
      'mailbox.user: %s is collected twice; remove one of the two mailboxes',
    ),
    ...strangersNamed(config.postmaster, mailboxes, people),
    ...(whole(['deliver']) ? delivery(config) : []),
    ...hours(config.call.windows, numbered('tariff', config.tariff)),
    ...dialling(config),
    ...line(config),
  ]
}

type Numbered<T> = { readonly value: T; readonly path: Path }

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

/** What two of a list have in common and should not; %s in the message stands for it. */
function twice(names: readonly { readonly name: string; readonly path: Path }[], message: string): readonly Finding[] {
  return names.flatMap(({ name, path }, index) => {
    const earlier = names.slice(0, index).some((other) => other.name === name)
    return when(
      earlier,
      path,
      message.replace('%s', () => show(name)),
    )
  })
}

type Server = { readonly host: string; readonly port: number; readonly tls: Tls; readonly fingerprint?: string }

const implicitPorts = [465, 993, 995]
const plainPorts = [25, 110, 143, 587]

/** TLS and port belong together; a wrong pair hangs until a timeout, on a line that costs money. */
function server({ port, tls, fingerprint }: Server, path: Path): readonly Finding[] {
  const name = String(path[0])
  return [
    ...when(
      tls !== 'implicit' && implicitPorts.includes(port),
      [...path, 'port'],
      `${name}.port: ${port} speaks TLS from the first octet; write tls = "implicit", or another port for tls = "${tls}"`,
    ),
    ...when(
      tls === 'implicit' && plainPorts.includes(port),
      [...path, 'port'],
      `${name}.port: ${port} does not begin with TLS; write tls = "required", or leave port out`,
    ),
    ...when(
      tls === 'off' && fingerprint !== undefined,
      [...path, 'fingerprint'],
      `${name}.fingerprint: there is no certificate with tls = "off"; write tls = "required"`,
    ),
  ]
}

function smarthostAlone({ host, user, password_file }: Smarthost, path: Path, { hostname, local_domains }: Config): readonly Finding[] {
  return [
    ...when(
      user !== undefined && password_file === undefined,
      [...path, 'user'],
      'smarthost.user: there is no password for it; write password_file = "/etc/dialpost.d/smarthost", too',
    ),
    ...when(
      user === undefined && password_file !== undefined,
      [...path, 'password_file'],
      'smarthost.password_file: whose password is it? write user = "…", too',
    ),
    ...when(
      host === hostname || local_domains.includes(host),
      [...path, 'host'],
      `smarthost.host: ${show(host)} is this hub, and letters would go round in circles; write the ISP's server`,
    ),
  ]
}

function ownership({ name, deliver_to, multidrop }: MailboxConfig, path: Path): readonly Finding[] {
  const either = 'write either deliver_to = "a user", or a table [mailbox.multidrop]'
  return [
    ...when(
      deliver_to === undefined && multidrop === undefined,
      path,
      `mailbox: nothing says whose letters ${show(name)} holds; ${either}`,
    ),
    ...when(
      deliver_to !== undefined && multidrop !== undefined,
      [...path, 'deliver_to'],
      `mailbox.deliver_to: ${show(name)} is single-drop and multidrop at once; ${either}`,
    ),
  ]
}

/** Everybody that the settings send letters to must live here, be an alias, or have a whole address. */
function strangersNamed(postmaster: string, mailboxes: readonly Numbered<MailboxConfig>[], { users, aliases }: People): readonly Finding[] {
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
      ...(deliver_to === undefined ? [] : stranger([...path, 'deliver_to'], 'mailbox.deliver_to', deliver_to, isKnown)),
      ...[...(multidrop?.users ?? [])]
        .filter(([from]) => from !== '*')
        .flatMap(([from, name]) => stranger([...path, 'multidrop', 'users', from], 'mailbox.multidrop.users', name, isKnown)),
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

function hours(windows: readonly Window[], tariffs: readonly Numbered<Tariff>[]): readonly Finding[] {
  const always = tariffs.filter(({ value }) => !value.window)
  const held = tariffs.flatMap(({ value: { window }, path }) => (window ? [{ window, path: [...path, 'window'] }] : []))
  return [
    ...overlaps(
      windows.map((window, index) => ({ window, path: ['call', 'windows', index] })),
      'call.windows',
      'write each hour once',
    ),
    ...overlaps(held, 'tariff.window', 'what would such a minute cost? write each hour once'),
    ...always.slice(1).map(({ path }) => ({ path, message: 'tariff: a second one without window; write window = "…" in all but one' })),
  ]
}

function dialling({ call, tariff }: Config): readonly Finding[] {
  const week = Array.from({ length: 7 }, (_, day) => day * 24 * 60)
  const closed = (minute: number): boolean => call.forbidden.some((window) => inWindow(window, minute))
  return [
    ...overlaps(
      call.forbidden.map((window, index) => ({ window, path: ['call', 'forbidden', index] })),
      'call.forbidden',
      'write each hour once',
    ),
    ...when(
      week.every((day) => Array.from({ length: 24 }, (_, hour) => day + hour * 60).every(closed)),
      ['call', 'forbidden'],
      'call.forbidden: these windows are the whole week, so that mail would never dial; leave some hours open',
    ),
    ...call.timetable.flatMap((minute, index) =>
      when(
        week.every((day) => closed(day + minute)),
        ['call', 'timetable', index],
        'call.timetable: lies in call.forbidden on every day; remove one of the two',
      ),
    ),
    ...when(
      tariff.length === 0 && call.budget.some((one) => 'money' in one),
      ['call', 'budget'],
      'call.budget: without a [[tariff]] nobody knows what a call costs; add one, or write the budget as time, such as "90m/day"',
    ),
  ]
}

function overlaps(held: readonly { readonly window: Window; readonly path: Path }[], setting: string, advice: string): readonly Finding[] {
  return held.flatMap(({ window, path }, index) => {
    const other = held.slice(0, index).find((earlier) => overlap(earlier.window, window))
    return other ? [{ path, message: `${setting}: ${show(window.text)} overlaps with ${show(other.window.text)}; ${advice}` }] : []
  })
}

function line({ link, log, web, accept }: Config): readonly Finding[] {
  const taken = accept.listen.map(({ address, port }) => `${address} ${port}`)
  return [
    ...when(
      link.mode === 'dial' && !link.modem,
      ['link', 'mode'],
      'link.mode: "dial" needs a modem; write a table [link.modem] with tty and numbers',
    ),
    ...when(
      link.mode !== 'dial' && link.modem !== undefined,
      ['link', 'modem'],
      `link.modem: is not used with mode = "${link.mode}"; write mode = "dial" under [link], or remove this table`,
    ),
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

function when(wrong: boolean, path: Path, message: string): readonly Finding[] {
  return wrong ? [{ path, message }] : []
}
