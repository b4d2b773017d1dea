/** The lock file: taken by one at a time, honoured by others, broken only when its holder is dead. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Dotlocks } from '../../src/deliver/dotlock.ts'
import { dotlocks, thisProcess } from '../../src/deliver/dotlock.ts'
import type { Files } from '../../src/deliver/files.ts'
import { systemFiles } from '../../src/deliver/files.ts'
import { formatHolder } from '../../src/deliver/holder.ts'
import type { Log } from '../../src/log/events.ts'
import { faulty } from './faults.ts'
import { listening, temporaryDirectory } from './mboxes.ts'

const old = Date.now() / 1000 - 400

test('one takes it, the next is told by whom and since when, and after the drop nothing is left', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const first = await made(t).take(path, 'eddy')
  assert.equal(first.kind, 'taken')
  assert.deepEqual(readdirSync(directory), ['eddy.lock'])
  const second = await made(t).take(path, 'eddy')
  assert.equal(second.kind, 'busy')
  assert.match(second.holder, new RegExp(`^process ${process.pid} of \\S+ \\(dialpost\\), not touched for 0 seconds$`))
  await first.drop()
  assert.deepEqual(readdirSync(directory), [])
})

test('of many at the same time one takes it', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  const all = await Promise.all(Array.from({ length: 20 }, () => made(t).take(path, 'eddy')))
  assert.equal(all.filter(({ kind }) => kind === 'taken').length, 1)
})

test('Python’s mailbox module, which links too, respects it and is respected', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  writeFileSync(path, '')
  const program = `import mailbox,os,sys\nbox=mailbox.mbox(sys.argv[1])\ntry:\n box.lock()\n print('locked')\n os._exit(0)\nexcept mailbox.ExternalClashError: print('refused')`
  const python = () => spawnSync('python3', ['-c', program, path], { encoding: 'utf8' }).stdout.trim()
  const lock = await made(t).take(path, 'eddy')
  assert.equal(lock.kind, 'taken')
  assert.equal(python(), 'refused')
  await lock.drop()
  assert.equal(python(), 'locked')
  assert.equal((await made(t).take(path, 'eddy')).kind, 'busy')
})

test('a lock that nobody has touched for five minutes is broken, and that is reported', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  writeFileSync(`${path}.lock`, '77\n')
  assert.equal((await made(t).take(path, 'eddy')).kind, 'busy')
  utimesSync(`${path}.lock`, old, old)
  const { log, lines } = listening()
  assert.equal((await made(t, log).take(path, 'eddy')).kind, 'taken')
  assert.deepEqual(
    lines.map(({ level, event, text }) => [level, event, text]),
    [['warn', 'lock-broken', 'eddy: broke the lock of process 77 (of this or another host): not touched for 6 minutes']],
  )
})

test('a lock of a dialpost that has died is broken at once', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  const self = thisProcess()
  for (const dead of [
    { ...self, pid: 2 ** 22 + 1 },
    { ...self, dialpost: { ...self.dialpost, boot: 'an-earlier-one' } },
  ]) {
    writeFileSync(`${path}.lock`, formatHolder(dead))
    const { log, names } = listening()
    const lock = await made(t, log).take(path, 'eddy')
    assert.equal(lock.kind, 'taken')
    assert.deepEqual(names(), ['lock-broken'])
    await lock.drop()
  }
})

test('a living process that has just replaced a dead one’s lock gets its own back, even where its file may not be linked to', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  const lock = `${path}.lock`
  writeFileSync(lock, '77\n')
  utimesSync(lock, old, old)
  const files: Files = {
    ...systemFiles,
    async rename(from, to) {
      if (from === lock) writeFileSync(lock, 'theirs')
      await systemFiles.rename(from, to)
    },
    async link(from, to) {
      if (String(from).endsWith('x')) throw Object.assign(new Error('protected_hardlinks'), { code: 'EPERM' })
      await systemFiles.link(from, to)
    },
  }
  assert.equal((await made(t, listening().log, files).take(path, 'eddy')).kind, 'busy')
  assert.equal(readFileSync(lock, 'utf8'), 'theirs')
})

test('a living holder’s touch keeps its lock', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  const lock = await made(t).take(path, 'eddy')
  assert.equal(lock.kind, 'taken')
  utimesSync(`${path}.lock`, old, old)
  await lock.touch()
  assert.ok(Date.now() - statSync(`${path}.lock`).mtimeMs < 60_000)
  assert.equal(readFileSync(`${path}.lock`, 'utf8'), formatHolder(thisProcess()))
})

test('a lock that somebody else has now is neither touched nor dropped', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  const { log, names } = listening()
  const lock = await made(t, log).take(path, 'eddy')
  assert.equal(lock.kind, 'taken')
  spawnSync('rm', [`${path}.lock`])
  writeFileSync(`${path}.lock`, 'theirs')
  await lock.touch()
  await lock.drop()
  assert.equal(readFileSync(`${path}.lock`, 'utf8'), 'theirs')
  assert.deepEqual(names(), ['lock-lost'])
})

test('what is no lock file is never broken', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  mkdirSync(`${path}.lock`)
  utimesSync(`${path}.lock`, old, old)
  assert.equal((await made(t).take(path, 'eddy')).kind, 'busy')
  assert.ok(existsSync(`${path}.lock`))
})

test('a link that an NFS server made and did not confirm is a lock', async (t) => {
  const path = join(temporaryDirectory(t), 'eddy')
  const link: Files['link'] = async (from, to) => {
    await systemFiles.link(from, to)
    throw Object.assign(new Error('the answer was lost'), { code: 'EIO' })
  }
  const files = { ...systemFiles, link }
  assert.equal((await made(t, listening().log, files).take(path, 'eddy')).kind, 'taken')
})

test('a directory that allows no lock says so', async (t) => {
  const directory = temporaryDirectory(t)
  await assert.rejects(made(t).take(join(directory, 'nowhere', 'eddy'), 'eddy'), { code: 'ENOENT' })
  const files = faulty({ operation: 'link', nth: 1, code: 'EPERM' })
  await assert.rejects(made(t, listening().log, files).take(join(directory, 'eddy'), 'eddy'), {
    code: 'EPERM',
  })
  assert.deepEqual(readdirSync(directory), [])
})

test('what a dead process left half made is removed by the next, and nothing else', async (t) => {
  const directory = temporaryDirectory(t)
  const me = thisProcess()
  const dead = { ...me, pid: 4_000_000, dialpost: { ...me.dialpost, started: '1' } }
  const put = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content)
    return name
  }
  const { host } = me.dialpost
  put(`.lk4000000deadbeef${host}`, formatHolder(dead))
  put(`.lk4000000deadbeef${host}x`, '')
  put(`.lk${String(process.pid).padStart(5, '0')}deadbeef${host}`, '')
  const others = [
    put(`.lk4000000deadbeefelsewhere`, formatHolder({ ...dead, dialpost: { ...dead.dialpost, host: 'elsewhere' } })),
    put(`.lk${String(process.pid).padStart(5, '0')}abcdef01${host}`, formatHolder(me)),
    put(`.lk${String(process.ppid).padStart(5, '0')}deadbeef${host}`, ''),
    put('.lkeddy', 'a mailbox of a strange name'),
  ]
  mkdirSync(join(directory, `.lk4000001deadbeef${host}`))
  const lock = await made(t).take(join(directory, 'eddy'), 'eddy')
  assert.deepEqual(readdirSync(directory).toSorted(), [...others, 'eddy.lock', `.lk4000001deadbeef${host}`].toSorted())
  if (lock.kind === 'taken') await lock.drop()
})

/** Whatever is taken is dropped when the test ends. */
function made(t: TestContext, log: Log = listening().log, files: Files = systemFiles): Dotlocks {
  const locks = dotlocks({ files, clock: systemClock, log })
  return {
    async take(path, name) {
      const got = await locks.take(path, name)
      if (got.kind === 'taken') t.after(() => got.drop())
      return got
    },
  }
}
