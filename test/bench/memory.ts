/**
 * Resident memory of the built executable, from /proc/PID/smaps_rollup: at rest, while a 5 MB letter comes in from the LAN, while it
 * leaves by SMTP, while one comes out of a POP3 box into an mbox, and at rest again. The peak of samples taken every 20 ms.
 *
 *   node test/bench/memory.ts [--json FILE]        after npm run build
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { submit } from '../../src/demo/client.ts'
import { pretendPop3 } from '../../src/demo/pop3d.ts'

type Memory = { readonly pss: number; readonly anonymous: number }

const { values } = parseArgs({ options: { json: { type: 'string' } } })
const program = join(import.meta.dirname, '../../dist/dialpost')
const folder = mkdtempSync(join(tmpdir(), 'dialpost-memory-'))
const line = 'Seventy octets of text make one line of a letter as people wrote them.\r\n'
const big = `From: <eddy@shire.lan>\r\nTo: <linda@far.example>\r\nSubject: big\r\n\r\n${line.repeat(Math.ceil((5 * 2 ** 20) / line.length))}`
const sink = await startSink()
const pop3 = await pretendPop3(new Map([['u', 'p']]))
const port = await freePort()
for (const name of ['spool', 'run', 'mail']) mkdirSync(join(folder, name))
writeFileSync(join(folder, 'secret'), 'p\n', { mode: 0o600 })
writeFileSync(
  join(folder, 'dialpost.toml'),
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
[[smarthost]]
host = "127.0.0.1"
port = ${sink.port}
tls = "off"
[[mailbox]]
name = "box"
host = "127.0.0.1"
port = ${pop3.port}
tls = "off"
user = "u"
password_file = "${folder}/secret"
deliver_to = "root"
[log]
syslog = false
`,
)
const child = spawn(program, ['serve', '-C', join(folder, 'dialpost.toml')], { stdio: ['ignore', 'ignore', 'inherit'] })
try {
  await until(() => connects(port))
  await delay(3000)
  const rows: [string, Memory][] = [['at rest', now()]]
  rows.push(['5 MB in from the LAN', await peak(submit(port, 'eddy@shire.lan', ['linda@far.example'], big))])
  tell('up ppp0')
  rows.push(['5 MB out by SMTP', await peak(until(() => sink.received() > big.length))])
  pop3.put('u', Buffer.from(big))
  rows.push(['5 MB in by POP3, into an mbox', await peak(pollUntilDelivered())])
  tell('down ppp0')
  await delay(5000)
  rows.push(['at rest again', now()])
  for (const [what, { pss, anonymous }] of rows)
    process.stdout.write(`${what.padEnd(32)} PSS ${mb(pss)} MB   anonymous ${mb(anonymous)} MB\n`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(Object.fromEntries(rows), undefined, 2)}\n`)
} finally {
  child.kill()
  sink.close()
  await pop3.close()
  rmSync(folder, { recursive: true, force: true })
}

async function pollUntilDelivered(): Promise<void> {
  tell('down ppp0')
  tell('up ppp0')
  await until(() => (statSync(join(folder, 'mail/root'), { throwIfNoEntry: false })?.size ?? 0) > big.length * 0.9)
  await until(() => pop3.box('u').length === 0)
}

function tell(words: string): void {
  writeFileSync(join(folder, 'run/hook'), `${words}\n`)
}

/** The greatest of both while the work lasts. */
async function peak(work: Promise<unknown>): Promise<Memory> {
  let greatest = now()
  for (;;) {
    const { pss, anonymous } = now()
    greatest = { pss: Math.max(greatest.pss, pss), anonymous: Math.max(greatest.anonymous, anonymous) }
    if ((await Promise.race([work.then(() => 'done'), delay(20)])) === 'done') return greatest
  }
}

function now(): Memory {
  const text = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8')
  const value = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1])
  return { pss: value('Pss'), anonymous: value('Anonymous') }
}

function mb(octets: number): string {
  return (octets / 1e6).toFixed(1).padStart(6)
}

async function until(fact: () => unknown): Promise<void> {
  for (let left = 6000; left > 0; left--) {
    if (await fact()) return
    await delay(10)
  }
  throw new Error('nothing happened for a minute')
}

function connects(to: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(to, '127.0.0.1', () => done(true))
    socket.on('error', () => done(false)).on('close', () => socket.destroy())
    socket.resume().on('data', () => socket.destroy())
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port: free } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return free
}

/** A smarthost that offers CHUNKING and takes everything. */
async function startSink(): Promise<{ port: number; received: () => number; close: () => void }> {
  let octets = 0
  const server = createServer((socket) => {
    let skip = 0
    let text = ''
    socket.on('error', () => {})
    socket.write('220 sink\r\n')
    socket.on('data', (data: Buffer) => {
      octets += data.length
      const skipped = Math.min(skip, data.length)
      skip -= skipped
      text += data.subarray(skipped).toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0 && skip === 0; end = text.indexOf('\r\n')) {
        const command = text.slice(0, end)
        text = text.slice(end + 2)
        if (command.startsWith('BDAT')) {
          skip = Number(command.split(' ')[1])
          const here = Math.min(skip, text.length)
          skip -= here
          text = text.slice(here)
          socket.write('250 ok\r\n')
        } else if (command.startsWith('EHLO')) socket.write('250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n')
        else socket.write(command.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n')
      }
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return { port: (server.address() as AddressInfo).port, received: () => octets, close: () => void server.close() }
}
