/**
 * The built executable as a hub for a benchmark: its folders, its settings and its process, and how ready it is. Line up and line
 * down are what ip-up and ip-down write. It listens on loopback, and everything is removed at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../peer/port.ts'

export const program: string = join(import.meta.dirname, '../../dist/dialpost')

export interface Hub {
  /** The LAN's door. */
  readonly port: number
  readonly settings: string
  /** Resolves once it has logged `started` and its door answers. */
  serve(): Promise<ChildProcess>
  /** What a hook says: `up ppp0`. */
  tell(words: string): void
  /** Octets of a person's mbox. */
  mbox(user: string): number
  remove(): void
}

/** Ports of the ISP's two servers. */
export async function makeHub({ smarthost, pop3 }: { readonly smarthost: number; readonly pop3: number }): Promise<Hub> {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-bench-'))
  const port = await freePort()
  const settings = join(folder, 'dialpost.toml')
  for (const name of ['spool', 'run', 'mail']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'secret'), 'p\n', { mode: 0o600 })
  writeFileSync(
    settings,
    `hostname = "hub.shire.lan"
local_domains = ["shire.lan"]
postmaster = "root"
users = ["root"]
spool = "${folder}/spool"
run = "${folder}/run"
mail_dir = "${folder}/mail"
aliases = []
[accept]
listen = ["127.0.0.1:${port}"]
networks = ["127.0.0.0/8"]
max_message = "32MB"
[[smarthost]]
host = "127.0.0.1"
port = ${smarthost}
tls = "off"
[[mailbox]]
name = "box"
host = "127.0.0.1"
port = ${pop3}
tls = "off"
user = "u"
password_file = "${folder}/secret"
deliver_to = "root"
[log]
syslog = false
`,
  )
  return {
    port,
    settings,
    async serve() {
      const child = spawn(program, ['serve', '-C', settings], { stdio: ['ignore', 'pipe', 'inherit'] })
      await said(child, '"started"')
      while (!(await answers(port))) await delay(1)
      child.stdout?.resume()
      return child
    },
    tell: (words) => writeFileSync(join(folder, 'run/hook'), `${words}\n`),
    mbox: (user) => statSync(join(folder, 'mail', user), { throwIfNoEntry: false })?.size ?? 0,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill()
  await gone
}

/** Looks every 10 ms; rejects when nothing happens for two minutes. */
export async function until(fact: () => unknown): Promise<void> {
  for (let left = 12_000; left > 0; left--) {
    if (await fact()) return
    await delay(10)
  }
  throw new Error('nothing happened for two minutes')
}

function said(child: ChildProcess, words: string): Promise<void> {
  let heard = ''
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      heard += text
      if (heard.includes(words)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`dialpost ended with ${code}: ${heard}`)))
  })
}

/** Whether the LAN is greeted. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const tell = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.on('error', () => tell(false)).once('data', () => tell(true))
  })
}
