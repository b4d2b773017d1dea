/** The FIFO, and rootfs's ip-up and ip-down under busybox and the system's sh, as pppd runs them: without anything to read or to write to. */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Clock } from '../../src/clock.ts'
import { makeFifo } from '../../src/libc.ts'
import { hook } from '../../src/link/hook.ts'
import type { HookEvent } from '../../src/link/hook-line.ts'
import { events, type Line } from '../../src/log/events.ts'
import { fakeClock } from '../fake/clock.ts'
import { needsRoot } from '../nobody.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-hook-'))
after(() => rmSync(folder, { recursive: true }))

let count = 0
const freshRun = () => join(folder, `run${count++}`)

const scripts = join(import.meta.dirname, '../../rootfs/etc/ppp')
const lineQueue = join(import.meta.dirname, '../../rootfs/usr/lib/dialpost/line-queue')
const noNamespace = spawnSync('unshare', ['--net', 'true']).status === 0 ? false : 'this user may not make network namespaces'
const shells = [['busybox', 'sh'], ['sh']]
const called = ['ppp0', '/dev/ttyS1', '115200', '10.0.0.1', '10.0.0.2', 'isp']

/** Runs a script as pppd does, and fails if it waits for what may take it two seconds. */
function ppp(
  shell: readonly string[],
  script: 'ip-up' | 'ip-down',
  run: string,
  args: readonly string[] = called,
  env: Readonly<Record<string, string>> = {},
): void {
  const [command = '', ...options] = shell
  const { status, error } = spawnSync(command, [...options, join(scripts, script), ...args], {
    stdio: 'ignore',
    timeout: 1900,
    killSignal: 'SIGKILL',
    env: { PATH: '/usr/bin:/bin', DIALPOST_RUN: run, DIALPOST_NAMES: join(run, 'resolv.conf'), ...env },
  })
  assert.equal(error, undefined, `${command} ${script}: ${String(error)} (apt-get install busybox?)`)
  assert.equal(status, 0)
}

/** A daemon's end: what it has heard, and `next`, which waits for the nth event or line of log. */
function listen(run: string, interfaces?: string, clock: Clock = fakeClock()) {
  const heard: (HookEvent | Line)[] = []
  const waiting: (() => void)[] = []
  const add = (what: HookEvent | Line): void => {
    heard.push(what)
    for (const wake of waiting.splice(0)) wake()
  }
  const opened = hook({ run, log: events(add), clock, seen: add, ...(interfaces === undefined ? {} : { interfaces }) })
  return {
    heard,
    close: () => opened.close(),
    async until(length: number): Promise<readonly (HookEvent | Line)[]> {
      while (heard.length < length) await new Promise<void>((wake) => waiting.push(wake))
      return heard
    },
  }
}

const facts = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115_200, local: '10.0.0.1', remote: '10.0.0.2', ipparam: 'isp' }
const wentUp = { kind: 'went-up', facts, reason: 'ip-up' }
const wentDown = { kind: 'went-down', interface: 'ppp0', reason: 'ip-down' }

test('the FIFO is ours alone, outlives its writers, and is gone after close', async () => {
  const run = freshRun()
  const daemon = listen(run)
  assert.ok(statSync(join(run, 'hook')).isFIFO())
  assert.equal(statSync(join(run, 'hook')).mode & 0o777, 0o600)
  for (let n = 0; n < 3; n++) {
    writeFileSync(join(run, 'hook'), 'down ppp0\n')
    await daemon.until(n + 1)
  }
  await daemon.close()
  await daemon.close()
  assert.ok(!existsSync(join(run, 'hook')))
})

test('nothing keeps the process alive after close, and no thread sits in a read', () => {
  const program = `
    import { hook } from '${join(import.meta.dirname, '../../src/link/hook.ts')}'
    import { events } from '${join(import.meta.dirname, '../../src/log/events.ts')}'
    import { systemClock } from '${join(import.meta.dirname, '../../src/clock.ts')}'
    import { readFile } from 'node:fs/promises'
    const opened = Array.from({ length: 8 }, (_, n) => hook({ run: '${freshRun()}-' + n, log: events(() => {}), clock: systemClock, seen: () => {} }))
    await readFile('/etc/passwd') // would wait for ever, were the 4 threads taken
    for (const one of opened) await one.close()`
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 5000 })
})

