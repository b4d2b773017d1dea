/**
 * The whole daemon, as people start it: `dialpost serve -C FILE` in a process of its own, with its folders, its people's accounts
 * and the ISP's certificate in a mount namespace, so that nothing of the machine is read or written. It dies with the test.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, greeted } from '../peer/port.ts'
import { makeFolder } from '../peer/room.ts'

export type DaemonOptions = {
  /** TOML, tables only: smarthosts, mailboxes, masquerading. `PASSWORDS` stands for the folder of password files. */
  readonly settings: string
  /** Local users; the first is the postmaster. */
  readonly people?: readonly string[]
  /** PEM files of the authorities that it trusts. */
  readonly authorities?: readonly string[]
  /** Lines of /etc/aliases. */
  readonly aliases?: string
  /** Passwords by file name; settings name them `PASSWORDS/name`. */
  readonly passwords?: Readonly<Record<string, string>>
  /** A folder on another disk, for spool and mailboxes. */
  readonly data?: string
  /** Minutes of `poll_every`; default 60, so that a test's calls are its own. */
  readonly pollEvery?: number
}

export type Daemon = {
  /** The LAN's door. */
  readonly port: number
  readonly pid: () => number
  readonly folder: string
  /** What ip-up and ip-down write. */
  readonly lineUp: () => void
  readonly lineDown: () => void
  /** A person's user and group numbers for the mail spool, `1001:8`. */
  readonly owner: (user: string) => string
  /** A person's mbox, empty when there is none. */
  readonly mbox: (user: string) => Promise<Buffer>
  /** Runs a command, such as `['queue', '--json']`. */
  readonly command: (...words: readonly string[]) => Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
  /** Everything it has logged. */
  readonly log: () => string
  /** kill -9, or as init does; resolves when it is gone. */
  readonly kill: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>
  /** After `kill`, on the same folders. */
  readonly restart: () => Promise<void>
  /** Ends it as init does, and removes everything. */
  readonly stop: () => Promise<void>
}

/** The sources; or the executable that DIALPOST names, for the same journeys with what is shipped. */
const program: readonly string[] = process.env['DIALPOST']?.split(' ') ?? [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  join(import.meta.dirname, '../../src/main.ts'),
]
const mailGroup = 8
const firstPerson = 1001
const usualPeople = ['eddy', 'keith', 'nelug', 'root']

const idOf = (user: string, people: readonly string[] = usualPeople): number => (user === 'root' ? 0 : firstPerson + people.indexOf(user))

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const folder = await makeFolder()
  const port = await freePort()
  await layOut(folder.path, port, options)
  const log = join(folder.path, 'log')
  let daemon = await serve(folder.path, log, port)
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return
    const gone = once(daemon, 'exit')
    daemon.kill(signal)
    await gone
  }
  const tell = (line: string): void => appendFileSync(join(folder.path, 'run/hook'), `${line}\n`)
  return {
    port,
    folder: folder.path,
    pid: () => daemon.pid ?? 0,
    lineUp: () => tell('up ppp0 /dev/ttyS1 33600 10.0.0.2 10.0.0.1 isp'),
    lineDown: () => tell('down ppp0 /dev/ttyS1 33600 10.0.0.2 10.0.0.1 isp'),
    owner: (user) => `${idOf(user, options.people)}:${mailGroup}`,
    mbox: (user) => readFile(join(folder.path, 'mail', user)).catch(() => Buffer.alloc(0)),
    command: (...words) => ask(folder.path, words),
    log: () => readFileSync(log, 'utf8'),
    kill: (signal = 'SIGKILL') => end(signal),
    async restart() {
      daemon = await serve(folder.path, log, port)
    },
    async stop() {
      await end('SIGTERM')
      await folder.remove()
    },
  }
}

/** Looks `every` so many milliseconds until it holds; rejects after `patience` milliseconds with what `describe` says. */
export async function until(holds: () => boolean | Promise<boolean>, describe: () => string, patience = 30_000, every = 50): Promise<void> {
  const deadline = Date.now() + patience
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(describe())
    await delay(every)
  }
}

