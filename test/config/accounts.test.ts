import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { accounts } from '../../src/config/accounts.ts'

const folder = mkdtempSync(join(tmpdir(), 'dialpost-accounts-'))
after(() => rmSync(folder, { recursive: true }))

const lines = [
  'root:x:0:0::/root:/bin/sh',
  'games:x:5:5::/usr/games:/bin/sh',
  'eddy:x:1000:1000::/home/eddy:/bin/sh',
  'eddy:x:1009:1009::/x:/x',
]

function passwd(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, lines.join('\n'))
  return path
}

test('with "passwd" the people are root and who has a uid from 1000 on, the first line of a name holding', () => {
  const people = accounts({ users: 'passwd', passwd: passwd('a') })
  assert.deepEqual(people.names(), ['root', 'eddy'])
  assert.deepEqual(people.find('eddy'), { name: 'eddy', uid: 1000, gid: 1000, home: '/home/eddy', shell: '/bin/sh' })
  assert.deepEqual([people.has('eddy'), people.has('Eddy'), people.has('games'), people.has('constructor')], [true, false, false, false])
  assert.equal(people.find('games'), undefined)
})

test('with a list the people are those of it, and the file tells what it knows of them', () => {
  const people = accounts({ users: ['eddy', 'keith'], passwd: passwd('b') })
  assert.deepEqual(people.names(), ['eddy', 'keith'])
  assert.deepEqual([people.has('root'), people.has('keith')], [false, true])
  assert.equal(people.find('eddy')?.uid, 1000)
  assert.deepEqual(people.find('keith'), { name: 'keith', uid: process.getuid?.(), gid: process.getgid?.(), home: '', shell: '' })
  assert.equal(people.find('root'), undefined)
})

test('somebody who is added is there at once, in place or by a new file, and stays while the file is away', () => {
  const path = passwd('c')
  const people = accounts({ users: 'passwd', passwd: path })
  writeFileSync(path, [...lines, 'keith:x:1001:1001::/home/keith:/bin/sh'].join('\n'))
  assert.ok(people.has('keith'))
  writeFileSync(`${path}+`, 'olga:x:1002:1002::/home/olga:/bin/sh\n')
  renameSync(`${path}+`, path)
  assert.deepEqual(people.names(), ['olga'])
  rmSync(path)
  assert.deepEqual(people.names(), ['olga'])
})

test('without the file there is no start', () => assert.throws(() => accounts({ users: 'passwd', passwd: join(folder, 'none') }), /ENOENT/))
