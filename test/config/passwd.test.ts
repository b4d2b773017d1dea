import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPerson, parsePasswd } from '../../src/config/passwd.ts'

const text = `root:x:0:0:root:/root:/bin/bash
# a comment
+::::::
daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
eddy:x:1000:100:Eddy Younger,,,:/home/eddy:/bin/sh
short:x:1001
bad:x:uid:gid::/:/bin/sh
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
`

test('accounts are read, and lines that are none passed over', () => {
  const accounts = parsePasswd(text)
  assert.deepEqual(
    accounts.map(({ name }) => name),
    ['root', 'daemon', 'eddy', 'nobody'],
  )
  assert.deepEqual(accounts[2], { name: 'eddy', uid: 1000, gid: 100, home: '/home/eddy', shell: '/bin/sh' })
})

test('root and those from uid 1000 on are people; daemons and nobody are not', () => {
  assert.deepEqual(
    parsePasswd(text)
      .filter(isPerson)
      .map(({ name }) => name),
    ['root', 'eddy'],
  )
})