async function layOut(folder: string, port: number, options: DaemonOptions): Promise<void> {
  const { settings, people = usualPeople, authorities = [], aliases = '', passwords = {}, pollEvery = 60, data } = options
  for (const name of ['run', 'home', 'passwords']) await mkdir(join(folder, name))
  for (const name of ['spool', 'mail']) {
    await mkdir(join(data ?? folder, name))
    if (data !== undefined) await symlink(join(data, name), join(folder, name))
  }
  await chown(join(folder, 'mail'), 0, mailGroup)
  await chmod(join(folder, 'mail'), 0o2775)
  const rows = people.map((name) => ({ name, id: idOf(name, people) }))
  for (const { name, id } of rows) {
    await mkdir(join(folder, 'home', name))
    await chown(join(folder, 'home', name), id, id)
  }
  const root = rows.some(({ id }) => id === 0) ? [] : [{ name: 'root', id: 0 }]
  const everybody = [...root, ...rows]
  await writeFile(
    join(folder, 'passwd'),
    everybody.map(({ name, id }) => `${name}:x:${id}:${id}::${folder}/home/${name}:/bin/sh\n`).join(''),
  )
  await writeFile(join(folder, 'group'), `mail:x:${mailGroup}:\n${everybody.map(({ name, id }) => `${name}:x:${id}:\n`).join('')}`)
  await writeFile(join(folder, 'aliases'), aliases)
  for (const [name, password] of Object.entries(passwords))
    await writeFile(join(folder, 'passwords', name), `${password}\n`, { mode: 0o600 })
  const known = await Promise.all(authorities.map((file) => readFile(file)))
  await writeFile(join(folder, 'authorities.pem'), Buffer.concat(known))
  const toml = usual({ folder, port, people, pollEvery }) + settings.replaceAll('PASSWORDS', join(folder, 'passwords'))
  await writeFile(join(folder, 'dialpost.toml'), toml)
}

const usual = ({
  folder,
  port,
  people,
  pollEvery,
}: {
  folder: string
  port: number
  people: readonly string[]
  pollEvery: number
}): string => `
hostname = "moriah.shire.lan"
local_domains = ["moriah", "shire.lan"]
postmaster = "${people[0]}"
users = ${JSON.stringify(people)}
spool = "${folder}/spool"
run = "${folder}/run"
mail_dir = "${folder}/mail"
aliases = ["${folder}/aliases"]

[accept]
listen = ["127.0.0.1:${port}"]
networks = ["127.0.0.0/8"]

[link]
mode = "hooks"

[call]
poll_every = "${pollEvery}m"

[log]
syslog = false
level = "debug"
`

/** Becomes the command in a namespace where the accounts of the machine are those of the folder; its pid stays. */
const furnish = `
folder=$1; shift
mount --make-rprivate /
mount --bind "$folder/passwd" /etc/passwd
mount --bind "$folder/group" /etc/group
exec "$@"
`

function command(folder: string, words: readonly string[]): readonly string[] {
  const inside = ['unshare', '--mount', 'sh', '-euc', furnish, 'daemon', folder]
  return ['--pdeathsig', 'KILL', ...inside, ...program, ...words, '-C', join(folder, 'dialpost.toml')]
}

function environment(folder: string): NodeJS.ProcessEnv {
  const authorities = join(folder, 'authorities.pem')
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SSL_CERT_FILE: authorities, NODE_EXTRA_CA_CERTS: authorities }
}

async function serve(folder: string, logFile: string, port: number): Promise<ChildProcess> {
  const log = openSync(logFile, 'a')
  const child = spawn('setpriv', command(folder, ['serve']), { stdio: ['ignore', log, log], env: environment(folder) })
  closeSync(log)
  await greeted(port, child, () => readFileSync(logFile, 'utf8'))
  return child
}

async function ask(folder: string, words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn('setpriv', command(folder, words), { stdio: ['ignore', 'pipe', 'pipe'], env: environment(folder) })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}
