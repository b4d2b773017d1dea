/** A settings folder takes the place of another, or it does not: whatever call of the disk fails, and wherever the power goes. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Disk, disk, landing, readFolder } from '../../src/setup/disk.ts'
import type { Folder } from '../../src/setup/folder.ts'
import { replaceFolder } from '../../src/setup/replace.ts'

const good = (): readonly string[] => []

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'dialpost-replace-'))
  t.after(() => rmSync(root, { recursive: true }))
  return join(root, 'settings')
}

function folderOf(word: string): Folder {
  const file = (mode: number) => ({ mode, octets: Buffer.from(`${word}\n`) })
  return new Map([
    ['dialpost.toml', file(0o644)],
    ['box', file(0o640)],
    ['dialpost.d/isp', file(0o600)],
    [`dialpost.d/${word}`, file(0o600)],
  ])
}

function words(folder: string): Readonly<Record<string, string>> {
  const read = readFolder(folder)
  assert.ok(!('trouble' in read), JSON.stringify(read))
  return Object.fromEntries(
    [...read].map(([name, { mode, octets }]) => [name, `${mode.toString(8)} ${Buffer.from(octets).toString().trim()}`]),
  )
}

const after = (word: string) => ({
  'dialpost.toml': `644 ${word}`,
  box: `640 ${word}`,
  'dialpost.d/isp': `600 ${word}`,
  [`dialpost.d/${word}`]: `600 ${word}`,
})

const withoutSecrets = (word: string) => ({ 'dialpost.toml': `644 ${word}`, box: `640 ${word}` })

test('a new folder is made, for its owner alone, whatever the umask', (t) => {
  const folder = place(t)
  const umask = process.umask(0o077)
  t.after(() => process.umask(umask))
  assert.deepEqual(replaceFolder(folder, folderOf('new'), disk, good), { former: undefined })
  assert.deepEqual(words(folder), after('new'))
  assert.deepEqual([statSync(folder).mode & 0o777, statSync(join(folder, 'dialpost.d')).mode & 0o777], [0o700, 0o700])
  assert.deepEqual(readdirSync(join(folder, '..')), ['settings'])
})

test('the former one is kept without its passwords, the one before that is not, and an empty one is no loss', (t) => {
  const folder = place(t)
  mkdirSync(join(folder, 'dialpost.d'), { recursive: true })
  assert.deepEqual(replaceFolder(folder, folderOf('first'), disk, good), { former: undefined })
  assert.deepEqual(replaceFolder(folder, folderOf('second'), disk, good), { former: `${folder}.old` })
  assert.deepEqual(words(`${folder}.old`), withoutSecrets('first'))
  replaceFolder(folder, folderOf('third'), disk, good)
  assert.deepEqual([words(folder), words(`${folder}.old`)], [after('third'), withoutSecrets('second')])
  assert.deepEqual(readdirSync(join(folder, '..')).sort(), ['settings', 'settings.old'])
})

test('what does not pass is not taken, and leaves nothing behind', (t) => {
  const folder = place(t)
  replaceFolder(folder, folderOf('old'), disk, good)
  const judged: unknown[] = []
  const judge = (staged: string): readonly string[] => {
    judged.push(words(staged))
    return ['no']
  }
  assert.deepEqual(replaceFolder(folder, folderOf('new'), disk, judge), { mistakes: ['no'] })
  assert.deepEqual(judged, [after('new')])
  assert.deepEqual(words(folder), after('old'))
  assert.deepEqual(readdirSync(join(folder, '..')), ['settings'])
})

/** Fails at that call, and at all after it if the power is gone. */
function failing(at: number, forGood: boolean): { readonly disk: Disk; readonly calls: () => number } {
  let calls = 0
  const wrapped = Object.entries(disk).map(([name, call]) => [
    name,
    (...given: never[]) => {
      calls++
      if (forGood ? calls >= at : calls === at) throw Object.assign(new Error('EIO: the disk is broken'), { code: 'EIO' })
      return (call as (...given: never[]) => unknown)(...given)
    },
  ])
  return { disk: Object.fromEntries(wrapped) as Disk, calls: () => calls }
}

for (const forGood of [false, true]) {
  test(`a disk that fails ${forGood ? 'from the nth call on' : 'at the nth call'} leaves all of the old settings or all of the new, and the next attempt works`, (t) => {
    const outcomes = new Set<string>()
    for (let at = 1; ; at++) {
      const folder = join(place(t), '..', 'settings')
      replaceFolder(folder, folderOf('older'), disk, good)
      replaceFolder(folder, folderOf('old'), disk, good)
      const broken = failing(at, forGood)
      let threw = false
      try {
        replaceFolder(folder, folderOf('new'), broken.disk, good)
      } catch (fault) {
        threw = true
        assert.match(String(fault), /the disk is broken/)
      }
      assert.deepEqual(words(folder), threw ? after('old') : after('new'), `call ${at}`)
      outcomes.add(threw ? 'old' : 'new')
      replaceFolder(folder, folderOf('next'), disk, good)
      assert.deepEqual(words(folder), after('next'))
      if (broken.calls() < at) break
    }
    assert.deepEqual([...outcomes], ['old', 'new'])
  })
}

test('a folder that holds anything else is nobody’s to replace', (t) => {
  for (const [name, make] of [
    ['sub', (path: string) => mkdirSync(path)],
    ['link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['.hidden', (path: string) => writeFileSync(path, '')],
    ['dialpost.d/link', (path: string) => symlinkSync('/etc/shadow', path)],
  ] as const) {
    const folder = join(place(t), name.replace('/', '-'))
    mkdirSync(join(folder, 'dialpost.d'), { recursive: true })
    make(join(folder, name))
    const read = readFolder(folder)
    assert.ok('trouble' in read)
    assert.ok(read.trouble.includes(name))
  }
})

test('where a path leads is known before anything is there', (t) => {
  const folder = place(t)
  const root = join(folder, '..')
  symlinkSync('settings/dialpost.d', join(root, 'relative'))
  symlinkSync(folder, join(root, 'absolute'))
  symlinkSync('round', join(root, 'round'))
  for (const [path, expected] of [
    ['relative/isp', join(folder, 'dialpost.d/isp')],
    ['absolute/dialpost.d/../box', join(folder, 'box')],
    ['plain', join(root, 'plain')],
    ['round/and/round', join(root, 'round/and/round')],
  ] as const)
    assert.equal(landing(join(root, path)), landing(expected), path)
})
