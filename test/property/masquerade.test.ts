import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Address } from '../../src/mail/address.ts'
import { addressKey, formatAddress } from '../../src/mail/address.ts'
import { addressesIn } from '../../src/mail/address-list.ts'
import { parseHeader } from '../../src/mail/header.ts'
import { masquerade } from '../../src/send/masquerade.ts'

const mask = masquerade({
  hostname: 'moriah.shire.lan',
  localDomains: ['moriah'],
  masquerade: {
    as: 'shofar.isp.example',
    domains: ['shire.lan'],
    subdomains: true,
    recipients: true,
    envelope: true,
    users: new Map([
      ['eddy', 'eddy.younger@isp.example'],
      ['keith', 'k@isp.example'],
    ]),
  },
})

const local = fc.oneof(fc.constantFrom('eddy', 'keith', 'games', 'two words', 'a"b', 'x+y'), fc.stringMatching(/^[a-z0-9.+"\\ -]{1,20}$/))
const domain = fc.constantFrom('moriah', 'shire.lan', 'herring.shire.lan', 'far.example', '')
const address: fc.Arbitrary<Address> = fc.record({ local, domain })
const around = fc.constantFrom('', ' ', '\r\n ', '(c (c) \\))', '"q, <x@y>" ', 'Eddy Younger ', '=?utf-8?q?x?= ', 'é ')
const entry = fc.tuple(around, address, around, fc.constantFrom(', ', ',\r\n\t', ';', ' ,, '))
const list = fc
  .array(entry, { maxLength: 8 })
  .map((entries) => entries.map(([before, it, behind, end]) => `${before}<${formatAddress(it)}>${behind}${end}`).join(''))
const field = fc
  .tuple(fc.constantFrom('From', 'To', 'Reply-To', 'Subject', 'X-Else', 'not a field'), list)
  .map(([name, value]) => `${name}: ${value}\r\n`)
const sound = fc.array(field, { maxLength: 6 }).map((fields) => Buffer.from(`${fields.join('')}\r\n`))
const noise = fc
  .array(fc.oneof(field, fc.string(), fc.constantFrom('\n', '\r', '\x00', '"', '(', '<eddy@moriah')), { maxLength: 12 })
  .map((parts) => Buffer.from(parts.join('')))

/** A header in alternate slices: octets outside addresses, and addresses. */
function slices(octets: Uint8Array): { readonly outside: string; readonly addresses: readonly Address[] } {
  let outside = ''
  const addresses: Address[] = []
  for (const { name, raw } of parseHeader(octets)) {
    let at = 0
    for (const mention of ['from', 'to', 'reply-to'].includes(name) ? addressesIn(raw) : []) {
      outside += `${Buffer.from(raw.subarray(at, mention.start)).toString('latin1')}|`
      addresses.push(mention.address)
      at = mention.end
    }
    outside += Buffer.from(raw.subarray(at)).toString('latin1')
  }
  return { outside, addresses }
}

for (const [name, octets] of [
  ['sound', sound],
  ['any', noise],
] as const) {
  test(`in ${name} headers every octet outside the addresses stays, and every address is masked`, () => {
    fc.assert(
      fc.property(octets, (before) => {
        const after = mask.header(before)
        const [was, is] = [slices(before), slices(after)]
        assert.equal(is.outside, was.outside)
        assert.deepEqual(
          is.addresses.map(addressKey),
          was.addresses.map((one) => addressKey(mask.path(one) ?? one)),
        )
      }),
      { numRuns: 500 },
    )
  })
}

test('masking twice is masking once', () => {
  fc.assert(
    fc.property(sound, (octets) => assert.deepEqual(Buffer.from(mask.header(mask.header(octets))), Buffer.from(mask.header(octets)))),
  )
})

test('a LAN user who is masked and unmasked is the same user', () => {
  fc.assert(
    fc.property(local, (name) => {
      const known = ['eddy', 'keith'].find((user) => name.startsWith(`${user}+`))
      const user = { local: known ?? name, domain: 'moriah.shire.lan' }
      const shown = mask.path(user) ?? assert.fail()
      assert.equal(addressKey(mask.unmask(shown) ?? assert.fail()), addressKey(user))
    }),
  )
})

test('nobody outside is unmasked to a LAN user', () => {
  fc.assert(fc.property(local, (name) => assert.equal(mask.unmask({ local: name, domain: 'far.example' }), undefined)))
})
