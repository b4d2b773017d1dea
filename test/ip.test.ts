import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIp, isInside, type Network, networkOf, parseIp, plainAddress } from '../src/ip.ts'

const inside: readonly [network: string, address: string, expected: boolean][] = [
  ['192.168.1.0/24', '192.168.1.7', true],
  ['192.168.1.0/24', '192.168.2.7', false],
  ['192.168.1.99/24', '192.168.1.7', true],
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/9', '10.128.0.0', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '::1', false],
  ['127.0.0.1/32', '127.0.0.1', true],
  ['127.0.0.1/32', '127.0.0.2', false],
  ['127.0.0.0/8', '::ffff:127.0.0.1', true],
  ['127.0.0.0/8', '::FFFF:127.0.0.1', true],
  ['::ffff:127.0.0.0/104', '127.9.9.9', true],
  ['::ffff:127.0.0.0/104', '126.9.9.9', false],
  ['::1/128', '::1', true],
  ['::/0', 'fe80::1%eth0', true],
  ['::/0', '192.168.1.7', false],
  ['fd00::/8', 'fdab:1:2:3:4:5:6:7', true],
  ['fd00::/8', 'fe00::1', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['64:ff9b::192.0.2.0/120', '64:ff9b::c000:2ff', true],
  ['192.168.1.0/24', 'no address', false],
  ['192.168.1.0/24', '', false],
]

for (const [network, address, expected] of inside) {
  test(`${address || 'nothing'} is ${expected ? '' : 'not '}in ${network}`, () =>
    assert.equal(isInside([parsed(network)], address), expected))
}

test('in no network lies nobody', () => assert.equal(isInside([], '127.0.0.1'), false))

test('a network of mapped addresses is one of IPv4, and the wider ones are not', () => {
  assert.deepEqual(parsed('::ffff:10.1.2.3/104'), { octets: [10, 0, 0, 0], bits: 8 })
  assert.deepEqual(parsed('::ffff:0:0/96'), { octets: [0, 0, 0, 0], bits: 0 })
  assert.equal(parsed('::ffff:0:0/95').octets.length, 16)
})

for (const text of [
  '',
  ':',
  '192.168.1',
  '192.168.1.256',
  '192.168.01.1',
  '1.2.3.4.5',
  '1.2.3.',
  ' 1.2.3.4',
  'fe80:::1',
  '1::2::3',
  'fe80',
  '12345::1',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4::5:6:7:8',
  '1.2.3.4::',
  '1:1.2.3.4::2',
  '::1.2.3',
  'fe80::1%eth0',
  'shire.lan',
]) {
  test(`"${text}" is no address`, () => assert.equal(parseIp(text), undefined))
}

const written: Readonly<Record<string, string>> = {
  '10.0.0.1': '10.0.0.1',
  '0:0:0:0:0:0:0:0': '::',
  '::1': '::1',
  '2001:DB8:0:0:0:0:0:0': '2001:db8::',
  '1:2:3:4:5:6:7::': '1:2:3:4:5:6:7:0',
  'fe80::1:0:0:2': 'fe80::1:0:0:2',
  '::ffff:192.0.2.1': '::ffff:c000:201',
}

for (const [text, form] of Object.entries(written)) {
  test(`${text} is written ${form}, which is the same address`, () => {
    const octets = parseIp(text) ?? assert.fail()
    assert.equal(formatIp(octets), form)
    assert.deepEqual(parseIp(form), octets)
  })
}

test('an address is freed of mapping and zone', () => {
  assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(plainAddress('::FFFF:10.0.0.1'), '10.0.0.1')
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
  assert.equal(plainAddress('10.0.0.1'), '10.0.0.1')
})

function parsed(network: string): Network {
  const [address = '', bits] = network.split('/')
  return networkOf(parseIp(address) ?? assert.fail(network), Number(bits))
}
