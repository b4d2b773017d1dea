import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInside, parseNetwork, plainAddress, relayRefusal } from '../../src/accept/policy.ts'

const inside: readonly [network: string, address: string, expected: boolean][] = [
  ['192.168.1.0/24', '192.168.1.7', true],
  ['192.168.1.0/24', '192.168.2.7', false],
  ['192.168.1.99/24', '192.168.1.7', true],
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/9', '10.128.0.0', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '::1', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['127.0.0.0/8', '::ffff:127.0.0.1', true],
  ['::ffff:127.0.0.0/104', '127.9.9.9', true],
  ['::1', '::1', true],
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
  test(`${address || 'nothing'} is ${expected ? '' : 'not '}in ${network}`, () => {
    const parsed = parseNetwork(network)
    assert.ok(parsed)
    assert.equal(isInside([parsed], address), expected)
  })
}

for (const text of [
  '',
  '192.168.1',
  '192.168.1.0/33',
  '192.168.1.256',
  '1.2.3.4/',
  '1.2.3.4/8/8',
  '::/129',
  'fe80:::1',
  '1::2::3',
  'fe80',
  '12345::1',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '::ffff:1.2.3.4/95',
  'shire.lan',
]) {
  test(`"${text}" is no network`, () => assert.equal(parseNetwork(text), undefined))
}

test('no network means that nobody is trusted', () => assert.equal(isInside([], '127.0.0.1'), false))

test('only a stranger who writes to strangers is denied', () => {
  assert.equal(relayRefusal({ trusted: true }, false), undefined)
  assert.equal(relayRefusal({ trusted: true }, true), undefined)
  assert.equal(relayRefusal({ trusted: false }, true), undefined)
  assert.deepEqual(relayRefusal({ trusted: false }, false), { code: 550, enhanced: '5.7.1', text: 'Relaying denied' })
})

test('an address is freed of mapping and zone', () => {
  assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(plainAddress('::FFFF:10.0.0.1'), '10.0.0.1')
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
  assert.equal(plainAddress('10.0.0.1'), '10.0.0.1')
})
