/**
 * A hub's folder for one test: settings, passwords, people, spool and mailboxes in a place of their own. Looks into it from outside, as
 * people do: mboxes, the control socket, the FIFO of ip-up. Who runs the daemon on it, and when it dies, is the test's business.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { askDaemon } from '../../src/console/control.ts'
import type { QueuedLetter, Status } from '../../src/console/house.ts'
import { type Kept, readMbox } from '../peer/mbox.ts'

export const people: readonly string[] = ['eddy', 'keith', 'root']

export type HubOptions = {
  /** TOML tables behind the usual ones; PASSWORDS stands for the folder of password files. */
  readonly tables: string
  /** Lines of /etc/aliases. */
  readonly aliases?: string
}

export type Said = { readonly code: number; readonly said: readonly string[]; readonly complained: readonly string[] }

export type Hub = {
  readonly folder: string
  readonly settings: string
  readonly passwd: string
  mbox(user: string): readonly Kept[]
  /** Asks the running daemon; rejects if none answers. */
  command(...words: readonly string[]): Promise<Said>
  queue(): Promise<readonly QueuedLetter[]>
  status(): Promise<Status>
  /** What ip-up and ip-down write. Throws if nobody listens. */
  lineUp(nameservers?: string): void
  lineDown(): void
  /** Names below the folder, such as `mail`. */
  files(name: string): readonly string[]
  remove(): void
}

const passwords = { eddyy: 'sesame', shofar: 'walls', office: 'gate', smarthost: 'trumpet' } as const

/** User → password at the ISP's POP3 server. */
export const boxPasswords: ReadonlyMap<string, string> = new Map([
  ['eddyy', passwords.eddyy],
  ['shofar', passwords.shofar],
  ['office', passwords.office],
])

export function makeHub({ tables, aliases = '' }: HubOptions): Hub {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-hub-'))
  const at = (...names: readonly string[]): string => join(folder, ...names)
  for (const name of ['mail', 'spool', 'run', 'home', 'passwords', ...people.map((user) => join('home', user))]) mkdirSync(at(name))
  for (const [name, password] of Object.entries(passwords)) writeFileSync(at('passwords', name), `${password}\n`, { mode: 0o600 })
  const { uid, gid } = userInfo()
  writeFileSync(at('passwd'), people.map((user) => `${user}:x:${uid}:${gid}::${at('home', user)}:/bin/sh\n`).join(''))
  writeFileSync(at('aliases'), aliases)
  writeFileSync(at('dialpost.toml'), usual(folder) + tables.replaceAll('PASSWORDS', at('passwords')))

  const hook = (line: string): void => {
    // Without a reader a blocking open would wait for one.
    const fifo = openSync(at('run', 'hook'), constants.O_WRONLY | constants.O_NONBLOCK)
    writeSync(fifo, `${line}\n`)
    closeSync(fifo)
  }
  const command = async (...words: readonly string[]): Promise<Said> => {
    const [said, complained]: [string[], string[]] = [[], []]
    const voice = { say: push(said), complain: push(complained), ask: async () => false, signal: AbortSignal.timeout(20_000) }
    const code = await askDaemon(at('run', 'control'), words, voice)
    if (code === undefined) throw new Error(`nobody answers: ${words.join(' ')}`)
    return { code, said, complained }
  }
  return {
    folder,
    settings: at('dialpost.toml'),
    passwd: at('passwd'),
    mbox: (user) => (readdirSync(at('mail')).includes(user) ? readMbox(readFileSync(at('mail', user))) : []),
    command,
    queue: async () => (await command('queue', '--json')).said.map((line) => JSON.parse(line) as QueuedLetter),
    status: async () => JSON.parse((await command('status', '--json')).said[0] ?? '') as Status,
    lineUp: (nameservers = '') => hook(`up ppp0 /dev/ttyS1 33600 10.0.0.2 10.0.0.1 isp ${nameservers}`.trim()),
    lineDown: () => hook('down ppp0 /dev/ttyS1 33600 10.0.0.2 10.0.0.1 isp'),
    files: (name) => readdirSync(at(name)).toSorted(),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  }
}

function push(to: string[]): (text: string) => void {
  return (text) => void to.push(text)
}

/** The ISP's smarthost as a settings table. */
export function smarthostTable(port: number, { login = false, host = '127.0.0.1' }: { login?: boolean; host?: string } = {}): string {
  const user = login ? 'user = "shofar"\npassword_file = "PASSWORDS/smarthost"\n' : ''
  return `
[[smarthost]]
host = "${host}"
port = ${port}
tls = "off"
${user}`
}

/** Both boxes: `work` is eddy's alone, `shofar` is everybody's. */
export function boxTables(port: number, { host = '127.0.0.1', limit = '' }: { host?: string; limit?: string } = {}): string {
  const box = (name: string, user: string, rest: string): string => `
[[mailbox]]
name = "${name}"
host = "${host}"
port = ${port}
tls = "off"
user = "${user}"
password_file = "PASSWORDS/${user}"
${limit === '' ? '' : `max_message = "${limit}"\n`}${rest}`
  return (
    box('work', 'eddyy', 'deliver_to = "eddy"\n') +
    box(
      'shofar',
      'shofar',
      '[mailbox.multidrop]\ndomains = ["shofar.isp.example"]\nusers = { nelug = "eddy", keith = "keith", root = "root" }\n',
    )
  )
}

export function imapTable(port: number): string {
  return `
[[mailbox]]
name = "work"
protocol = "imap"
host = "127.0.0.1"
port = ${port}
tls = "off"
user = "eddyy"
password_file = "PASSWORDS/eddyy"
deliver_to = "eddy"
`
}

export const masqueradeTable = `
[masquerade]
as = "shofar.isp.example"
domains = ["shire.lan"]
subdomains = true
recipients = true
envelope = true
[masquerade.users]
eddy = "eddy.younger@isp.example"
`

const usual = (folder: string): string => `hostname = "moriah.shire.lan"
local_domains = ["moriah", "shire.lan"]
postmaster = "root"
users = ${JSON.stringify(people)}
spool = "${folder}/spool"
run = "${folder}/run"
mail_dir = "${folder}/mail"
aliases = ["${folder}/aliases"]

[accept]
listen = ["127.0.0.1:0"]
networks = ["127.0.0.0/8"]

[link]
mode = "hooks"

[call]
poll_every = "60m"

[log]
syslog = false
`
