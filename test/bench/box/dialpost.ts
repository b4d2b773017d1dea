/** dialpost as it is shipped, its line down; letters for somebody here it delivers at once. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, greeted } from '../../peer/port.ts'
import type { Contender, Ground, Server } from './contender.ts'
import { metered } from './cost.ts'
import { numberOf } from './drive.ts'

export const dialpost: Contender = { name: 'dialpost', durable: true, start: (ground) => startDialpost(ground, nobody) }

/** A port where nobody listens (discard). */
const nobody = 9

const program = join(import.meta.dirname, '../../../dist/dialpost')

/** On what a former life left there, if one did. */
export async function startDialpost({ folder, spool, mail }: Ground, smarthost: number): Promise<Server & { readonly pid: number }> {
  const port = await freePort()
  await mkdir(join(folder, 'run'), { recursive: true })
  const settings = join(folder, 'dialpost.toml')
  await writeFile(settings, toml({ folder, spool, mail, port, smarthost }))
  const log = openSync(join(folder, 'log'), 'a')
  const { started: child, meter } = metered(() =>
    spawn('setpriv', ['--pdeathsig', 'KILL', program, 'serve', '-C', settings], { stdio: ['ignore', log, log] }),
  )
  closeSync(log)
  const said = (): string => readFileSync(join(folder, 'log'), 'utf8')
  await greeted(port, child, said)
  return {
    port,
    meter,
    pid: child.pid ?? 0,
    queued: (whom) => queued(settings, whom),
    mbox: join(mail, 'eddy'),
    log: said,
    async stop() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

async function queued(settings: string, whom: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)(program, ['queue', '--json', '-C', settings], { maxBuffer: 2 ** 28 })
  return stdout.split('\n').flatMap((line) => numberOf(line, whom) ?? [])
}

const toml = ({ folder, spool, mail, port, smarthost }: Ground & { readonly port: number; readonly smarthost: number }): string => `
hostname = "hub.shire.lan"
local_domains = ["shire.lan"]
postmaster = "eddy"
users = ["eddy"]
spool = "${spool}"
run = "${folder}/run"
mail_dir = "${mail}"
aliases = []
[accept]
listen = ["127.0.0.1:${port}"]
networks = ["127.0.0.0/8"]
[[smarthost]]
host = "127.0.0.1"
port = ${smarthost}
tls = "off"
[link]
mode = "hooks"
[log]
syslog = false
`
