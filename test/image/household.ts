/** What the gateway's owner would have answered at first boot: the settings of its data partition, as files (`/data/settings`). */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { box, type Isp } from '../bench/line/far.ts'
import { outside, people, work } from './people.ts'

export const gatewayAddress = '192.168.1.1'

export type Household = {
  /** The ISP's hosts, and its ports. */
  readonly isp: Isp & { readonly smtpHost?: string; readonly popHost?: string }
  /** More lines of dialpost.toml, beginning with [link]. */
  readonly link?: string
}

/** Lays them out below a folder, with their owners and modes. */
export function layHousehold(folder: string, household: Household): void {
  const settings = join(folder, 'settings')
  for (const [name, content] of Object.entries(filesOf(household))) {
    const path = join(settings, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    chmodSync(path, name.startsWith('dialpost.d/') ? 0o600 : 0o644)
    chownToDaemon(path)
  }
  for (const path of [settings, join(settings, 'dialpost.d')]) {
    chmodSync(path, 0o700)
    chownToDaemon(path)
  }
}

/** Gives these to the daemon's user, by its number on the device. */
export function chownToDaemon(...paths: readonly string[]): void {
  for (const path of paths) chownSync(path, 100, 100)
}

const filesOf = (household: Household): Readonly<Record<string, string>> => ({
  'dialpost.toml': toml(household),
  'dialpost.d/isp': `${box.password}\n`,
  'dialpost.d/shofar': `${box.password}\n`,
  'dialpost.d/work': `${work.password}\n`,
  aliases: 'family: eddy, keith\nroot: eddy\n',
  box: [
    'HOSTNAME=moriah.shire.lan',
    `LAN_ADDRESS=${gatewayAddress}/24`,
    'LAN_DHCP=no',
    `ISP_USER=${box.user}`,
    'ISP_PASSWORD_FILE=dialpost.d/isp',
    `PEOPLE=${Object.entries(people)
      .map(([name, uid]) => `${name}:${uid}`)
      .join(' ')}`,
    '',
  ].join('\n'),
})

/** Dials by itself only for what is told to be urgent: when a call is worth its money is shown elsewhere. */
export const dials = `
[call]
poll_every = "60m"
idle = "5s"
timetable = ["04:00"]
[link]
mode = "dial"
[link.modem]
tty = "/dev/ttyS1"
numbers = ["0845 1234567", "0845 7654321"]
peer = "isp"
`

const toml = ({ isp, link = dials }: Household): string => `
hostname = "moriah.shire.lan"
local_domains = ["moriah", "shire.lan", "moriah.shire.lan", "herring.shire.lan"]
postmaster = "eddy"
users = ["eddy", "keith"]
[console]
tty = "/dev/ttyS0"
[accept]
listen = ["127.0.0.1:25", "${gatewayAddress}:25"]
networks = ["127.0.0.0/8", "192.168.1.0/24"]
[[smarthost]]
host = "${isp.smtpHost ?? 'smtp.isp.example'}"
port = ${isp.smtp}
tls = "off"
[masquerade]
as = "${outside.domain}"
domains = ["shire.lan", "moriah"]
subdomains = true
recipients = true
envelope = true
[masquerade.users]
eddy = "${outside.eddy}"
[[mailbox]]
name = "work"
host = "${isp.popHost ?? 'pop.isp.example'}"
port = ${isp.pop3}
tls = "off"
user = "${work.user}"
password_file = "/etc/dialpost.d/work"
deliver_to = "eddy"
[[mailbox]]
name = "shofar"
host = "${isp.popHost ?? 'pop.isp.example'}"
port = ${isp.pop3}
tls = "off"
user = "${box.user}"
password_file = "/etc/dialpost.d/shofar"
[mailbox.multidrop]
domains = ["${outside.domain}"]
envelope_header = "X-Envelope-To"
users = { eddy = "eddy", keith = "keith", nelug = "family" }
${link}`
