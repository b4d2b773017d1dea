/** The system calls that Node lacks, against the kernel and against another program that makes them. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { allocate, lockFile, lockHolder, makeFifo, releaseMalloc, thriftyMalloc, unlockFile } from '../src/libc.ts'
import { memory } from '../src/memory.ts'

function hasGlibc(): boolean {
  return 'glibcVersionRuntime' in ((process.report.getReport() as { header?: object }).header ?? {})
}

test('a thrifty malloc keeps nothing of what was freed', { skip: hasGlibc() ? false : 'not glibc' }, () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const use = (): number => Array.from({ length: 1000 }, () => Buffer.allocUnsafeSlow(48 * 1024).fill(1)).length
  assert.ok(thriftyMalloc())
  collect()
  const before = memory().anonymous
  assert.equal(use(), 1000)
  collect()
  collect()
  releaseMalloc()
  assert.ok(memory().anonymous - before < 16 * 2 ** 20, `${memory().anonymous - before} octets of 48 MB are kept`)
})

test('a lock keeps out another opening of the file in this very process, until it is given up', (t) => {
  const [one, other] = [open(t, 'eddy'), open(t, 'eddy')]
  lockFile(one)
  assert.throws(() => lockFile(other), { code: 'EAGAIN', syscall: 'fcntl' })
  unlockFile(one)
  lockFile(other)
})

test('a lock outlives the closing of another descriptor of the same file', (t) => {
  const path = join(directory(t), 'eddy')
  const [one, passing, other] = [openSync(path, 'a+'), openSync(path, 'a+'), openSync(path, 'a+')]
  lockFile(one)
  closeSync(passing)
  assert.throws(() => lockFile(other), { code: 'EAGAIN' })
  closeSync(one)
  lockFile(other)
  closeSync(other)
})

test('a program that uses fcntl locks finds ours', async (t) => {
  const path = join(directory(t), 'eddy')
  const fd = openSync(path, 'a+')
  const attempt = `import fcntl,sys\nf=open(sys.argv[1],'r+')\ntry:\n fcntl.lockf(f,fcntl.LOCK_EX|fcntl.LOCK_NB)\n print('got it')\nexcept OSError as e: print('refused', e.errno)`
  lockFile(fd)
  assert.equal(await python(attempt, path), 'refused 11')
  unlockFile(fd)
  assert.equal(await python(attempt, path), 'got it')
  closeSync(fd)
})

test('we find the fcntl lock of a program, and which program it is', async (t) => {
  const path = join(directory(t), 'eddy')
  const fd = openSync(path, 'a+')
  t.after(() => closeSync(fd))
  assert.equal(lockHolder(fd), undefined)
  const child = spawn('python3', [
    '-c',
    `import fcntl,sys\nf=open(sys.argv[1],'r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint('ready',flush=True)\nsys.stdin.read()`,
    path,
  ])
  await new Promise((ready) => child.stdout.once('data', ready))
  assert.throws(() => lockFile(fd), { code: 'EAGAIN' })
  assert.equal(lockHolder(fd), child.pid)
  child.stdin.end()
  await new Promise((ended) => child.once('exit', ended))
  lockFile(fd)
})

test('allocated octets are part of the file', (t) => {
  const path = join(directory(t), 'segment')
  const fd = openSync(path, 'a+')
  allocate(fd, 0, 10_000)
  assert.equal(statSync(path).size, 10_000)
  assert.ok(statSync(path).blocks * 512 >= 10_000)
  closeSync(fd)
})

test('a FIFO is made with its mode, or the reason is thrown', (t) => {
  const path = join(directory(t), 'hook')
  makeFifo(path, 0o600)
  assert.ok(statSync(path).isFIFO())
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.throws(() => makeFifo(path, 0o600), { code: 'EEXIST', syscall: 'mkfifo' })
})

test('a descriptor that is none is an error, not a lock', () => {
  assert.throws(() => lockFile(9999), { code: 'EBADF' })
})

const directories = new WeakMap<TestContext, string>()

function directory(t: TestContext): string {
  const known = directories.get(t)
  if (known !== undefined) return known
  const made = mkdtempSync(join(tmpdir(), 'dialpost-'))
  directories.set(t, made)
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

function open(t: TestContext, name: string): number {
  const fd = openSync(join(directory(t), name), 'a+')
  t.after(() => closeSync(fd))
  return fd
}

async function python(program: string, ...args: readonly string[]): Promise<string> {
  const child = spawn('python3', ['-c', program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (octets: Buffer) => (said += octets.toString()))
  await new Promise((ended) => child.once('close', ended))
  return said.trim()
}
