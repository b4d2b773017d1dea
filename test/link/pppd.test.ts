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
import { countedIn, telling, verdictOf } from '../../src/link/pppd-status.ts'
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

test('it gets peer, port, speed and name, one call with nothing to dial, and its words are logged and told', async () => {
  const { logged, pppd } = house(`printf '<%s> ' "$@" >${folder}/words; echo "Connect: ppp0"; echo trouble >&2; exit 16`)
  assert.deepEqual(await pppd.run({ peer: 'demon', isp: 'Demon Net' }), { status: 16, said: 'trouble' })
  assert.equal(
    readFileSync(join(folder, 'words'), 'utf8'),
    `<call> <demon> <${tty}> <115200> <nodetach> <nopersist> <lock> <connect> <> <ipparam> <Demon Net> `,
  )
  assert.deepEqual(logged.map(({ text }) => text).toSorted(), ['pppd: Connect: ppp0', 'pppd: trouble'])
})

test('asked to end it ends', async () => {
  const { logged, pppd } = house(`trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done`)
  const run = pppd.run({ peer: 'isp', isp: '' })
  while (logged.length === 0) await systemClock.sleep(systemClock.elapsed() + 10)
  pppd.end('asked')
  assert.equal((await run).status, 5)
})

test('killed it ends, whatever it thinks of that', async () => {
  const { logged, pppd } = house(`trap '' TERM; echo ready; while :; do sleep 0.05; done`)
  const run = pppd.run({ peer: 'isp', isp: '' })
  while (logged.length === 0) await systemClock.sleep(systemClock.elapsed() + 10)
  pppd.end('killed')
  assert.equal((await run).status, null)
})

test('it may signal its whole group, and what it runs is killed with it', async () => {
  assert.deepEqual(await house('kill -TERM 0; sleep 10').pppd.run({ peer: 'isp', isp: '' }), { status: null })
  const { logged, pppd } = house(`trap '' TERM; sleep 100 & echo $!; wait; while :; do sleep 0.05; done`)
  const run = pppd.run({ peer: 'isp', isp: '' })
  while (logged.length === 0) await systemClock.sleep(systemClock.elapsed() + 10)
  pppd.end('killed')
  await run
  const child = Number(logged[0]?.text.slice('pppd: '.length))
  while (lives(child)) await systemClock.sleep(systemClock.elapsed() + 10)
})

test('a daemon that ends by a fault leaves none behind', async () => {
  house(`echo $$ >${folder}/pid; while :; do sleep 0.05; done`)
  const [program, pid] = [join(folder, 'program'), join(folder, 'pid')]
  const daemon = `
    import { existsSync } from 'node:fs'
    import { pppds } from '${join(import.meta.dirname, '../../src/link/pppd.ts')}'
    import { systemClock } from '${join(import.meta.dirname, '../../src/clock.ts')}'
    import { events } from '${join(import.meta.dirname, '../../src/log/events.ts')}'
    void pppds({ program: '${program}', tty: '${tty}', speed: 115200, log: events(() => {}), clock: systemClock }).run({ peer: 'isp', isp: '' })
    while (!existsSync('${pid}')) await systemClock.sleep(systemClock.elapsed() + 10)
    throw new Error('a bug')`
  await once(spawn(process.execPath, ['--input-type=module', '-e', daemon], { stdio: 'ignore' }), 'exit')
  while (lives(Number(readFileSync(pid, 'utf8')))) await systemClock.sleep(systemClock.elapsed() + 10)
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
  assert.match(verdictOf(16, 'No response to 4 echo-requests').words, /^the ISP no longer answers .*4 echo/)
  for (const said of ['CHAP authentication failed', 'PAP authentication failed: Login incorrect'])
    assert.equal(verdictOf(16, said).ending, 'refused', said)
  assert.equal(verdictOf(16).ending, 'failed')
  assert.equal(verdictOf(2).ending, 'unfit')
  assert.deepEqual(verdictOf(77), { ending: 'failed', words: 'pppd ended with status 77, which pppd(8) does not know' })
  assert.deepEqual(verdictOf(null), { ending: 'failed', words: 'pppd was killed' })
  assert.equal(verdictOf(10, 'LCP: timeout').words, 'the ISP and pppd did not agree: no network protocol came up (LCP: timeout)')
})

test('of what pppd wrote, the last line that says why is told', () => {
  const lines = ['Using interface ppp0', 'CHAP authentication failed', 'Connection terminated.', 'Connect time 0.1 minutes.', 'Exit.', '']
  assert.equal(telling(lines), 'CHAP authentication failed')
  assert.equal(telling(['Exit.']), undefined)
  assert.deepEqual(countedIn([...lines, 'Connect time 1.5 minutes.', 'Sent 100 bytes, received 2000 bytes.']), {
    seconds: 90,
    sent: 100,
    received: 2000,
  })
  assert.equal(countedIn(['Exit.']), undefined)
  assert.equal(
    telling(['No response to 2 echo-requests', 'Hangup (SIGHUP)', 'Modem hangup', 'Connection terminated.']),
    'No response to 2 echo-requests',
  )
  const usage = [
    "/usr/sbin/pppd: unrecognized option 'x'",
    'pppd version 2.4.9',
    'Usage: pppd [ options ]',
    'See pppd(8) for more options.',
  ]
  assert.equal(telling(usage), "/usr/sbin/pppd: unrecognized option 'x'")
})

/** And is no zombie that nobody has asked about. */
function lives(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
