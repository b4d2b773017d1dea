/** A program gets the letter, as its user, with a clean environment and an end to its patience. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Account } from '../../src/config/passwd.ts'
import { programs } from '../../src/deliver/program.ts'
import type { Outcome } from '../../src/mail/outcome.ts'
import { account, mail, never, temporaryDirectory } from './mboxes.ts'

const root = process.geteuid?.() === 0
const nobody = root ? { uid: 65_534, gid: 65_534 } : {}
const eddy: Account = { ...account('eddy'), ...nobody }

test('it reads the whole letter, unquoted, behind a From line', async () => {
  const outcome = await run('cat; exit 67')
  assert.equal(outcome.kind, 'refused')
  assert.match(
    outcome.reply.text,
    /^\|cat; exit 67: From keith@shire\.lan .*\nReturn-Path: <keith@shire.lan>\nReceived: .*\n\nletter 1\nFrom here\n>From there\nbye$/s,
  )
})

test('its status is the outcome', async () => {
  assert.deepEqual(
    await Promise.all(['exit 0', 'true', 'exit 75', 'exit 67', '/no/such/program'].map(async (command) => (await run(command)).kind)),
    ['accepted', 'accepted', 'deferred', 'refused', 'refused'],
  )
})

test('its environment is ours to the last word', async () => {
  process.env['SECRET'] = 'do not tell'
  const { reply } = await run('env; exit 1')
  delete process.env['SECRET']
  const names = reply.text
    .replace('|env; exit 1: ', '')
    .split('\n')
    .map((line) => line.split('=')[0])
  const expected = ['HOME', 'LOGNAME', 'PATH', 'RECIPIENT', 'SENDER', 'SHELL', 'USER']
  assert.deepEqual(new Set(names.filter((name) => name !== '_' && name !== 'PWD')), new Set(expected))
  assert.match(reply.text, /SENDER=keith@shire.lan/)
  assert.doesNotMatch(reply.text, /do not tell/)
})

test('it runs as its user and in no group of root’s', { skip: !root && 'needs root' }, async () => {
  assert.match((await run('id -u; id -G; exit 1')).reply.text, /: 65534\n65534$/)
})

test('nothing runs as root', async (t) => {
  const mark = join(temporaryDirectory(t), 'ran')
  const outcome = await run(`touch ${mark}`, { ...eddy, uid: 0, gid: 0 })
  assert.deepEqual([outcome.kind, outcome.reply.enhanced], ['refused', '5.3.5'])
  assert.match(outcome.reply.text, /would run as root/)
  assert.equal(existsSync(mark), false)
})

test('nothing runs as another user where dialpost may not become one', async (t) => {
  const own = process.geteuid
  t.after(() => Object.assign(process, { geteuid: own }))
  Object.assign(process, { geteuid: () => 4711 })
  assert.match((await run('true', { ...eddy, uid: 4712 })).reply.text, /cannot be run as eddy/)
})

test('nothing runs as the daemon’s own user, who may do more than a program should', async (t) => {
  const own = process.geteuid
  t.after(() => Object.assign(process, { geteuid: own }))
  Object.assign(process, { geteuid: () => 100 })
  assert.match((await run('true', { ...eddy, name: 'dialpost', uid: 100 })).reply.text, /cannot be run as dialpost/)
})

test('a program that does not read decides by its status, however long the letter', async () => {
  assert.equal((await run('exec 0<&-; exit 0', eddy, 2_000_000)).kind, 'accepted')
  assert.equal((await run('head -c 10 >/dev/null; exit 75', eddy, 2_000_000)).kind, 'deferred')
})

test('what it prints is bounded in the reply, and does not block it', async () => {
  const { reply } = await run('cat >/dev/null; yes word | head -c 300000; exit 1')
  assert.ok(reply.text.length < 1100)
})

test('one that takes too long is ended with all its children', async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o777)
  const path = join(directory, 'pid')
  const started = performance.now()
  const outcome = await run(`trap '' TERM; sleep 30 & echo $! > ${path}; wait; wait; wait`, eddy, 10, 300)
  assert.equal(outcome.kind, 'deferred')
  assert.match(outcome.reply.text, /took more than 0.3 seconds/)
  assert.ok(performance.now() - started < 10_000)
  const child = Number(readFileSync(path, 'utf8'))
  assert.ok(child > 1)
  assert.match(stateOf(child), /^[XZ]?$/)
})

test('a child that keeps its output open does not hold up the mail', async () => {
  const started = performance.now()
  assert.equal((await run('sleep 8 & exit 0')).kind, 'accepted')
  assert.ok(performance.now() - started < 6000)
})

test('one that a signal ended is tried again', async () => {
  const outcome = await run('kill -9 $$')
  assert.equal(outcome.kind, 'deferred')
  assert.match(outcome.reply.text, /ended by SIGKILL/)
})

test('when the daemon stops it is stopped', async () => {
  const stop = new AbortController()
  const running = programs({ accounts: { find: () => eddy }, clock: systemClock }).run('sleep 30', 'eddy', mail(1), stop.signal)
  stop.abort()
  const outcome = await running
  assert.match(outcome.reply.text, /stopped with the daemon/)
  assert.equal(outcome.kind, 'deferred')
})

test('a letter that cannot be read is not taken for a whole one', async () => {
  const broken = {
    ...mail(1),
    async *content() {
      yield Buffer.from('Subject: half\r\n\r\nhalf')
      throw new Error('the spool broke')
    },
  }
  const outcome = await programs({ accounts: { find: () => eddy }, clock: systemClock }).run('cat', 'eddy', broken, never)
  assert.equal(outcome.kind, 'deferred')
  assert.match(outcome.reply.text, /could not be given the letter: the spool broke/)
})

test('a program that cannot be started defers', async () => {
  const outcome = await run('true', { ...eddy, home: '/etc/passwd' })
  assert.equal(outcome.kind, 'deferred')
  assert.match(outcome.reply.text, /ENOTDIR/)
})

test('a user without an account defers: somebody must mend the alias', async () => {
  const outcome = await programs({ accounts: { find: () => undefined }, clock: systemClock }).run('true', 'gone', mail(1), never)
  assert.deepEqual([outcome.kind, outcome.reply.enhanced], ['deferred', '4.3.5'])
})

/** As proc(5) has it; '' for a process that is no more. */
function stateOf(pid: number): string {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? ''
  } catch {
    return ''
  }
}

async function run(command: string, as: Account = eddy, octets = 0, timeLimit = 20_000): Promise<Outcome> {
  const letter = octets === 0 ? mail(1) : mail(1, 'x'.repeat(octets))
  return programs({ accounts: { find: () => as }, clock: systemClock, timeLimit }).run(command, 'eddy', letter, never)
}
