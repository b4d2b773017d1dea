import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { mailFiles } from '../../src/config/files.ts'
import { makeFifo } from '../../src/libc.ts'
import { asNobody, needsRoot } from '../nobody.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-files-'))
after(() => rmSync(folder, { recursive: true }))

const me = process.getuid?.() ?? 0
const at = (name: string) => join(folder, name)

function write(name: string, text: string, mode = 0o644): string {
  writeFileSync(at(name), text)
  chmodSync(at(name), mode)
  return at(name)
}

/** A user whose home is made, and a .forward in it if there is text for one. */
function person(name: string, { text, mode, home = 0o755, uid = me }: { text?: string; mode?: number; home?: number; uid?: number } = {}) {
  mkdirSync(at(name))
  if (text !== undefined) write(`${name}/.forward`, text, mode)
  chmodSync(at(name), home)
  return { name, uid, gid: 0, home: at(name), shell: '/bin/sh' }
}

function forwards(account: ReturnType<typeof person>, forwardFiles = true) {
  return mailFiles({ aliases: [], forwardFiles, find: (user) => (user === account.name ? account : undefined) })
}

test('alias files come with their paths, in order, by links too', async () => {
  const [first, second] = [write('aliases', 'a: b\n'), write('more', 'c: d\n')]
  symlinkSync(second, at('link'))
  const files = mailFiles({ aliases: [first, at('link')], forwardFiles: true, find: () => undefined })
  assert.deepEqual(await files.aliases(), {
    kind: 'text',
    files: [
      { path: first, text: 'a: b\n' },
      { path: at('link'), text: 'c: d\n' },
    ],
  })
})

test('a changed file is read anew', async () => {
  const path = write('changing', 'a: b\n')
  const files = mailFiles({ aliases: [path], forwardFiles: true, find: () => undefined })
  await files.aliases()
  write('changing', 'a: c\n')
  assert.deepEqual(await files.aliases(), { kind: 'text', files: [{ path, text: 'a: c\n' }] })
})

test('an alias file that never was holds nothing; one that is gone makes mail wait', async () => {
  const path = at('vanishing')
  const files = mailFiles({ aliases: [path], forwardFiles: true, find: () => undefined })
  assert.deepEqual(await files.aliases(), { kind: 'text', files: [{ path, text: '' }] })
  write('vanishing', 'a: b\n')
  await files.aliases()
  rmSync(path)
  assert.deepEqual(await files.aliases(), { kind: 'unreadable', reason: `${path} was there and is gone` })
})

test('an alias file that everybody may write to is not believed', async () => {
  const path = write('open', 'a: "|sh"\n', 0o666)
  const read = await mailFiles({ aliases: [path], forwardFiles: true, find: () => undefined }).aliases()
  assert.deepEqual(read, { kind: 'unreadable', reason: `everybody may write to ${path}; chmod o-w ${path}` })
})

test('what is included is text, or says why not; a FIFO does not hang', async () => {
  const files = mailFiles({ aliases: [], forwardFiles: true, find: () => undefined })
  assert.deepEqual(await files.include(write('list', 'eddy\n')), { kind: 'text', text: 'eddy\n' })
  makeFifo(at('fifo'), 0o600)
  const reasons = []
  for (const name of ['none', 'fifo', '.']) reasons.push(await files.include(at(name)))
  assert.deepEqual(reasons, [
    { kind: 'unreadable', reason: `${at('none')} is not there` },
    { kind: 'unreadable', reason: `${at('fifo')} is not a file` },
    { kind: 'unreadable', reason: `${at('.')} is not a file` },
  ])
})

test('a .forward of the user alone is read', async () => {
  const account = person('eddy', { text: 'eddy@work.example\n' })
  assert.deepEqual(await forwards(account).forward('eddy'), { kind: 'text', path: at('eddy/.forward'), text: 'eddy@work.example\n' })
  assert.deepEqual(await forwards(account, false).forward('eddy'), { kind: 'none' })
  assert.deepEqual(await forwards(account).forward('somebody'), { kind: 'none' })
})

test('a home without a .forward has none', async () => {
  assert.deepEqual(await forwards(person('keith')).forward('keith'), { kind: 'none' })
})

const unsafe: readonly [why: string, facts: Parameters<typeof person>[1], reason: RegExp][] = [
  ['the group may write to it', { text: 'x', mode: 0o664 }, /others may write to .*forward/],
  ['everybody may write to it', { text: 'x', mode: 0o646 }, /others may write to .*forward/],
  ['it belongs to somebody else', { text: 'x', uid: me + 1 }, /forward does not belong to/],
  ['the group may write to the home', { text: 'x', home: 0o775 }, /others may write to .*; chmod go-w/],
  ['everybody may write to the home', { text: 'x', home: 0o777 }, /others may write to .*; chmod go-w/],
]

for (const [index, [why, facts, reason]] of unsafe.entries())
  test(`a .forward is unsafe when ${why}`, async () => {
    const name = `unsafe${index}`
    const read = await forwards(person(name, facts)).forward(name)
    assert.ok(read.kind === 'unsafe', read.kind)
    assert.equal(read.path, at(`${name}/.forward`))
    assert.match(read.reason, reason)
  })

test('a .forward that is a link, a folder or a FIFO is unsafe, and nothing is read through it', async () => {
  const account = person('links')
  symlinkSync(write('elsewhere', 'x'), at('links/.forward'))
  assert.deepEqual(await forwards(account).forward('links'), {
    kind: 'unsafe',
    path: at('links/.forward'),
    reason: `${at('links/.forward')} is a symbolic link`,
  })
  rmSync(at('links/.forward'))
  makeFifo(at('links/.forward'), 0o600)
  assert.equal((await forwards(account).forward('links')).kind, 'unsafe')
})

test('a .forward that its user keeps from us is as none; an alias file that is kept from us makes mail wait', {
  skip: needsRoot,
}, async () => {
  chmodSync(folder, 0o755)
  const closed = [
    person('shut', { text: 'x@y.example\n', home: 0o700, uid: 4711 }),
    person('secret', { text: 'x@y.example\n', mode: 0o600, uid: 4711 }),
  ]
  for (const account of closed) {
    chownSync(account.home, 4711, 4711)
    chownSync(`${account.home}/.forward`, 4711, 4711)
    const found = await asNobody(() => forwards(account).forward(account.name))
    assert.equal(found.kind, 'unsafe')
    assert.match(found.reason, /^dialpost may not read .*\/\.forward; chmod o\+x /)
  }
  const aliases = write('private', 'a: b\n', 0o600)
  const files = mailFiles({ aliases: [aliases], forwardFiles: true, find: () => undefined })
  assert.deepEqual(await asNobody(() => files.aliases()), { kind: 'unreadable', reason: `${aliases} cannot be read (EACCES)` })
})

test('a home that is no folder is unreadable, never "no .forward"', async () => {
  const home = write('nohome', '')
  const account = { name: 'x', uid: me, gid: 0, home, shell: '' }
  assert.deepEqual(await forwards(account).forward('x'), { kind: 'unreadable', reason: `${home}/.forward cannot be read (ENOTDIR)` })
})

test('a home that never was has no .forward; one that is gone makes mail wait', async () => {
  const account = person('moving', { text: 'x' })
  const files = forwards(account)
  await files.forward('moving')
  rmSync(at('moving'), { recursive: true })
  assert.deepEqual(await files.forward('moving'), { kind: 'unreadable', reason: `${at('moving')} was there and is gone` })
  assert.deepEqual(await forwards(account).forward('moving'), { kind: 'none' })
})