test('pieces of a line are put together; garbage and endless lines are logged and passed over', async () => {
  const run = freshRun()
  const daemon = listen(run)
  const fd = openSync(join(run, 'hook'), 'w')
  writeSync(fd, 'up ppp0 /dev/ttyS1 1152')
  writeSync(fd, '00 10.0.0.1 10.0.0.2 isp\n\nhello\n')
  writeSync(fd, 'x'.repeat(3000))
  writeSync(fd, `${'x'.repeat(3000)}\ndown ppp0\n`)
  closeSync(fd)
  const heard = await daemon.until(4)
  assert.deepEqual(
    heard.map((one) => ('kind' in one ? one.kind : one.event)),
    ['went-up', 'hook-garbage', 'hook-garbage', 'went-down'],
  )
  assert.match((heard[1] as Line).text, /"hello" is passed over: it begins with neither/)
  assert.ok((heard[2] as Line).text.length < 300)
  await daemon.close()
})

test('a computer of the LAN asks for the line', async () => {
  const run = freshRun()
  const asked = await new Promise<string>((resolve) => {
    const opened = hook({
      run,
      log: events(() => {}),
      clock: fakeClock(),
      seen: () => {},
      asked: (host) => void opened.close().then(() => resolve(host)),
    })
    writeFileSync(join(run, 'hook'), 'ask 192.168.1.7\n')
  })
  assert.equal(asked, '192.168.1.7')
})

test("a former daemon's FIFO, or anything else of that name, is replaced", async () => {
  const run = freshRun()
  mkdirSync(run)
  writeFileSync(join(run, 'hook'), 'not a FIFO')
  const daemon = listen(run)
  assert.ok(statSync(join(run, 'hook')).isFIFO())
  await daemon.close()
})

