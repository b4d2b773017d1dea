/**
 * The daemon with the rights of the device (rootfs's as-dialpost), in mount and network namespaces of its own, where port 25 is free and
 * /etc/passwd is the test's: mail of all kinds of people, of whom some have what only root can give.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readMbox } from '../peer/mbox.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-rights-'))
const at = (...names: readonly string[]): string => join(folder, ...names)
const program = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/main.ts')]
const asDialpost = join(import.meta.dirname, '../../rootfs/usr/lib/dialpost/as-dialpost')
const dialpost = 100
const mail = 8
const people = { eddy: 2001, keith: 2002, merry: 2003, pip: 2004 } as const

const skip = whyNot()

function whyNot(): string | false {
  if (spawnSync('unshare', ['--mount', '--net', 'true']).status !== 0) return 'this user may not make namespaces'
  chmodSync(folder, 0o755)
  const reached = [program[0] ?? '', program[2] ?? '', folder].map((path) => `[ -r '${path}' ]`).join(' && ')
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', reached]
  return spawnSync('setpriv', nobody).status === 0 ? false : 'these sources lie where other users may not look'
}

const settings = `
hostname = "moriah.shire.lan"
postmaster = "keith"
users = ${JSON.stringify(Object.keys(people))}
spool = "${at('spool')}"
run = "${at('run')}"
mail_dir = "${at('mail')}"
aliases = ["${at('etc/aliases')}"]
[accept]
listen = ["127.0.0.1:25"]
networks = ["127.0.0.0/8"]
[link]
mode = "hooks"
[log]
syslog = false
`

function made(path: string, owner: number, group: number, mode: number, content?: string): void {
  if (content === undefined) mkdirSync(path)
  else writeFileSync(path, content)
  chownSync(path, owner, group)
  chmodSync(path, mode)
}

function furnish(): void {
  for (const name of ['etc', 'home']) made(at(name), 0, 0, 0o755)
  const entries = Object.entries({ ...people, dialpost, daemon: 1 })
  const homes = entries.map(([name, id]) => `${name}:x:${id}:${id}::${at('home', name)}:/bin/sh\n`)
  made(at('etc/passwd'), 0, 0, 0o644, `root:x:0:0:root:/root:/bin/sh\n${homes.join('')}`)
  made(at('etc/group'), 0, 0, 0o644, `root:x:0:\nmail:x:${mail}:\ndialout:x:20:\ndip:x:30:\ndialpost:x:${dialpost}:\n`)
  made(at('etc/dialpost.toml'), 0, 0, 0o644, settings)
  made(at('etc/aliases'), 0, 0, 0o644, `robot: "|touch ${at('open/alias')}"\n`)
  made(at('open'), 0, 0, 0o777)
  made(at('spool'), dialpost, dialpost, 0o700)
  made(at('run'), dialpost, dialpost, 0o750)
  made(at('mail'), 0, mail, 0o2775)
  for (const name of ['eddy', 'keith', 'pip'] as const) made(at('mail', name), people[name], mail, 0o660, '')
  for (const [name, id] of Object.entries(people)) made(at('home', name), id, id, name === 'pip' ? 0o700 : 0o755)
  made(at('home/eddy/.forward'), people.eddy, people.eddy, 0o644, `"|touch ${at('open/forward')}"\n`)
}

const enter = `
ip link set lo up
for name in passwd group; do mount --bind ${folder}/etc/$name /etc/$name; done
exec "$@"
`
let daemon: ChildProcess
let said = ''

function start(...rights: readonly string[]): ChildProcess {
  const words = ['--mount', '--net', 'sh', '-ec', enter, 'sh', ...rights, ...program, 'serve', '-C', at('etc/dialpost.toml')]
  const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const output of [child.stdout, child.stderr]) output.on('data', (text) => (said += String(text)))
  return child
}

/** A command of ours where the daemon is, as root. */
function command(words: readonly string[], input = ''): string {
  const inside = ['--target', String(daemon.pid), '--mount', '--net', '--', ...program, ...words, '-C', at('etc/dialpost.toml')]
  return spawnSync('nsenter', inside, { input, encoding: 'utf8' }).stdout
}

