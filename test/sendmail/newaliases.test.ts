import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAliases } from '../../src/sendmail/newaliases.ts'

test('each file is counted as newaliases counts it', () => {
  const files = [
    { path: '/etc/aliases', text: '# people\nroot: eddy\nboth: eddy,\n keith\n' },
    { path: '/etc/lists', text: '' },
  ]
  assert.deepEqual(checkAliases(files), {
    said: ['/etc/aliases: 2 aliases, longest 11 bytes, 23 bytes total', '/etc/lists: 0 aliases, longest 0 bytes, 0 bytes total'],
    mistakes: [],
  })
})

test('mistakes have file and line, and do not count', () => {
  const { said, mistakes } = checkAliases([{ path: '/etc/aliases', text: 'root: eddy\n\nno colon\nroot: keith\n' }])
  assert.deepEqual(said, ['/etc/aliases: 1 aliases, longest 4 bytes, 8 bytes total'])
  assert.deepEqual(
    mistakes.map((text) => text.split(': ')[0]),
    ['/etc/aliases:3', '/etc/aliases:4'],
  )
})