for (const shell of shells) {
  const name = shell.join(' ')

  test(`${name}: ip-up and ip-down reach the daemon, with name servers and with what the call cost`, async () => {
    const run = freshRun()
    const daemon = listen(run)
    ppp(shell, 'ip-up', run, called, { DNS1: '192.0.2.53', DNS2: '192.0.2.54' })
    await daemon.until(1)
    ppp(shell, 'ip-down', run, called, { CONNECT_TIME: '125', BYTES_SENT: '20480', BYTES_RCVD: '409600' })
    assert.deepEqual(await daemon.until(2), [
      { ...wentUp, facts: { ...facts, nameservers: ['192.0.2.53', '192.0.2.54'] } },
      { ...wentDown, usage: { seconds: 125, sent: 20_480, received: 409_600 } },
    ])
    await daemon.close()
  })

  test(`${name}: empty words, blanks and patterns in what pppd passes shift nothing`, async () => {
    const run = freshRun()
    const daemon = listen(run)
    ppp(shell, 'ip-up', run, ['ppp0', '', '0', '10.0.0.1', '10.0.0.2', ' my  isp * $(id)\n'])
    await daemon.until(1)
    ppp(shell, 'ip-down', run, ['ppp0'], { CONNECT_TIME: '1', BYTES_SENT: '2', BYTES_RCVD: '3' })
    assert.deepEqual(await daemon.until(2), [
      { ...wentUp, facts: { ...facts, tty: '', speed: 0, ipparam: 'my_isp_*_$(id)' } },
      { ...wentDown, usage: { seconds: 1, sent: 2, received: 3 } },
    ])
    await daemon.close()
  })

  test(`${name}: which ISP is called is told by ipparam, and where there is none by linkname`, async () => {
    const run = freshRun()
    const daemon = listen(run)
    ppp(shell, 'ip-up', run, called, { LINKNAME: 'isp-b' })
    await daemon.until(1)
    ppp(shell, 'ip-up', run, [...called.slice(0, 5), ''], { LINKNAME: 'isp-b' })
    assert.deepEqual(await daemon.until(2), [wentUp, { ...wentUp, facts: { ...facts, ipparam: 'isp-b' } }])
    await daemon.close()
  })

  test(`${name}: without a daemon the state is left for the next one, and removed by ip-down`, async () => {
    const run = freshRun()
    ppp(shell, 'ip-up', run)
    assert.deepEqual(readdirSync(run), ['line'])
    mkdirSync(join(run, 'net/ppp0'), { recursive: true })
    const daemon = listen(run, join(run, 'net'))
    assert.deepEqual(daemon.heard, [{ ...wentUp, reason: 'up before dialpost started' }])
    await daemon.close()
    ppp(shell, 'ip-down', run)
    assert.ok(!existsSync(join(run, 'line')))
  })

  test(`${name}: what a dead daemon did not read is gone when the next one opens`, async () => {
    const run = freshRun()
    mkdirSync(run)
    makeFifo(join(run, 'hook'), 0o600)
    for (const script of ['ip-up', 'ip-down', 'ip-up'] as const) ppp(shell, script, run)
    await until(() => writers(run) === 0)
    const fd = openSync(join(run, 'hook'), constants.O_RDWR | constants.O_NONBLOCK)
    assert.equal(drain(fd), 0)
    closeSync(fd)
    assert.match(readFileSync(join(run, 'line'), 'utf8'), /^up ppp0 /)
  })

  test(`${name}: a daemon that hangs with a full FIFO holds nobody up, and no writer stays behind`, async () => {
    const run = freshRun()
    mkdirSync(run)
    makeFifo(join(run, 'hook'), 0o600)
    const fd = openSync(join(run, 'hook'), constants.O_RDWR | constants.O_NONBLOCK)
    const full = fill(fd)
    for (const script of ['ip-up', 'ip-down', 'ip-up', 'ip-down'] as const) ppp(shell, script, run)
    await until(() => writers(run) === 0)
    assert.equal(drain(fd), full)
    closeSync(fd)
  })

  test(`${name}: the line's queue is set before the daemon hears of the line`, async () => {
    const run = freshRun()
    const daemon = listen(run)
    const queue = program(`${run}-queue`, `sleep 0.1; echo "$@" >${run}/queue`)
    ppp(shell, 'ip-up', run, called, { DIALPOST_QUEUE: queue })
    assert.deepEqual(await daemon.until(1), [wentUp])
    assert.equal(readFileSync(join(run, 'queue'), 'utf8'), 'ppp0\n')
    await daemon.close()
  })

  test(`${name}: where setting the queue hangs, the daemon hears of the line nevertheless, and nothing stays behind`, async () => {
    const run = freshRun()
    const daemon = listen(run)
    ppp(shell, 'ip-up', run, called, { DIALPOST_QUEUE: program(`${run}-queue`, 'exec sleep 60') })
    assert.deepEqual(await daemon.until(1), [wentUp])
    await until(() => writers(run) === 0)
    await daemon.close()
  })

  test(`${name}: of a pppd that is gone by the time its line could be told of, nothing is said`, async () => {
    const run = freshRun()
    const daemon = listen(run)
    const pppd = spawn('sleep', ['60'])
    const ended = once(pppd, 'exit')
    const queue = program(`${run}-queue`, 'kill -9 "$PPPD_PID"; while [ -e "/proc/$PPPD_PID" ]; do sleep 0.01; done')
    ppp(shell, 'ip-up', run, called, { DIALPOST_QUEUE: queue, PPPD_PID: `${pppd.pid}` })
    await ended
    await until(() => writers(run) === 0)
    ppp(shell, 'ip-up', run, [...called.slice(0, 5), 'next'], { PPPD_PID: `${process.pid}` })
    assert.deepEqual(await daemon.until(1), [{ ...wentUp, facts: { ...facts, ipparam: 'next' } }])
    await daemon.close()
  })

  test(`${name}: line-queue neither fails nor speaks where there is no such interface, and does without timestamps`, {
    skip: noNamespace,
  }, () => {
    const script = `"$@" && cat /proc/sys/net/ipv4/tcp_timestamps`
    const words = ['--net', 'sh', '-c', script, 'sh', ...shell, lineQueue, 'ppp0']
    const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' })
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '0\n', stderr: '' })
  })

  test(`${name}: in a RUN that is a user's, root is led nowhere by a link, and what it leaves there is the user's`, {
    skip: needsRoot,
  }, async () => {
    chmodSync(folder, 0o755)
    const run = freshRun()
    mkdirSync(run)
    const outside = `${run}-outside`
    makeFifo(outside, 0o600)
    const fd = openSync(outside, constants.O_RDWR | constants.O_NONBLOCK)
    symlinkSync(outside, join(run, 'hook'))
    chownSync(run, 4711, 4711)
    ppp(shell, 'ip-up', run)
    await until(() => writers(run) === 0)
    assert.equal(statSync(join(run, 'line')).uid, 4711)
    ppp(shell, 'ip-down', run)
    await until(() => writers(run) === 0)
    assert.ok(!existsSync(join(run, 'line')))
    assert.equal(drain(fd), 0)
    closeSync(fd)
  })

  test(`${name}: an end of another interface does not take the state away`, () => {
    const run = freshRun()
    ppp(shell, 'ip-up', run)
    ppp(shell, 'ip-down', run, ['ppp1', ...called.slice(1)])
    assert.ok(existsSync(join(run, 'line')))
  })

  for (const [what, spoil] of Object.entries({
    'RUN is not there and cannot be made': (run: string) => writeFileSync(run, ''),
    'RUN/hook is a file': (run: string) => {
      mkdirSync(run)
      writeFileSync(join(run, 'hook'), 'untouched')
    },
    'RUN/line is a folder': (run: string) => mkdirSync(join(run, 'line', 'x'), { recursive: true }),
  }))
    test(`${name}: pppd is not failed when ${what}`, () => {
      const run = freshRun()
      spoil(run)
      ppp(shell, 'ip-up', run)
      ppp(shell, 'ip-down', run)
      if (what.includes('hook')) assert.equal(readFileSync(join(run, 'hook'), 'utf8'), 'untouched')
    })
}

