/** Both locks or none, without waiting for either; what stays locked is reported, and not only into that mailbox. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { dotlocks } from '../../src/deliver/dotlock.ts'
import { systemFiles } from '../../src/deliver/files.ts'
import type { LockTarget, Locks } from '../../src/deliver/lock.ts'
import { mailboxLocks } from '../../src/deliver/lock.ts'
import { fakeClock } from '../fake/clock.ts'
import { listening, mail, mboxesIn, never, noted, temporaryDirectory } from './mboxes.ts'

test('a mailbox whose fcntl lock another process holds is busy, names it, and keeps no dotlock of ours', async (t) => {
  const path = mailbox(t)
  const holder = await lockingPython(t, path)
  const got = await locks().lock(target(path), never)
  assert.deepEqual(got, { kind: 'busy', holder: `process ${holder.pid} (fcntl lock)` })
  assert.equal(existsSync(`${path}.lock`), false)
})

test('it is taken as soon as the other lets go', async (t) => {
  const path = mailbox(t)
  const holder = await lockingPython(t, path)
  const waiting = locks(10_000).lock(target(path), never)
  holder.end()
  const got = await waiting
  assert.equal(got?.kind, 'locked')
  await got.handle.close()
  await got.release()
  assert.equal(existsSync(`${path}.lock`), false)
})

test('a mailbox that a reader replaced while we locked it is opened again', async (t) => {
  const path = mailbox(t)
  let opened = 0
  const replaced: LockTarget = {
    ...target(path),
    async open() {
      const handle = await open(path, 'a+')
      if (opened++ === 0) {
        writeFileSync(`${path}.new`, 'new')
        renameSync(`${path}.new`, path)
      }
      return handle
    },
  }
  const got = await locks(5000).lock(replaced, never)
  assert.equal(got?.kind, 'locked')
  assert.equal((await got.handle.stat()).size, 3)
  assert.equal(opened, 2)
  await got.handle.close()
  await got.release()
})

test('a file that cannot be opened leaves no lock', async (t) => {
  const path = mailbox(t)
  const broken = { ...target(path), open: () => Promise.reject(new Error('no such disk')) }
  await assert.rejects(locks().lock(broken, never), /no such disk/)
  assert.equal(existsSync(`${path}.lock`), false)
})

test('a lock held long is touched every minute', async (t) => {
  const path = mailbox(t)
  const clock = fakeClock()
  const { log } = listening()
  const touched: number[] = []
  const taken = { kind: 'taken' as const, touch: async () => void touched.push(clock.elapsed()), drop: async () => {} }
  const got = await mailboxLocks({ dotlocks: { take: async () => taken }, files: systemFiles, clock, log }).lock(target(path), never)
  assert.equal(got?.kind, 'locked')
  await clock.advance(150_000)
  assert.deepEqual(touched, [60_000, 120_000])
  await got.handle.close()
  await got.release()
  assert.equal(clock.waiting(), 0)
})

test('waiting ends with the signal', async (t) => {
  const path = mailbox(t)
  writeFileSync(`${path}.lock`, '77\n')
  const stop = new AbortController()
  const waiting = locks(60_000).lock(target(path), stop.signal)
  stop.abort()
  assert.equal((await waiting)?.kind, 'busy')
})

test('after five minutes a stuck mailbox is a warning, once an hour, and a line when it is free', async (t) => {
  const path = mailbox(t)
  const clock = fakeClock()
  const { log, lines } = listening()
  let free = false
  const take = async () =>
    free ? { kind: 'taken' as const, touch: async () => {}, drop: async () => {} } : { kind: 'busy' as const, holder: 'process 77' }
  const watched = mailboxLocks({ dotlocks: { take }, files: systemFiles, clock, log, patience: 0 })
  const told = () => lines.filter(({ level }) => level !== 'info').map(({ event, text }) => `${event}: ${text}`)
  await watched.lock(target(path), never)
  assert.deepEqual(watched.stuck(), [{ mailbox: 'eddy', holder: 'process 77', since: 0 }])
  for (const minutes of [4, 1, 10, 49, 1]) {
    await clock.advance(minutes * 60_000)
    await watched.lock(target(path), never)
  }
  assert.deepEqual(told(), [
    'mailbox-stuck: eddy has been locked for 5 minutes by process 77; its mail waits in the queue',
    'mailbox-stuck: eddy has been locked for 65 minutes by process 77; its mail waits in the queue',
  ])
  free = true
  const got = await watched.lock(target(path), never)
  assert.equal(got?.kind, 'locked')
  await got.handle.close()
  await got.release()
  assert.match(told().at(-1) ?? '', /^mailbox-free/)
  assert.deepEqual(watched.stuck(), [])
})

test('the outcome of a locked mailbox says who holds it, and settled cannot tell either', async (t) => {
  const path = mailbox(t)
  writeFileSync(`${path}.lock`, '77\n')
  const mbox = mboxesIn(join(path, '..'), { patience: 0 })
  const [outcome] = await mbox.append('eddy', [mail(1)], noted, never)
  assert.equal(outcome?.kind, 'deferred')
  assert.match(outcome.reply.text, /eddy is locked by process 77 \(of this or another host\), not touched for 0 seconds/)
  assert.equal((await mbox.settled('eddy', mail(1), '0 0 0', never))?.kind, 'deferred')
  assert.equal(mbox.stuck().length, 1)
  rmSync(`${path}.lock`)
  assert.equal((await mbox.append('eddy', [mail(1)], noted, never))[0]?.kind, 'accepted')
  assert.equal(mbox.stuck().length, 0)
})

function mailbox(t: TestContext): string {
  const path = join(temporaryDirectory(t), 'eddy')
  writeFileSync(path, '')
  return path
}

function target(path: string): LockTarget {
  return { path, name: 'eddy', open: () => open(path, 'a+') }
}

function locks(patience = 100): Locks {
  const { log } = listening()
  return mailboxLocks({
    dotlocks: dotlocks({ files: systemFiles, clock: systemClock, log }),
    files: systemFiles,
    clock: systemClock,
    log,
    patience,
  })
}

async function lockingPython(t: TestContext, path: string): Promise<{ pid: number | undefined; end(): void }> {
  const program = `import fcntl,sys\nf=open(sys.argv[1],'r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint('ready',flush=True)\nsys.stdin.read()`
  const child = spawn('python3', ['-c', program, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.stdin.end())
  await new Promise((ready) => child.stdout.once('data', ready))
  return { pid: child.pid, end: () => void child.stdin.end() }
}
