import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, parseAddress } from '../../src/mail/address.ts'
import { addressesIn } from '../../src/mail/address-list.ts'
import { collectHeader, parseHeader } from '../../src/mail/header.ts'

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      'From: ',
      'To:',
      '\r\n',
      '\n',
      '\r',
      ' ',
      '\t',
      '\r\n\r\n',
      ':',
      '<',
      '>',
      '"',
      '(',
      ')',
      '@',
      ',',
      '\\',
      'eddy@x.example',
    ),
    fc.string(),
  ),
)
const header = pieces.map((texts) => Buffer.from(texts.join('')))

test('the raw fields of any header, put together, are the header', () => {
  fc.assert(
    fc.property(header, (octets) => {
      const fields = parseHeader(octets)
      const together = Buffer.concat(fields.map(({ raw }) => raw))
      assert.deepEqual(together, octets.subarray(0, together.length))
      const rest = octets.subarray(together.length).toString('latin1')
      assert.match(rest, /^$|^\r?\n/)
    }),
  )
})

test('whatever the pieces, the same header is collected and no octet is lost', () => {
  fc.assert(
    fc.property(header, fc.integer({ min: 1, max: 20 }), (octets, size) => {
      const whole = collectHeader()
      whole.push(octets)
      const cut = collectHeader()
      let at = 0
      for (let done = false; !done && at < octets.length; at += size) done = cut.push(octets.subarray(at, at + size))
      assert.deepEqual(Buffer.from(cut.octets()), Buffer.from(whole.octets()))
      assert.deepEqual(Buffer.concat([cut.octets(), cut.rest(), octets.subarray(at)]), octets)
    }),
  )
})

test('mentions lie in order, do not overlap, and what they say can be written and read again', () => {
  fc.assert(
    fc.property(header, (octets) => {
      let last = 0
      for (const { start, end, address } of addressesIn(octets)) {
        assert.ok(start >= last && end > start && end <= octets.length)
        last = end
        assert.deepEqual(parseAddress(formatAddress(address)), address)
      }
    }),
    { numRuns: 500 },
  )
})