test('a state whose interface is gone is stale, and said to be so', async () => {
  const run = freshRun()
  mkdirSync(join(run, 'net'), { recursive: true })
  writeFileSync(join(run, 'line'), 'up ppp0 /dev/ttyS1 115200 10.0.0.1 10.0.0.2 isp\n')
  const daemon = listen(run, join(run, 'net'))
  assert.equal((daemon.heard[0] as Line).event, 'hook-stale')
  assert.equal(daemon.heard.length, 1)
  await daemon.close()
})

test('of an interface that is gone the daemon hears, once, where no ip-down tells of it', async () => {
  const run = freshRun()
  const clock = fakeClock()
  const ppp0 = join(run, 'net/ppp0')
  mkdirSync(ppp0, { recursive: true })
  const daemon = listen(run, join(run, 'net'), clock)
  writeFileSync(join(run, 'hook'), `up ${called.join(' ')}\n`)
  await daemon.until(1)
  await clock.advance(60_000)
  rmSync(ppp0, { recursive: true })
  await clock.advance(9999)
  assert.deepEqual(daemon.heard, [wentUp])
  await clock.advance(60_000)
  const gone = { ...wentDown, reason: 'ppp0 is gone, and no ip-down has told of it' }
  assert.deepEqual(daemon.heard, [wentUp, gone])

  mkdirSync(ppp0)
  writeFileSync(join(run, 'hook'), `up ${called.join(' ')}\ndown ppp1\n`)
  await daemon.until(4)
  rmSync(ppp0, { recursive: true })
  await clock.advance(5000)
  writeFileSync(join(run, 'hook'), 'down ppp0\n')
  await daemon.until(5)
  await clock.advance(60_000)
  assert.deepEqual(daemon.heard.slice(2), [wentUp, { ...wentDown, interface: 'ppp1' }, wentDown])
  assert.equal(clock.waiting(), 0)
  await daemon.close()
})

/** A script of that name; returns the name. */
function program(path: string, script: string): string {
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return path
}

/** Fills a pipe; returns how much went in. */
function fill(fd: number): number {
  let total = 0
  for (;;) {
    try {
      total += writeSync(fd, Buffer.alloc(4096, 'x'))
    } catch {
      return total
    }
  }
}

function drain(fd: number): number {
  const octets = Buffer.alloc(4096)
  let total = 0
  for (;;) {
    try {
      total += readSync(fd, octets)
    } catch {
      return total
    }
  }
}

/** Processes with that RUN in their environment. */
function writers(run: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`DIALPOST_RUN=${run}\0`)
    } catch {
      return false
    }
  }).length
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((later) => setTimeout(later, 20))
}
