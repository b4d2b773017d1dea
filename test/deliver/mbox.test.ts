/** The mbox keeps its file's owner, mode and letters whatever fails, and refuses to be led elsewhere. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asNobody, needsRoot } from '../nobody.ts'
import type { Fault } from './faults.ts'
import { faulty } from './faults.ts'
import { account, lettersIn, listening, mail, marksIn, mboxesIn, never, noted, temporaryDirectory } from './mboxes.ts'

const earlier = 'From old@x Sat Jun  3 20:58:31 2000\nX-Dialpost-Delivery: 1.1\n\nold letter\n\n'
const root = process.geteuid?.() === 0

test('a letter stands in the mbox with its From line, our two fields, and its body quoted', async (t) => {
  const directory = temporaryDirectory(t)
  await mboxesIn(directory).append('eddy', [mail(1, 'From here\r\n>From there\r\n', 'Status: RO\r\nContent-Length: 1\r\n')], noted, never)
  const text = readFileSync(join(directory, 'eddy'), 'latin1')
  assert.match(text, /^From keith@shire.lan \w{3} Jun [ \d]\d \d\d:\d\d:\d\d 2000\n/)
  assert.equal(
    text.slice(text.indexOf('\n') + 1),
    'X-Dialpost-Delivery: 4F1.1\nReturn-Path: <keith@shire.lan>\nReceived: by moriah id 4F1\nSubject: letter 1\n\n>From here\n>>From there\n\n',
  )
})

test('a new mailbox is its user’s alone, or 0660 for the group mail', async (t) => {
  const directory = temporaryDirectory(t)
  await mboxesIn(directory).append('eddy', [mail(1)], noted, never)
  assert.equal(statSync(join(directory, 'eddy')).mode & 0o777, 0o600)
  await mboxesIn(directory, { mailGroup: process.getegid?.() ?? 0 }).append('keith', [mail(1)], noted, never)
  assert.equal(statSync(join(directory, 'keith')).mode & 0o777, 0o660)
})

test('as root, a new mailbox is given to its user and the group mail, and one that a crash left to root too', {
  skip: !root && 'needs root',
}, async (t) => {
  const directory = temporaryDirectory(t)
  const accounts = (name: string) => ({ ...account(name), uid: 4711, gid: 4712 })
  const path = join(directory, 'eddy')
  for (const prepare of [() => {}, () => writeFileSync(path, '')]) {
    prepare()
    const [outcome] = await mboxesIn(directory, { accounts, mailGroup: 8 }).append('eddy', [mail(1)], noted, never)
    assert.equal(outcome?.kind, 'accepted')
    const { uid, gid, mode } = statSync(path)
    assert.deepEqual([uid, gid, mode & 0o777], [4711, 8, 0o660])
    execFileSync('rm', [path])
  }
})

test('an existing mailbox keeps its mode and group', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  writeFileSync(path, earlier)
  chmodSync(path, 0o640)
  await mboxesIn(directory, { mailGroup: process.getegid?.() ?? 0 }).append('eddy', [mail(1)], noted, never)
  assert.equal(statSync(path).mode & 0o777, 0o640)
})

const unfit: Readonly<Record<string, { readonly make: (path: string, directory: string) => void; readonly words: RegExp }>> = {
  'a symbolic link': {
    make: (path, directory) => {
      writeFileSync(join(directory, 'elsewhere'), earlier)
      symlinkSync(join(directory, 'elsewhere'), path)
    },
    words: /is a symbolic link/,
  },
  'a file with a second name': {
    make: (path, directory) => {
      writeFileSync(join(directory, 'elsewhere'), earlier)
      linkSync(join(directory, 'elsewhere'), path)
    },
    words: /hard link/,
  },
  'a directory': { make: (path) => mkdirSync(path), words: /is a directory/ },
  'a FIFO': { make: (path) => void execFileSync('mkfifo', [path]), words: /not a regular file|failed/ },
}

for (const [what, { make, words }] of Object.entries(unfit)) {
  test(`${what} in place of a mailbox defers the letters and is left as it is`, async (t) => {
    const directory = temporaryDirectory(t)
    make(join(directory, 'eddy'), directory)
    const [outcome] = await mboxesIn(directory).append('eddy', [mail(1)], noted, never)
    assert.equal(outcome?.kind, 'deferred')
    assert.match(outcome.reply.text, words)
    if (existsSync(join(directory, 'elsewhere'))) assert.equal(readFileSync(join(directory, 'elsewhere'), 'latin1'), earlier)
  })
}

test('a mailbox that may not be given to its user is not made, nor left where a crash left it: who may, and how, is said', {
  skip: needsRoot,
}, async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o777)
  const keith = { ...account('keith'), uid: 4711, gid: 4711 }
  const deliver = () =>
    asNobody(() => mboxesIn(directory, { mailGroup: 8, accounts: () => keith }).append('keith', [mail(1)], noted, never))
  for (const before of ['nothing', 'a crash’s']) {
    if (before !== 'nothing') await asNobody(() => writeFileSync(join(directory, 'keith'), ''))
    const [outcome] = await deliver()
    assert.equal(outcome?.kind, 'deferred')
    const command = `install -o keith -g 8 -m 660 /dev/null ${join(directory, 'keith')}`
    assert.ok(outcome.reply.text.endsWith(`does not exist, and dialpost may not make keith one; as root: ${command}`), outcome.reply.text)
    assert.deepEqual(readdirSync(directory), [])
  }
})

test('a mailbox of another user that one may write by its group is filled, and keeps its owner and mode', {
  skip: needsRoot,
}, async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o777)
  const path = join(directory, 'keith')
  writeFileSync(path, earlier)
  chownSync(path, 4711, 65_534)
  chmodSync(path, 0o660)
  const keith = { ...account('keith'), uid: 4711, gid: 4711 }
  const [outcome] = await asNobody(() => mboxesIn(directory, { accounts: () => keith }).append('keith', [mail(1)], noted, never))
  assert.equal(outcome?.kind, 'accepted')
  assert.equal(lettersIn(path).length, 2)
  const { uid, gid, mode } = statSync(path)
  assert.deepEqual([uid, gid, mode & 0o777], [4711, 65_534, 0o660])
  assert.deepEqual(readdirSync(directory), ['keith'])
})

test('somebody else’s file in place of a mailbox defers the letters', { skip: !root && 'needs root' }, async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  writeFileSync(path, earlier)
  chownSync(path, 4711, 4711)
  const [outcome] = await mboxesIn(directory).append('eddy', [mail(1)], noted, never)
  assert.equal(outcome?.kind, 'deferred')
  assert.match(outcome.reply.text, /belongs to user number 4711, not to eddy/)
  assert.equal(readFileSync(path, 'latin1'), earlier)
})

test('a user whose name is a path, or that of a lock file, has no mailbox', async (t) => {
  const directory = temporaryDirectory(t)
  for (const user of ['../eddy', 'a/b', '.', '..', '.hidden', 'eddy.lock', '', 'a\0b']) {
    const [outcome] = await mboxesIn(directory).append(user, [mail(1)], noted, never)
    assert.equal(outcome?.kind, 'refused', user)
  }
  assert.deepEqual(readdirSync(directory), [])
})

const faults: readonly (Fault & { readonly enhanced: string; readonly kept?: readonly string[]; readonly accepted?: number })[] = [
  { operation: 'write', nth: 1, code: 'ENOSPC', path: 'eddy', enhanced: '4.3.1', accepted: 1 },
  { operation: 'write', nth: 2, code: 'EDQUOT', path: 'eddy', enhanced: '4.2.2', accepted: 1 },
  { operation: 'write', nth: 3, code: 'EIO', path: 'eddy', enhanced: '4.3.0', accepted: 1 },
  { operation: 'write', nth: 1, code: 'EFBIG', path: 'eddy', enhanced: '4.2.2', accepted: 1 },
  { operation: 'datasync', nth: 1, code: 'EIO', path: 'eddy', enhanced: '4.3.0', accepted: 0 },
  { operation: 'datasync', nth: 1, code: 'ENOSPC', path: 'eddy', enhanced: '4.3.1', accepted: 0 },
  { operation: 'close', nth: 1, code: 'ENOSPC', path: 'eddy', enhanced: '4.3.1', accepted: 0 },
  { operation: 'close', nth: 1, code: 'EDQUOT', path: 'eddy', enhanced: '4.2.2', accepted: 0 },
  { operation: 'open', nth: 1, code: 'EACCES', path: 'eddy', enhanced: '4.2.0', accepted: 0 },
  { operation: 'open', nth: 1, code: 'EROFS', path: '.lk', enhanced: '4.3.0', accepted: 0 },
  { operation: 'write', nth: 1, code: 'ENOSPC', path: '.lk', enhanced: '4.3.1', accepted: 0 },
]

for (const { enhanced, accepted = 0, ...fault } of faults) {
  test(`${fault.code} at ${fault.operation} ${fault.nth} of *${fault.path}* defers with ${enhanced}, leaves no half, and the next try delivers the rest`, async (t) => {
    const directory = temporaryDirectory(t)
    const path = join(directory, 'eddy')
    writeFileSync(path, earlier)
    const files = faulty(fault)
    const mails = [mail(1), mail(2)]
    const outcomes = await mboxesIn(directory, { files }).append('eddy', mails, noted, never)
    assert.ok(files.met())
    assert.equal(outcomes.filter(({ kind }) => kind === 'accepted').length, accepted)
    for (const outcome of outcomes)
      if (outcome.kind !== 'accepted') assert.deepEqual([outcome.kind, outcome.reply.enhanced], ['deferred', enhanced])
    const inside = mails.filter((_, index) => outcomes[index]?.kind === 'accepted').map(({ id, delivery }) => `${id}.${delivery}`)
    assert.deepEqual(marksIn(path), ['1.1', ...inside])
    assert.ok(lettersIn(path).every((letter) => letter.endsWith('\n\n')))
    assert.deepEqual(readdirSync(directory), ['eddy'])
    const left = mails.filter((_, index) => outcomes[index]?.kind !== 'accepted')
    await mboxesIn(directory).append('eddy', left, noted, never)
    assert.deepEqual(marksIn(path).sort(), ['1.1', '4F1.1', '4F2.2'])
  })
}

test('a half that cannot be cut off is reported, and never takes the next letter into itself', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  writeFileSync(path, earlier)
  const { log, names } = listening()
  const files = faulty(
    { operation: 'write', nth: 2, code: 'EIO', path: 'eddy' },
    { operation: 'truncate', nth: 1, code: 'EIO', path: 'eddy' },
  )
  const [outcome] = await mboxesIn(directory, { files, log }).append('eddy', [mail(1)], noted, never)
  assert.equal(outcome?.kind, 'deferred')
  assert.ok(names().includes('undo-failed'))
  await mboxesIn(directory).append('eddy', [mail(2)], noted, never)
  assert.equal(marksIn(path).at(-1), '4F2.2')
})

test('a letter is appended behind a blank line, whatever a reader left at the end', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  for (const end of ['', '\n', '\n\n']) {
    writeFileSync(path, `${earlier.trimEnd()}${end}`)
    await mboxesIn(directory).append('eddy', [mail(1)], noted, never)
    assert.deepEqual(marksIn(path), ['1.1', '4F1.1'])
    assert.ok(readFileSync(path, 'latin1').startsWith(earlier))
  }
})

test('a mailbox has new mail for a shell: it was written after it was last read', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'eddy')
  const read = Date.now() / 1000 - 3600
  writeFileSync(path, earlier)
  utimesSync(path, read, read)
  await mboxesIn(directory).append('eddy', [mail(1)], noted, never)
  assert.ok(Math.abs(statSync(path).atimeMs / 1000 - read) < 1)
  await mboxesIn(directory).append('new', [mail(1)], noted, never)
  const { atimeMs, mtimeMs } = statSync(join(directory, 'new'))
  assert.ok(Math.floor(atimeMs / 1000) < Math.floor(mtimeMs / 1000))
})

test('a mailbox directory that is not there defers', async (t) => {
  const [outcome] = await mboxesIn(join(temporaryDirectory(t), 'not-mounted')).append('eddy', [mail(1)], noted, never)
  assert.equal(outcome?.kind, 'deferred')
  assert.match(outcome.reply.text, /does not exist/)
})
