import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress } from '../../src/mail/address.ts'
import { addressesIn, addressesOf } from '../../src/mail/address-list.ts'

/** Field value → what is found, as `address` or `group/address`. */
const table: readonly (readonly [string, readonly string[]])[] = [
  ['eddy@isp.example', ['eddy@isp.example']],
  ['Eddy Younger <eddy@ISP.Example>', ['eddy@isp.example']],
  ['"Younger, Eddy" <eddy@isp.example>, keith@isp.example', ['eddy@isp.example', 'keith@isp.example']],
  ['eddy@isp.example (Eddy, the <postmaster@x>)', ['eddy@isp.example']],
  ['eddy(comment (nested \\) ))@isp.example', ['eddy@isp.example']],
  ['john . doe @ isp . example', ['john.doe@isp.example']],
  ['"john doe"@isp.example', ['"john doe"@isp.example']],
  ['"a\\"b".c@isp.example', ['"a\\"b.c"@isp.example']],
  ['<@hub.example,@relay.example:eddy@isp.example>', ['eddy@isp.example']],
  ['Eddy\r\n\t<eddy@isp.example>,\r\n keith@isp.example', ['eddy@isp.example', 'keith@isp.example']],
  ['=?utf-8?q?Eddy=2C_Younger?= <eddy@isp.example>', ['eddy@isp.example']],
  ['eddy, keith', ['eddy', 'keith']],
  ['MAILER-DAEMON', ['MAILER-DAEMON']],
  ['<eddy>', ['eddy']],
  ['Eddy Younger', []],
  ['<>', []],
  ['', []],
  ['friends: eddy@isp.example, Keith <keith@isp.example>;', ['friends/eddy@isp.example', 'friends/keith@isp.example']],
  ['friends: eddy@isp.example;, bob@far.example', ['friends/eddy@isp.example', 'bob@far.example']],
  ['"our friends": eddy;', ['our friends/eddy']],
  ['undisclosed-recipients:;', []],
  ['a@x.example b@y.example', ['a@x.example', 'b@y.example']],
  ['a@x.example; b@y.example', ['a@x.example', 'b@y.example']],
  ['eddy@isp.example <eddy@isp.example>', ['eddy@isp.example']],
  ['x <y> <z@q.example>', ['y', 'z@q.example']],
  ['<mailto:eddy@isp.example>', ['eddy@isp.example']],
  ['<eddy@isp.example, keith@isp.example', ['eddy@isp.example', 'keith@isp.example']],
  ['"never closed <eddy@isp.example>', ['eddy@isp.example']],
  ['eddy@isp.example (never closed, keith@isp.example', ['eddy@isp.example']],
  ['eddy@[192.0.2.1]', ['eddy@[192.0.2.1]']],
  ['eddy@[IPv6:2001:db8::1]', ['eddy@[ipv6:2001:db8::1]']],
  ['eddy@isp.example.', ['eddy@isp.example']],
  ['eddy@, keith@isp.example', ['keith@isp.example']],
  ['@, keith@isp.example', ['keith@isp.example']],
  ['eddy@-bad-.example, ]]][[, keith@isp.example', ['keith@isp.example']],
  ['ed\x00dy@isp.example, keith@isp.example', ['keith@isp.example']],
  ['jürgen@müller.example', ['jürgen@müller.example']],
  [',,;;::', []],
]

for (const [value, expected] of table) {
  test(`the addresses of ${JSON.stringify(value)}`, () => {
    const found = addressesIn(Buffer.from(`To: ${value}\r\n`)).map(({ group, address }) =>
      group === undefined ? formatAddress(address) : `${group}/${formatAddress(address)}`,
    )
    assert.deepEqual(found, expected)
  })
}

test('the octets between start and end are the address and nothing else', () => {
  const field = Buffer.from('Cc: "a@b" <eddy@isp.example> (x), keith @ isp.example\r\n')
  const slices = addressesIn(field).map(({ start, end }) => field.subarray(start, end).toString())
  assert.deepEqual(slices, ['eddy@isp.example', 'keith @ isp.example'])
})

test('a list that stands by itself needs no field name', () => {
  assert.deepEqual(addressesOf('eddy, bob@far.example').map(formatAddress), ['eddy', 'bob@far.example'])
})

test('an address longer than any envelope carries is passed over', () => {
  assert.deepEqual(addressesOf(`${'a'.repeat(400)}@isp.example, eddy@isp.example`).map(formatAddress), ['eddy@isp.example'])
})

test('ten thousand recipients are all found', () => {
  const field = Buffer.from(`To: ${Array.from({ length: 10_000 }, (_, n) => `"User ${n}" <u${n}@isp.example>`).join(',\r\n ')}\r\n`)
  assert.equal(addressesIn(field).length, 10_000)
})

const hostile = [
  '(',
  '"',
  '<',
  '@',
  '[',
  '\\',
  ':',
  ',',
  ';',
  '.',
  '"\\',
  '@,',
  '@a,',
  'a@',
  'a .',
  '<@',
  '\r\n ',
  'a ',
  '"a" ',
  '[a',
  'a:b;',
]
for (const piece of hostile) {
  test(`256 KB of ${JSON.stringify(piece)} cost time in proportion`, () => {
    const time = (size: number) => {
      const field = Buffer.from(`To: ${piece.repeat(Math.ceil(size / piece.length))}\r\n`)
      const began = process.cpuUsage()
      addressesIn(field)
      const { user, system } = process.cpuUsage(began)
      return (user + system) / 1000
    }
    time(16 * 1024)
    assert.ok(time(256 * 1024) < 2000)
  })
}
