/** With a small program of sh in pppd's place: what it was given, how its end is told, and that none is left behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { pppds } from '../../src/link/pppd.ts'
import { verdictOf } from '../../src/link/pppd-status.ts'
import { events, type Line } from '../../src/log/events.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-pppd-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const tty = join(folder, 'ttyS1')

function house(script: string) {
  const program = join(folder, 'program')
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const logged: Line[] = []
  return { logged, pppd: pppds({ program, tty, speed: 115200, log: events((line) => logged.push(line)), clock: systemClock }) }
}

test('it gets port, speed, peer and name, and its words are logged', async () => {
  const { logged, pppd } = house(`echo "$@" >${folder}/words; echo "Connect: ppp0"; echo trouble >&2; exit 16`)
  assert.deepEqual(await pppd.run({ peer: 'demon', isp: 'demon' }), { status: 16 })
  assert.equal(readFileSync(join(folder, 'words'), 'utf8'), `${tty} 115200 nodetach call demon ipparam demon\n`)
  assert.deepEqual(logged.map(({ text }) => text).toSorted(), ['pppd: Connect: ppp0', 'pppd: trouble'])
})

test('asked to end it ends', async () => {
  const { logged, pppd } = house(`trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done`)
  const run = pppd.run({ peer: 'isp', isp: '' })
  while (logged.length === 0) await systemClock.sleep(systemClock.elapsed() + 10)
  pppd.end('asked')
  assert.deepEqual(await run, { status: 5 })
})

test('killed it ends, whatever it thinks of that', async () => {
  const { logged, pppd } = house(`trap '' TERM; echo ready; while :; do sleep 0.05; done`)
  const run = pppd.run({ peer: 'isp', isp: '' })
  while (logged.length === 0) await systemClock.sleep(systemClock.elapsed() + 10)
  pppd.end('killed')
  assert.deepEqual(await run, { status: null })
})

test('one that is not there is an answer', async () => {
  const pppd = pppds({ program: join(folder, 'absent'), tty, speed: 115200, log: events(() => {}), clock: systemClock })
  const { status, never } = await pppd.run({ peer: 'isp', isp: '' })
  assert.equal(status, null)
  assert.match(never ?? '', /absent cannot be started: .*ENOENT/)
})

test('one of an earlier run that holds the port is ended, others are left alone', async () => {
  const { logged, pppd } = house('')
  const start = (port: string) => spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', port], { argv0: 'pppd', stdio: 'ignore' })
  const [ours, other] = [start(tty), start(join(folder, 'ttyS2'))]
  await Promise.all([once(ours, 'spawn'), once(other, 'spawn')])
  const ended = once(ours, 'exit')
  await pppd.clear()
  await ended
  assert.equal(other.exitCode, null)
  other.kill()
  await once(other, 'exit')
  assert.match(logged[0]?.text ?? '', /of an earlier run holds .*ttyS1: it is ended/)
})

test('every status that pppd(8) knows has words, and says who can mend it', () => {
  const unknown = Array.from({ length: 20 }, (_, status) => verdictOf(status)).filter(({ words }) => /does not know/.test(words))
  assert.deepEqual(unknown, [])
  assert.equal(verdictOf(19).ending, 'refused')
  assert.equal(verdictOf(16).ending, 'failed')
  assert.equal(verdictOf(2).ending, 'unfit')
  assert.deepEqual(verdictOf(77), { ending: 'failed', words: 'pppd ended with status 77, which pppd(8) does not know' })
  assert.deepEqual(verdictOf(null), { ending: 'failed', words: 'pppd was killed' })
})
