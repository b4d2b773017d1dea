/** dialpost.toml from the answers: what differs from the defaults, table by table. Pure. */
import { formatIp } from '../ip.ts'
import { lanOf } from './checks.ts'
import { lanAddressOf, localDomains, mailboxOf, smarthostOf } from './meaning.ts'
import { namesOf } from './other-answers.ts'
import { type Answers, answer, type Facts, none } from './question.ts'
import { inlineTable, list, quoted } from './toml.ts'

/** By what path the settings name a file of the folder. */
export type PathOf = (name: string) => string

export function dialpostToml(answers: Answers, facts: Facts, pathOf: PathOf): string {
  const boxes = Array.from({ length: Number(answer(answers, 'boxes')) }, (_, at) => at + 1)
  const parts = [
    hub(answers, pathOf),
    accept(answers, pathOf),
    // Only root can run programs as those who want them.
    facts.root ? '' : '[deliver]\nprograms = false\n',
    smarthost(answers, pathOf),
    masquerade(answers),
    ...boxes.map((number) => mailbox(number, answers, pathOf)),
    modem(answers),
    facts.console ? `[console]\ntty = ${quoted(facts.console.tty)}\nspeed = ${facts.console.speed}\n` : '',
    answer(answers, 'time') === none ? '' : `[time]\nservers = ${list([answer(answers, 'time')])}\n`,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function hub(answers: Answers, pathOf: PathOf): string {
  const hostname = answer(answers, 'hostname')
  return `hostname = ${quoted(hostname)}
local_domains = ${list(localDomains(hostname))}
users = ${list(namesOf(answers))}
postmaster = ${quoted(answer(answers, 'postmaster'))}
aliases = ${list([pathOf('aliases')])}
`
}

function accept(answers: Answers, pathOf: PathOf): string {
  const network = lanOf(answer(answers, 'lan'))?.network
  const lan = network ? `${formatIp(network.octets)}/${network.bits}` : ''
  const pem = quoted(pathOf('dialpost.d/lan.pem'))
  return `[accept]
listen = ${list(['127.0.0.1:25', `${lanAddressOf(answers)}:25`])}
networks = ${list(['127.0.0.0/8', '::1/128', lan])}
[accept.tls]
certificate = ${pem}
key = ${pem}
`
}

function smarthost(answers: Answers, pathOf: PathOf): string {
  const { host, port, tls } = smarthostOf(answer(answers, 'smarthost'))
  const user = answer(answers, 'smarthost.user')
  const login = user === none ? '' : `user = ${quoted(user)}\npassword_file = ${quoted(pathOf('dialpost.d/smarthost'))}\n`
  return `[[smarthost]]\nhost = ${quoted(host)}\n${unusual(port, 25, tls)}${login}`
}

/** Where all share one address, it is the mail's of this box itself, too. */
function masquerade(answers: Answers): string {
  const seen = answer(answers, 'appearance')
  if (seen === none) return ''
  const at = seen.lastIndexOf('@')
  const names = [...namesOf(answers), 'root']
  const users = at < 0 ? '' : `users = ${inlineTable(names.map((name) => [name, seen]))}\n`
  return `[masquerade]\nas = ${quoted(seen.slice(at + 1))}\nsubdomains = true\nrecipients = true\n${users}`
}

function mailbox(number: number, answers: Answers, pathOf: PathOf): string {
  const { name, protocol, host, port, tls, user, deliver_to, multidrop } = mailboxOf(number, answers)
  const whose = multidrop
    ? `[mailbox.multidrop]\ndomains = ${list(multidrop.domains)}\nusers = ${inlineTable([...multidrop.users])}\n`
    : `deliver_to = ${quoted(deliver_to ?? '')}\n`
  return `[[mailbox]]
name = ${quoted(name)}
${protocol === 'imap' ? 'protocol = "imap"\n' : ''}host = ${quoted(host)}
${unusual(port, protocol === 'imap' ? 143 : 110, tls)}user = ${quoted(user)}
password_file = ${quoted(pathOf(`dialpost.d/${name}`))}
${whose}`
}

/** What need not be said is not. */
function unusual(port: number, usual: number, tls: string): string {
  return `${port === usual ? '' : `port = ${port}\n`}${tls === 'opportunistic' ? '' : `tls = "${tls}"\n`}`
}

function modem(answers: Answers): string {
  return `[link]
mode = "dial"
[link.modem]
tty = ${quoted(answer(answers, 'modem'))}
speed = ${answer(answers, 'speed')}
numbers = ${list(answer(answers, 'numbers').split('; '))}
`
}
