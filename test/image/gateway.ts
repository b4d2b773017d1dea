/**
 * What people and operators do at the near machine, inside it, with dist/dialpost as it is shipped and its folders where a device has them:
 *   node gateway.ts prepare CORPUS SHARE PORTS     starts the daemon, and has the LAN hand it the corpus; PORTS: the ISP's, as JSON
 *   node gateway.ts settle COUNT FOLDER            waits until nothing is left to send and COUNT letters are in root's mbox; lays them into FOLDER,
 *                                                  and prints the seconds since ip-up said that the line is up
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { askDaemon } from '../../src/console/control.ts'
import type { Status } from '../../src/console/house.ts'
import { submit } from '../../src/demo/client.ts'
import { corpus, type CorpusName } from '../bench/line/corpus.ts'
import { box, type Isp, outwardSeed } from '../bench/line/far.ts'
import { readMbox } from '../peer/mbox.ts'
import { greeted } from '../peer/port.ts'
import { addresses } from './addresses.ts'

const program = join(import.meta.dirname, '../../dist/dialpost')
const log = '/share/dialpost.log'
const mbox = '/var/mail/root'

async function prepare([name = '', share = '', ports = '']: readonly string[]): Promise<void> {
  for (const folder of ['/etc/dialpost.d', '/var/spool/dialpost', '/var/mail']) mkdirSync(folder, { recursive: true })
  writeFileSync('/etc/dialpost.d/box', `${box.password}\n`, { mode: 0o600 })
  writeFileSync('/etc/dialpost.toml', settings(JSON.parse(ports) as Isp))
  const file = openSync(log, 'a')
  const daemon = spawn(program, ['serve'], { stdio: ['ignore', file, file], detached: true })
  await greeted(25, daemon, () => readFileSync(log, 'utf8'))
  for (const { octets } of corpus(name as CorpusName, outwardSeed, Number(share)))
    await submit(25, 'frodo@shire.example', ['sam@far.example'], octets.toString('latin1').replace(/\r\n$/, ''))
}

async function settle(count: number, folder: string): Promise<number> {
  while (await busy(count)) await delay(200)
  const seconds = (Date.now() - statSync('/run/dialpost/line').mtimeMs) / 1000
  mkdirSync(folder, { recursive: true })
  for (const [at, { octets }] of readMbox(readFileSync(mbox)).entries()) writeFileSync(join(folder, `${at}`), octets)
  return seconds
}

async function busy(count: number): Promise<boolean> {
  const here = existsSync(mbox) ? readFileSync(mbox, 'latin1').split(/^From /m).length - 1 : 0
  if (here < count || (await ask('queue', '--json')).length > 0) return true
  const { boxes } = JSON.parse((await ask('status', '--json'))[0] ?? '') as Status
  return boxes.some((one) => one.busy)
}

async function ask(...words: readonly string[]): Promise<readonly string[]> {
  const said: string[] = []
  const signal = AbortSignal.timeout(20_000)
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
host = "${addresses.world}"
port = ${smtp}
tls = "off"
[[mailbox]]
name = "shofar"
host = "${addresses.world}"
port = ${pop3}
tls = "off"
user = "${box.user}"
password_file = "/etc/dialpost.d/box"
deliver_to = "root"
[link]
mode = "hooks"
[call]
poll_every = "60m"
[log]
syslog = false
`

const [command, ...words] = process.argv.slice(2)
if (command === 'prepare') await prepare(words)
else process.stdout.write(`${await settle(Number(words[0]), words[1] ?? '')}\n`)
process.exit()
