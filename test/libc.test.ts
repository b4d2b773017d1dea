/** The system calls that Node lacks, against the kernel and against another program that makes them. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { allocate, exchangeNames, lockFile, lockHolder, makeFifo, releaseMalloc, thriftyMalloc, unlockFile } from '../src/libc.ts'
import { memory } from '../src/memory.ts'
import { needsRoot } from './nobody.ts'

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

test('capabilities that are kept stay with a process, and what it starts has none', { skip: needsRoot }, () => {
  const program = `
    import { spawnSync } from 'node:child_process'
    import { readFileSync } from 'node:fs'
    import { keepCapabilities } from ${JSON.stringify(join(import.meta.dirname, '../src/libc.ts'))}
    const effective = (status) => Number.parseInt(/CapEff:\\s*(\\w+)/.exec(status)[1], 16)
    const child = () => effective(spawnSync('cat', ['/proc/self/status'], { encoding: 'utf8' }).stdout)
    const before = child()
    keepCapabilities()
    process.stdout.write(JSON.stringify([before, child(), effective(readFileSync('/proc/self/status', 'utf8'))]))`
  const rights = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all,+sys_time', '--ambient-caps=-all,+sys_time']
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', program]
  const { stdout, stderr } = spawnSync('setpriv', [...rights, '--', ...node], { encoding: 'utf8' })
  const sysTime = 1 << 25
  assert.deepEqual(JSON.parse(stdout || stderr), [sysTime, 0, sysTime])
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

test('two folders change places', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-exchange-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [one, other] = [join(folder, 'one'), join(folder, 'other')]
  mkdirSync(join(one, 'within one'), { recursive: true })
  mkdirSync(other)
  exchangeNames(one, other)
  assert.deepEqual([readdirSync(one), readdirSync(other)], [[], ['within one']])
  assert.throws(() => exchangeNames(one, join(folder, 'third')), { code: 'ENOENT', syscall: 'renameat2' })
})
