/**
 * scripts/image by two people: of the same sources, packages and key, and of nothing else that differs between them. Their folders lie on
 * different file systems, whose names come in another order; and so do hour, year, language, time zone, modes and home. The kernel is built
 * once and for both, as for everybody who has a cache: what would differ in it is fixed where it is built (scripts/firmware/kernel).
 * Whoever has just built the image of this tree (IMAGE_IS_NEW, as scripts/test has) is one of the two.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { noAppliance } from './appliance.ts'
import { project } from './emulator.ts'
import { image } from './flash.ts'
import { built, cache } from './update-files.ts'

const board = 'qemu-x86_64'
const skip = noAppliance()

type Builder = { readonly folder: string; readonly umask: string; readonly environment: NodeJS.ProcessEnv; readonly touched: Date }

test('the same sources make the same octets, whoever builds them, where and when', { skip }, async (t) => {
  const isNew = process.env['IMAGE_IS_NEW'] === 'yes'
  const builders = isNew ? [elsewhere()] : [hereAndNow(), elsewhere()]
  const folders = [...(isNew ? [project] : []), ...builders.map(({ folder }) => folder)]
  t.after(() => builders.forEach(({ folder }) => rmSync(folder, { recursive: true })))
  t.diagnostic(`built in ${folders.join(' and ')}`)
  await Promise.all(builders.map(build))
  for (const name of [`${board}.img`, `${board}.update`]) {
    const [ours = none, theirs = none] = folders.map((folder) => readFileSync(join(folder, 'dist/image', name)))
    assert.ok(ours.length > 30_000_000)
    assert.ok(ours.equals(theirs), `${name} differs from octet ${ours.findIndex((octet, at) => octet !== theirs[at])} on`)
  }
})

test('the image fits into 64 MB, and its root file system into 48', { skip }, (t) => {
  const [whole, root] = [statSync(image).size / 2 ** 20, built().header.root / 2 ** 20]
  t.diagnostic(`${whole.toFixed(1)} and ${root.toFixed(1)} MB`)
  assert.ok(whole <= 64)
  assert.ok(root <= 48)
})

const none = Buffer.alloc(0)

const hereAndNow = (): Builder => ({
  folder: mkdtempSync(join(tmpdir(), 'dialpost-build-')),
  umask: '022',
  environment: { HOME: '/root', TZ: 'UTC0', LC_ALL: 'C' },
  touched: new Date(),
})

/** In RAM, where there are two gigabytes of it; fourteen hours and a year and a half ahead. */
function elsewhere(): Builder {
  const { bavail, bsize } = statfsSync('/dev/shm')
  const folder = mkdtempSync(join(bavail * bsize > 2e9 ? '/dev/shm' : tmpdir(), 'dialpost-somebody-elses-build-'))
  const library = execFileSync('sh', ['scripts/firmware/debian', 'amd64', 'libfaketime'], {
    cwd: project,
    env: { ...process.env, ONLY: 'yes' },
  })
  const faketime = join(library.toString().trim(), 'usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1')
  const clock = { LD_PRELOAD: faketime, FAKETIME: '+500d', FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' }
  return {
    folder,
    umask: '077',
    environment: { HOME: folder, TZ: '<+14>-14', LC_ALL: 'C.UTF-8', LANGUAGE: 'de', USER: 'somebody', ...clock },
    touched: new Date('1999-12-31'),
  }
}

async function build({ folder, umask, environment, touched }: Builder): Promise<void> {
  const names = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0')
  for (const name of names.filter((one) => one !== '' && existsSync(join(project, one)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    cpSync(join(project, name), join(folder, name))
    utimesSync(join(folder, name), touched, touched)
  }
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  // The commit, and whether the tree differs from it, are of the sources; git may note nothing of this folder in its own.
  copyFileSync(resolve(project, git('rev-parse', '--git-path', 'index').trim()), join(folder, '.index'))
  const sources = {
    GIT_DIR: git('rev-parse', '--absolute-git-dir').trim(),
    GIT_WORK_TREE: folder,
    GIT_INDEX_FILE: join(folder, '.index'),
    PATH: process.env['PATH'],
    DIALPOST_CACHE: cache,
    UPDATE_KEY: process.env['UPDATE_KEY'] ?? join(cache, 'update.key'),
  }
  let said = ''
  // Of all shells bash ends by exit(3), at which libfaketime takes what it keeps in /dev/shm away.
  const image = spawn('bash', ['-c', `umask ${umask}; scripts/image ${board}; exit`], { cwd: folder, env: { ...environment, ...sources } })
  for (const stream of [image.stdout, image.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(image, 'close')) as [number | null]
  assert.equal(code, 0, said)
}

function git(...words: readonly string[]): string {
  return execFileSync('git', words, { cwd: project, encoding: 'utf8' })
}
