/** dist/dialpost as it is shipped, told of the line by the line that ip-up writes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { askDaemon } from '../../../../src/console/control.ts'
import type { Status } from '../../../../src/console/house.ts'
import { submit } from '../../../../src/demo/client.ts'
import { readMbox } from '../../../peer/mbox.ts'
import { freePort, greeted } from '../../../peer/port.ts'
import { addresses } from '../emulator.ts'
import { box } from '../far.ts'
import type { Driver, Job } from './driver.ts'

/** Another build can be measured in its place. */
const program = process.env['DIALPOST'] ?? join(import.meta.dirname, '../../../../dist/dialpost')

export function dialpost(job: Job): Driver {
  const { out, waiting, folder } = job
  const at = (name: string): string => join(folder, name)
  let daemon: ChildProcess | undefined
  const mbox = (): Buffer => (existsSync(at('mail/root')) ? readFileSync(at('mail/root')) : Buffer.alloc(0))
  const letters = (): number =>
    mbox()
      .toString('latin1')
      .split(/^From /m).length - 1
  const ask = async (...words: readonly string[]): Promise<readonly string[]> => {
    const said: string[] = []
    const voice = {
      say: (text: string) => void said.push(text),
      complain: () => {},
      ask: async () => false,
      signal: AbortSignal.timeout(20_000),
    }
    await askDaemon(at('run/control'), words, voice)
    return said
  }
  const busy = async (): Promise<boolean> => {
    if (letters() < waiting || (await ask('queue', '--json')).length > 0) return true
    const { boxes } = JSON.parse((await ask('status', '--json'))[0] ?? '') as Status
    return boxes.some((one) => one.busy)
  }
  return {
    async prepare() {
      const port = await freePort()
      for (const name of ['spool', 'run', 'mail']) mkdirSync(at(name))
      writeFileSync(at('password'), `${box.password}\n`, { mode: 0o600 })
      writeFileSync(at('dialpost.toml'), settingsOf(port, job))
      const log = openSync(at('log'), 'a')
      daemon = spawn(program, ['serve', '-C', at('dialpost.toml')], { stdio: ['ignore', log, log] })
      await greeted(port, daemon, () => readFileSync(at('log'), 'utf8'))
      for (const { octets } of out)
        await submit(port, 'frodo@shire.example', ['sam@far.example'], octets.toString('latin1').replace(/\r\n$/, ''))
    },
    async run() {
      writeFileSync(at('run/hook'), `up dial0 /dev/ttyS1 33600 ${addresses.near} ${addresses.far} isp\n`)
      while (await busy()) await delay(200)
    },
    arrived: async () => readMbox(mbox()).map(({ octets }) => octets),
    async stop() {
      if (!daemon || daemon.exitCode !== null) return
      const gone = once(daemon, 'exit')
      daemon.kill()
      await gone
    },
  }
}

const settingsOf = (port: number, { out, waiting, protocol, tls, settings, isp, folder }: Job): string => `
hostname = "moriah.shire.lan"
local_domains = ["moriah.shire.lan"]
postmaster = "root"
users = ["root"]
spool = "${folder}/spool"
run = "${folder}/run"
mail_dir = "${folder}/mail"
aliases = []
[accept]
listen = ["127.0.0.1:${port}"]
networks = ["127.0.0.0/8"]
[link]
mode = "hooks"
[log]
syslog = false
${settings}
${
  out.length === 0
    ? ''
    : `[[smarthost]]
host = "${addresses.far}"
port = ${isp.smtp}
tls = "${tls ? 'opportunistic' : 'off'}"
`
}
${
  waiting === 0
    ? ''
    : `[[mailbox]]
name = "shofar"
protocol = "${protocol}"
host = "${addresses.far}"
port = ${protocol === 'pop3' ? isp.pop3 : isp.imap}
tls = "${tls ? 'opportunistic' : 'off'}"
user = "${box.user}"
password_file = "${folder}/password"
deliver_to = "root"
`
}`
