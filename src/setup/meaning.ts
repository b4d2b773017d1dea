/** What answers mean as settings: of a name its domains, of a port how it is to be spoken to. Pure. */
import type { MailboxConfig, Smarthost, Tls } from '../config/config.ts'
import { formatIp } from '../ip.ts'
import { hostAndPort, lanOf } from './checks.ts'
import { namesOf } from './other-answers.ts'
import { type Answers, answer } from './question.ts'

export function localDomains(hostname: string): readonly string[] {
  const [first = '', ...rest] = hostname.split('.')
  return [...new Set([hostname, first, rest.join('.'), 'localhost'])]
}

/** The box's own, without prefix. */
export function lanAddressOf(answers: Answers): string {
  return formatIp(lanOf(answer(answers, 'lan'))?.octets ?? [])
}

export function smarthostOf(canonical: string): Smarthost {
  const { host, port } = hostAndPort(canonical, 25)
  return { host, port, tls: port === 465 ? 'implicit' : 'opportunistic' }
}

/** Box `number`, from 1. */
export function mailboxOf(number: number, answers: Answers): MailboxConfig {
  const of = (name: string): string => answer(answers, `box.${number}.${name}`)
  const { host, port } = hostAndPort(of('host'), 110)
  const names = namesOf(answers)
  const whose = of('whose')
  const multidrop = { domains: [whose], envelope_skip: 0, users: new Map(names.map((name) => [name, name])) }
  return {
    name: boxName(number),
    protocol: port === 143 || port === 993 ? 'imap' : 'pop3',
    host,
    port,
    tls: implicit(port),
    user: of('user'),
    password_file: '',
    keep: false,
    ...(names.includes(whose) || whose === '' ? { deliver_to: whose } : { multidrop }),
  }
}

/** What commands call it, and its password's file. What has been fetched is remembered by it: it must stay the same. */
export function boxName(number: number): string {
  return `box-${number}`
}

function implicit(port: number): Tls {
  return [465, 993, 995].includes(port) ? 'implicit' : 'opportunistic'
}
