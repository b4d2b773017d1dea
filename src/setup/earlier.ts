/** What has been answered already, as the settings folder tells it: so that whoever runs setup again changes one thing and keeps the rest. Pure. */
import type { Config, Mailbox, MailboxConfig, Smarthost } from '../config/config.ts'
import { basename } from 'node:path'
import { ispPasswordFile, parseBox } from './box.ts'
import { personsOf } from './checks.ts'
import { type Folder, textOf } from './folder.ts'
import { type Answers, none } from './question.ts'
import { readersFile, readersIn } from './readers.ts'
import { formatIp, parseIp } from '../ip.ts'

/** `config` is what the half that setup writes says, however wrong; none of what is there: no answers. */
export function earlierAnswers(folder: Folder, config: Config | undefined): Answers {
  const box = parseBox(textOf(folder, 'box') ?? '')
  const fromBox: readonly Pair[] = [
    ['hostname', box.HOSTNAME],
    ['lan', box.LAN_ADDRESS],
    ['dhcp', box.LAN_DHCP],
    ['isp.user', box.ISP_USER],
    ['isp.password', password(folder, box.ISP_PASSWORD_FILE ?? ispPasswordFile)],
    ['people', box.PEOPLE],
    ['zone', textOf(folder, 'box') === undefined ? undefined : (box.TIMEZONE ?? none)],
  ]
  const people = personsOf(box.PEOPLE ?? '').map(({ name }) => name)
  const pairs = [...(config ? fromConfig(config, folder) : []), ...fromBox, ...readersIn(textOf(folder, readersFile) ?? '', people)]
  return new Map(pairs.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const])))
}

type Pair = readonly [name: string, value: string | undefined]

function fromConfig(config: Config, folder: Folder): readonly Pair[] {
  const { modem } = config.link
  const [smarthost] = config.smarthost
  return [
    ['hostname', config.hostname],
    ['modem', modem?.tty],
    ['speed', modem && String(modem.speed)],
    ['numbers', modem?.numbers?.join('; ')],
    ['smarthost', smarthost && serverOf(smarthost, 25)],
    ['smarthost.user', smarthost && (smarthost.user ?? none)],
    ['smarthost.password', passwordAt(folder, smarthost?.password_file)],
    ['appearance', appearance(config)],
    ['postmaster', config.postmaster],
    ['boxes', String(Math.min(9, config.mailbox.length))],
    ...config.mailbox.slice(0, 9).flatMap((one, at) => fromMailbox(one, `box.${at + 1}`, folder)),
    ['time', config.time.servers[0] ? serverOf(config.time.servers[0], 123) : none],
  ]
}

function fromMailbox(mailbox: MailboxConfig, at: string, folder: Folder): readonly Pair[] {
  return [
    [`${at}.host`, serverOf(mailbox, 110)],
    [`${at}.user`, mailbox.user],
    [`${at}.password`, passwordAt(folder, mailbox.password_file)],
    [`${at}.whose`, mailbox.deliver_to ?? mailbox.multidrop?.domains[0]],
  ]
}

function appearance({ masquerade }: Config): string {
  if (!masquerade) return none
  const [shared] = masquerade.users.values()
  return shared ?? masquerade.as
}

/** A host that is wrong in the file is not there. */
function serverOf({ host, port }: Partial<Pick<Smarthost | Mailbox, 'host' | 'port'>>, usualPort: number): string | undefined {
  if (host === undefined || port === usualPort) return host
  return `${host.includes(':') ? `[${formatIp(parseIp(host) ?? [])}]` : host}:${port}`
}

function passwordAt(folder: Folder, path: string | undefined): string | undefined {
  return path === undefined ? undefined : password(folder, `dialpost.d/${basename(path)}`)
}

function password(folder: Folder, name: string): string | undefined {
  return textOf(folder, name)?.replace(/\r?\n$/, '')
}