const send = (user: string): string => command(['sendmail', '-f', 'keith', user], `Subject: to ${user}\n\nhello\n`)

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000
  while (!holds()) {
    assert.ok(performance.now() < end, said)
    await delay(50)
  }
}

const letters = (user: keyof typeof people): number => readMbox(readFileSync(at('mail', user))).length

before(async () => {
  if (skip !== false) return
  furnish()
  daemon = start(asDialpost)
  await until(() => said.includes('"started"'))
})
after(async () => {
  if (daemon?.exitCode === null && daemon.kill('SIGTERM')) await once(daemon, 'exit')
  rmSync(folder, { recursive: true })
})

test('it is on port 25 as its own user, with two capabilities, which it hands on to nobody', { skip }, async () => {
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8')
  const fact = (name: string): string => new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(status)?.[1] ?? ''
  assert.equal(fact('Uid'), '100\t100\t100\t100')
  assert.equal(fact('Groups'), '8 20 30')
  const two = (1n << 10n) | (1n << 25n)
  assert.deepEqual(
    ['CapEff', 'CapPrm', 'CapAmb'].map((name) => BigInt(`0x${fact(name)}`)),
    [two, two, 0n],
  )
  assert.match(readFileSync(`/proc/${daemon.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
  await until(() => /the LAN's door is 127\.0\.0\.1:25/.test(said))
})

test('it says at the start what it may not: programs, and a mailbox that is missing', { skip }, () => {
  const missed = said.split('\n').filter((line) => line.includes('"right-missing"'))
  assert.equal(missed.length, 2, said)
  assert.match(missed[0] ?? '', /deliver\.programs: only root can run programs/)
  assert.match(missed[1] ?? '', /has no mailbox for merry, and only root can make one/)
})

test('a mailbox gets its letters and stays its user’s', { skip }, async () => {
  send('keith')
  await until(() => letters('keith') === 1)
  const { uid, gid, mode } = statSync(at('mail/keith'))
  assert.deepEqual([uid, gid, mode & 0o7777], [people.keith, mail, 0o660])
})

test('a home that is closed to it has no .forward: the mailbox gets the letter', { skip }, async () => {
  send('pip')
  await until(() => letters('pip') === 1)
  await until(() => /the \.forward of pip is ignored: dialpost may not read/.test(said))
})

test('a program of a .forward or of an alias does not run, and its letter comes back', { skip }, async () => {
  const before = letters('keith')
  send('eddy')
  send('robot')
  await until(() => letters('keith') === before + 2)
  await until(() => /cannot be run as eddy: dialpost does not run as root/.test(said))
  await until(() => /cannot be run as daemon: dialpost does not run as root/.test(said))
  assert.ok(!existsSync(at('open/forward')) && !existsSync(at('open/alias')))
})

test('mail for a missing mailbox waits with the word what root is to do, and comes in when that is done', { skip }, async () => {
  send('merry')
  await until(() => command(['queue']).includes('deferred'))
  assert.ok(!existsSync(at('mail/merry')))
  const [, advice = ''] = /as root: (install [^;]*);/.exec(command(['queue'])) ?? []
  const made = spawnSync('nsenter', ['--target', String(daemon.pid), '--mount', '--', 'sh', '-c', advice], { encoding: 'utf8' })
  assert.equal(made.status, 0, `${advice}: ${made.stderr}`)
  command(['flush'])
  await until(() => letters('merry') === 1)
  const { uid, gid, mode } = statSync(at('mail/merry'))
  assert.deepEqual([uid, gid, mode & 0o7777], [people.merry, mail, 0o660])
})

test('without the right to the port it does not start, and says which right that is', { skip }, async () => {
  daemon.kill('SIGTERM')
  await once(daemon, 'exit')
  said = ''
  const other = start('setpriv', '--reuid=100', '--regid=100', '--clear-groups', '--inh-caps=-all')
  const [code] = (await once(other, 'close')) as [number]
  assert.equal(code, 77)
  await until(() => /127\.0\.0\.1 port 25 may not be opened: a port below 1024 needs root or cap_net_bind_service/.test(said))
})
