/** The program as a shell sees it: a daemon in a process of its own, commands in others, and their exit codes. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { makeHub, smarthostTable } from './hub.ts'
import { submit } from './lan.ts'
import { sample } from './letters.ts'

const program = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/main.ts')]

test('a daemon is started, asked, steered and ended from the shell', async (t) => {
  const { dialpost, serve, hub } = await stage(t)
  assert.deepEqual(dialpost('check'), { code: 0, out: `${hub.settings}: no mistakes\n`, err: '' })
  const absent = dialpost('status')
  assert.equal(absent.code, 69)
  assert.match(absent.err, /no daemon answers at .*run\/control; start it with dialpost serve/)

  const { port, ended, daemon } = await serve()
  assert.match(dialpost('status').out, /^line +down/m)
  assert.equal((JSON.parse(dialpost('status', '--json').out) as { hostname: string }).hostname, 'moriah.shire.lan')
  assert.equal(dialpost('queue').out, 'The queue is empty.\n')
  assert.match(dialpost('serve').err, /another dialpost/)
  assert.equal(dialpost('serve').code, 69)

  for (const name of ['first', 'second']) assert.match((await submit(port, sample(name, { to: ['linda@far.example'] }))) ?? '', /^250/)
  const [first, second] = dialpost('queue', '--json')
    .out.trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id)
  assert.ok(first !== undefined && second !== undefined)
  assert.match(dialpost('show', first).out, /^Subject: first$/m)
  assert.match(dialpost('show', first.toLowerCase()).out, /linda@far\.example/, 'ids are taken in small letters, too')
  assert.equal(dialpost('show', 'FFFFF').code, 65)

  assert.match(dialpost('hold', first).out, /is held/)
  assert.match(dialpost('queue').out, /held/)
  assert.equal(dialpost('release', first).code, 0)
  const unsure = dialpost('delete', first)
  assert.deepEqual([unsure.code, unsure.out], [75, ''])
  assert.match(unsure.err, /--yes/)
  assert.equal(dialpost('delete', '--yes', first).code, 0)
  assert.equal(dialpost('delete', '--yes', first).code, 69)
  assert.doesNotMatch(dialpost('queue').out, new RegExp(`^${first} +\\d`, 'm'))

  assert.match(dialpost('flush').out, /when the line is up/)
  assert.equal(dialpost('flush', 'nowhere.example').code, 69)
  assert.match(dialpost('explain', 'linda@far.example').out, /smarthost/)
  assert.match(dialpost('explain', 'linda@far.example', '--from', 'eddy@shire.lan').out, /smarthost/)
  assert.match(dialpost('log', '-n', '3').out, /^.*\n.*\n.*\n$/)
  assert.equal(dialpost('poll').code, 69)
  assert.equal(dialpost('link', 'up', 'ppp0').code, 0)
  assert.match(dialpost('status').out, /^line +up on ppp0/m)
  assert.equal(dialpost('link', 'up', 'no interface/').code, 69)
  assert.equal(dialpost('link', 'down', 'ppp0').code, 0)
  assert.match(dialpost('calls').out, /operator/)

  daemon.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.equal(dialpost('queue').code, 69)
})

test('whoever follows the log may leave, and does not keep the daemon from ending', async (t) => {
  const { start, serve } = await stage(t)
  const { port, ended, daemon } = await serve()
  const followers = [start('log', '-f', '-n', '0'), start('log', '-f', '-n', '0')] as const
  const gone = followers.map((follower) => once(follower, 'exit').then(([code]) => code as number | null))
  const errors = followers.map((follower) => text(follower.stderr))
  const heard = Promise.all(followers.map((follower) => once(follower.stdout, 'data')))
  // Until both have connected.
  const said = await Promise.race([heard, trickle(port)])
  assert.match(String(said?.[0]), /from=eddy@shire\.lan/)
  followers[0].kill('SIGINT')
  assert.equal(await gone[0], 0)
  daemon.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.equal(await gone[1], 69)
  assert.deepEqual(await errors[0], '')
  assert.match((await errors[1]) ?? '', /^dialpost: no daemon answers .*\n$/)
})

async function trickle(port: number): Promise<undefined> {
  for (let at = 0; at < 200; at++) {
    await submit(port, sample(`letter-${at}`, { to: ['linda@far.example'] }))
    await delay(50)
  }
}

test('mistakes in the settings or on the command line are named, each with its code', async (t) => {
  const { dialpost, hub } = await stage(t)
  const wrong = join(hub.folder, 'wrong.toml')
  writeFileSync(wrong, 'hostnam = "moriah.shire.lan"\n\n[link]\nmode = "sometimes"\n')
  const { code, err } = dialpost('check', '-C', wrong)
  assert.equal(code, 78)
  assert.match(err, /wrong\.toml:1: .*hostname/)
  assert.match(err, /wrong\.toml:4: /)
  assert.equal(dialpost('serve', '-C', wrong).code, 78)
  assert.equal(dialpost('serve', '-C', join(hub.folder, 'absent.toml')).code, 78)

  const usage = dialpost('statsu')
  assert.equal(usage.code, 64)
  assert.match(usage.err, /status/)
  assert.equal(dialpost('show').code, 64)
  assert.equal(dialpost('settings', 'nothing.at.all').code, 64)
  assert.match(dialpost('settings', 'queue.reserve').out, /^queue\.reserve: size/)
  assert.equal(dialpost('help').code, 0)
  for (const said of [usage, dialpost('serve', '-C', wrong)]) assert.doesNotMatch(said.err, /^\s+at /m, 'no stack trace')
})

/** Compiled once for all these starts. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.cache/compiled') }

/** Commands that need no settings. */
const alone: ReadonlySet<string | undefined> = new Set(['settings', 'help'])

type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

async function stage(t: TestContext) {
  const hub = makeHub({ tables: smarthostTable(1) })
  t.after(() => hub.remove())
  const full = (words: readonly string[]): string[] => [
    ...program,
    ...words,
    ...(words.includes('-C') || alone.has(words[0]) ? [] : ['-C', hub.settings]),
  ]
  const dialpost = (...words: readonly string[]): Ran => {
    const { status, stdout, stderr } = spawnSync(process.execPath, full(words), { encoding: 'utf8', timeout: 20_000, env })
    return { code: status, out: stdout, err: stderr }
  }
  const start = (...words: readonly string[]) => {
    const child = spawn(process.execPath, full(words), { stdio: ['ignore', 'pipe', 'pipe'], env })
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  const serve = async () => {
    const daemon = start('serve')
    const ended = once(daemon, 'exit').then(([code]) => code as number | null)
    let said = ''
    while (!/door is 127\.0\.0\.1:\d+/.test(said)) said += String((await once(daemon.stdout, 'data'))[0])
    daemon.stdout.resume()
    daemon.stderr.resume()
    return { port: Number(/door is 127\.0\.0\.1:(\d+)/.exec(said)?.[1]), ended, daemon }
  }
  return { hub, dialpost, start, serve }
}
