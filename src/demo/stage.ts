/**
 * Everything the demo plays on: a folder with settings, passwords and mailboxes, the pretend ISP with its modem line, and the daemon
 * between. Listens on loopback only; the folder is thrown away at the end unless it is to be kept.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { type Modem, pretendModem } from './modem.ts'
import { type Pop3Server, pretendPop3 } from './pop3d.ts'

export type Received = { readonly from: string; readonly to: readonly string[]; readonly octets: number; readonly header: string }

/** The pretend smarthost; main.ts makes it of our own SMTP door. */
export type StartSmarthost = (received: (letter: Received) => void) => Promise<{ readonly port: number; close(): Promise<void> }>

export interface Stage {
  readonly folder: string
  readonly settings: string
  readonly modem: Modem
  readonly pop3: Pop3Server
  /** What the smarthost has been given, in order. */
  readonly received: readonly Received[]
  /** What ip-up and ip-down would write to the daemon's FIFO. */
  hook(line: string): void
  /** Subjects in a person's mbox. */
  mbox(user: string): readonly string[]
  readonly users: readonly string[]
  /** Accounts of the demo's people, all of them whoever runs it. */
  readonly passwd: string
  close(): Promise<void>
}

/** A modem of 1996. */
export const bitsPerSecond = 33_600
const latency = 60

const users = ['eddy', 'keith', 'root']

export async function setStage(startSmarthost: StartSmarthost): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-demo-'))
  const received: Received[] = []
  const smarthost = await startSmarthost((letter) => received.push(letter))
  const pop3 = await pretendPop3(
    new Map([
      ['eddyy', 'sesame'],
      ['shofar', 'walls'],
    ]),
  )
  const modem = pretendModem({ bitsPerSecond, latency })
  for (const name of ['mail', 'spool', 'run', 'secrets']) mkdirSync(join(folder, name))
  const secretFile = (name: string, password: string): string => {
    const file = join(folder, 'secrets', name)
    writeFileSync(file, `${password}\n`)
    chmodSync(file, 0o600)
    return file
  }
  const passwd = join(folder, 'passwd')
  const { uid, gid } = userInfo()
  writeFileSync(passwd, users.map((user) => `${user}:x:${uid}:${gid}::/nonexistent:/bin/false\n`).join(''))
  const settings = join(folder, 'dialpost.toml')
  writeFileSync(
    settings,
    settingsText({
      folder,
      smarthost: await modem.through(smarthost.port),
      pop3: await modem.through(pop3.port),
      work: secretFile('work', 'sesame'),
      shofar: secretFile('shofar', 'walls'),
    }),
  )
  return {
    folder,
    settings,
    modem,
    pop3,
    received,
    users,
    passwd,
    hook: (line) => writeFileSync(join(folder, 'run', 'hook'), `${line}\n`),
    mbox: (user) => subjects(join(folder, 'mail'), user),
    async close() {
      await modem.close()
      await Promise.all([pop3.close(), smarthost.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function settingsText(at: { folder: string; smarthost: number; pop3: number; work: string; shofar: string }): string {
  return `hostname = "moriah.shire.lan"
local_domains = ["moriah", "shire.lan", "moriah.shire.lan", "herring.shire.lan"]
postmaster = "root"
users = ["eddy", "keith", "root"]
spool = "${at.folder}/spool"
run = "${at.folder}/run"
mail_dir = "${at.folder}/mail"
aliases = []
forward_files = false

[accept]
listen = ["127.0.0.1:0"]
networks = ["127.0.0.0/8"]

[[smarthost]]
host = "127.0.0.1"
port = ${at.smarthost}
tls = "off"

[masquerade]
as = "shofar.isp-b.example"
domains = ["shire.lan", "moriah"]
subdomains = true
recipients = true
envelope = true
[masquerade.users]
eddy = "eddy.younger@isp-a.example"

[[mailbox]]
name = "work"
host = "127.0.0.1"
port = ${at.pop3}
tls = "off"
user = "eddyy"
password_file = "${at.work}"
deliver_to = "eddy"

[[mailbox]]
name = "shofar"
host = "127.0.0.1"
port = ${at.pop3}
tls = "off"
user = "shofar"
password_file = "${at.shofar}"
[mailbox.multidrop]
domains = ["shofar.isp-b.example"]
users = { nelug = "eddy", keith = "keith", root = "root" }

[link]
mode = "hooks"

[log]
syslog = false
`
}

function subjects(folder: string, user: string): readonly string[] {
  if (!readdirSync(folder).includes(user)) return []
  return [...readFileSync(join(folder, user), 'latin1').matchAll(/^From [^\n]*\n(?:[^\n]+\n)*?Subject: ([^\n]*)/gm)].map(
    (found) => found[1] ?? '',
  )
}
