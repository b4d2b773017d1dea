/**
 * What people and operators do at the near machine, inside it, with dist/dialpost as it is shipped, its user and its folders as a device has them.
 *   node gateway.ts FIFO
 * One process for all that is done there (gateway-orders.ts): in an emulated machine, to start Node takes seconds. Lines in the FIFO are a number
 * and a list of words as JSON; what comes of them goes into the FIFO-NUMBER, after a line with 0, or 1 and what went wrong:
 *   start MODE PORTS            starts the daemon with that `link.mode`; PORTS: the ISP's, as JSON
 *   submit CORPUS SHARE SEED    the LAN hands it these letters
 *   ask COMMAND...              what the daemon says to a command
 *   line KIND                   waits until the line is that; the daemon's status as JSON
 *   settle COUNT FOLDER         waits until nothing is left to send and COUNT letters are in root's mbox; lays them into FOLDER, and says the
 *                               seconds since ip-up said that the line is up, or - where it is down again
 */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, createReadStream, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { askDaemon } from '../../src/console/control.ts'
import type { Status } from '../../src/console/house.ts'
import { submit } from '../../src/demo/client.ts'
import { corpus, type CorpusName } from '../bench/line/corpus.ts'
import { box, type Isp } from '../bench/line/far.ts'
import { readMbox } from '../peer/mbox.ts'
import { greeted } from '../peer/port.ts'
import { asDialpost, dialpost } from './device.ts'

const program = join(import.meta.dirname, '../../dist/dialpost')
const log = '/share/dialpost.log'
const mbox = '/var/mail/root'

async function start(mode = '', ports = ''): Promise<string> {
  writeFileSync('/etc/dialpost.d/box', `${box.password}\n`, { mode: 0o600 })
  chownSync('/etc/dialpost.d/box', dialpost.uid, dialpost.gid)
  writeFileSync('/etc/dialpost.toml', `${settings(JSON.parse(ports) as Isp)}${links[mode as keyof typeof links]}`)
  const file = openSync(log, 'a')
  const daemon = spawn(asDialpost, [program, 'serve'], { stdio: ['ignore', file, file], detached: true })
  await greeted(25, daemon, () => readFileSync(log, 'utf8'))
  return ''
}

async function handIn(name = '', share = '', seed = ''): Promise<string> {
  for (const { octets } of corpus(name as CorpusName, Number(seed), Number(share)))
    await submit(25, 'frodo@shire.example', ['sam@far.example'], octets.toString('latin1').replace(/\r\n$/, ''))
  return ''
}

async function settle(count: number, folder: string): Promise<number | '-'> {
  while (await busy(count)) await delay(500)
  const line = statSync('/run/dialpost/line', { throwIfNoEntry: false })
  const seconds = line ? (Date.now() - line.mtimeMs) / 1000 : '-'
  mkdirSync(folder, { recursive: true })
  for (const [at, { octets }] of readMbox(readFileSync(mbox)).entries()) writeFileSync(join(folder, `${at}`), octets)
  return seconds
}

async function busy(count: number): Promise<boolean> {
  const here = existsSync(mbox) ? readFileSync(mbox, 'latin1').split(/^From /m).length - 1 : 0
  if (here < count || (await ask('queue', '--json')).length > 0) return true
  return (await status()).boxes.some((one) => one.busy)
}

async function lineIs(kind: string): Promise<Status> {
  for (;;) {
    const now = await status()
    if (now.line.kind === kind) return now
    await delay(1000)
  }
}

async function status(): Promise<Status> {
  return JSON.parse((await ask('status', '--json'))[0] ?? '') as Status
}

async function ask(...words: readonly string[]): Promise<readonly string[]> {
  const said: string[] = []
  const signal = AbortSignal.timeout(120_000)
  const voice = { say: (text: string) => void said.push(text), complain: () => {}, ask: async () => false, signal }
  await askDaemon('/run/dialpost/control', words, voice)
  return said
}

const settings = ({ smtp, pop3 }: Isp): string => `
hostname = "moriah.shire.lan"
local_domains = ["moriah.shire.lan"]
postmaster = "root"
users = ["root"]
aliases = []
[accept]
listen = ["127.0.0.1:25"]
networks = ["127.0.0.0/8"]
[[smarthost]]
host = "smtp.isp.example"
port = ${smtp}
tls = "off"
[[mailbox]]
name = "shofar"
host = "pop.isp.example"
port = ${pop3}
tls = "off"
user = "${box.user}"
password_file = "/etc/dialpost.d/box"
deliver_to = "root"
[call]
poll_every = "60m"
[log]
syslog = false
`

/** How the line is had: somebody else starts pppd, or dialpost dials, by either of two numbers. */
const links = {
  hooks: `
[link]
mode = "hooks"
`,
  dial: `
[link]
mode = "dial"
[link.modem]
tty = "/dev/ttyS1"
numbers = ["0845 1234567", "0845 7654321"]
peer = "isp"
# All the calls of a test file are within one hour.
attempts = 60
`,
} as const

const deeds: Readonly<Record<string, (...words: readonly string[]) => Promise<string>>> = {
  start,
  submit: handIn,
  ask: async (...words) => `${(await ask(...words)).join('\n')}\n`,
  line: async (kind = '') => JSON.stringify(await lineIs(kind)),
  settle: async (count, folder = '') => `${await settle(Number(count), folder)}`,
}

async function obey(answer: string, [name = '', ...words]: readonly string[]): Promise<void> {
  const deed = deeds[name]
  const said = deed
    ? await deed(...words).then(
        (words) => `0\n${words}`,
        (cause: unknown) => `1\n${inspect(cause)}`,
      )
    : `1\nthere is no ${name}`
  await writeFile(answer, said)
}

const [fifo = ''] = process.argv.slice(2)
execFileSync('mkfifo', [fifo])
// Open for writing too: it does not end with whoever wrote a line.
for await (const line of createInterface({ input: createReadStream(fifo, { flags: 'r+' }) })) {
  const [, number, words = ''] = /^(\d+) (.*)/.exec(line) ?? []
  void obey(`${fifo}-${number}`, JSON.parse(words) as readonly string[])
}
