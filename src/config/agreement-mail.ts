/** What smarthosts and mailboxes, of every call or of one ISP's, demand of each other and of themselves. Pure. */
import { type Finding, settingAt, twice, when } from './finding.ts'
import type { Config, Mailbox, MailboxConfig, Smarthost } from './config.ts'
import { show } from './kinds.ts'
import type { Path } from './positions.ts'

/** A table of a list, and where it stands. */
export type Placed<T> = { readonly value: T; readonly path: Path }

/** Those of every call first, then those of each ISP. */
export function everywhere<T>(
  of: (tables: Pick<Config, 'smarthost' | 'mailbox'>) => readonly T[],
  name: 'smarthost' | 'mailbox',
  config: Config,
): readonly Placed<T>[] {
  const within = (tables: Pick<Config, 'smarthost' | 'mailbox'>, around: Path) =>
    of(tables).map((value, index) => ({ value, path: [...around, name, index] }))
  return [...within(config, []), ...config.isp.flatMap((isp, index) => within(isp, ['isp', index]))]
}

type Hub = Pick<Config, 'hostname' | 'local_domains'>

export function smarthostsAlone(smarthosts: readonly Placed<Smarthost>[], config: Hub): readonly Finding[] {
  return smarthosts.flatMap(({ value, path }) => [...server(value, path), ...smarthostAlone(value, path, config)])
}

export function mailboxesTogether(mailboxes: readonly Placed<MailboxConfig>[]): readonly Finding[] {
  return [
    ...mailboxes.flatMap(({ value, path }) => [...server(value, path), ...ownership(value, path)]),
    // What has been seen of a box is kept by its name, wherever the box stands.
    ...twice(
      mailboxes.map(({ value, path }) => ({ name: value.name, path: [...path, 'name'] })),
      'two mailboxes are called %s; give this one another name',
    ),
    ...twice(
      mailboxes.map(({ value: { user, host, protocol }, path }) => ({
        name: `${user} at ${host} by ${protocol}`,
        path: [...path, 'user'],
      })),
      '%s is collected twice; remove one of the two mailboxes',
    ),
  ]
}

type Server = Pick<Mailbox, 'host' | 'port' | 'tls' | 'fingerprint'>

const implicitPorts = [465, 993, 995]
const plainPorts = [25, 110, 143, 587]

/** TLS and port belong together; a wrong pair hangs until a timeout, on a line that costs money. */
function server({ port, tls, fingerprint }: Server, path: Path): readonly Finding[] {
  const name = settingAt(path)
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

function smarthostAlone({ host, user, password_file }: Smarthost, path: Path, { hostname, local_domains }: Hub): readonly Finding[] {
  return [
    ...when(
      user !== undefined && password_file === undefined,
      [...path, 'user'],
      `${settingAt(path)}.user: there is no password for it; write password_file = "/etc/dialpost.d/smarthost", too`,
    ),
    ...when(
      user === undefined && password_file !== undefined,
      [...path, 'password_file'],
      `${settingAt(path)}.password_file: whose password is it? write user = "…", too`,
    ),
    ...when(
      host === hostname || local_domains.includes(host),
      [...path, 'host'],
      `${settingAt(path)}.host: ${show(host)} is this hub, and letters would go round in circles; write the ISP's server`,
    ),
  ]
}

function ownership({ name, deliver_to, multidrop }: MailboxConfig, path: Path): readonly Finding[] {
  const either = `write either deliver_to = "a user", or a table [${settingAt(path)}.multidrop]`
  return [
    ...when(
      deliver_to === undefined && multidrop === undefined,
      path,
      `${settingAt(path)}: nothing says whose letters ${show(name)} holds; ${either}`,
    ),
    ...when(
      deliver_to !== undefined && multidrop !== undefined,
      [...path, 'deliver_to'],
      `${settingAt(path)}.deliver_to: ${show(name)} is single-drop and multidrop at once; ${either}`,
    ),
  ]
}
