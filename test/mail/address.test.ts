import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey, formatAddress, formatPath, isDomain, parseAddress, parsePath } from '../../src/mail/address.ts'

const table: readonly (readonly [string, { local: string; domain: string } | undefined])[] = [
  ['eddy@Shire.LAN', { local: 'eddy', domain: 'shire.lan' }],
  ['Eddy', { local: 'Eddy', domain: '' }],
  ['"john doe"@x.example', { local: 'john doe', domain: 'x.example' }],
  ['"a\\"b"@x.example', { local: 'a"b', domain: 'x.example' }],
  ['eddy@[192.0.2.1]', { local: 'eddy', domain: '[192.0.2.1]' }],
  ['a@b@x.example', undefined],
  ['"a@b"@x.example', { local: 'a@b', domain: 'x.example' }],
  ['', undefined],
  ['@x.example', undefined],
  ['eddy@', undefined],
  ['eddy@-x.example', undefined],
  ['eddy@x..example', undefined],
  ['two words@x.example', undefined],
  ['eddy@x.example\r\nDATA', undefined],
]
for (const [text, expected] of table) {
  test(`${JSON.stringify(text)} parses to ${JSON.stringify(expected)}`, () => assert.deepEqual(parseAddress(text), expected))
}

test('what is parsed is written back so that it parses to the same', () => {
  for (const [text, expected] of table) {
    if (expected) assert.deepEqual(parseAddress(formatAddress(expected)), expected, text)
  }
})

test('a path loses its source route', () => {
  assert.deepEqual(parsePath('@hub.example,@relay.example:eddy@x.example'), { local: 'eddy', domain: 'x.example' })
})

test('the null path is a pair of brackets', () => {
  assert.equal(formatPath(null), '<>')
  assert.equal(formatPath({ local: 'two words', domain: 'x.example' }), '<"two words"@x.example>')
})

test('one mailbox has one key, whatever its letter case', () => {
  assert.equal(addressKey({ local: 'Eddy', domain: 'x.example' }), addressKey({ local: 'eddy', domain: 'x.example' }))
})

test('a domain has labels of at most 63 characters', () => {
  assert.equal(isDomain(`${'a'.repeat(63)}.example`), true)
  assert.equal(isDomain(`${'a'.repeat(64)}.example`), false)
})
