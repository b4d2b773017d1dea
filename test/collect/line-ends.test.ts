import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lineEnds } from '../../src/collect/line-ends.ts'

test('however the octets are cut, bare line feeds alone are changed, and counted', () => {
  const octets = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', '\0', '\xff'), { maxLength: 40 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(octets, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 }), (text, sizes) => {
      const ends = lineEnds()
      const pieces: Uint8Array[] = []
      for (let at = 0, nth = 0; at < text.length; nth++) {
        const size = sizes[nth % sizes.length] ?? 1
        pieces.push(ends.push(Buffer.from(text.slice(at, at + size), 'latin1')))
        at += size
      }
      assert.equal(Buffer.concat(pieces).toString('latin1'), text.replace(/(?<!\r)\n/g, '\r\n'))
      assert.equal(ends.repaired(), text.match(/(?<!\r)\n/g)?.length ?? 0)
      assert.equal(ends.eightBit(), text.includes('\xff'))
    }),
  )
})

test('octets in which nothing is wrong are handed on without a copy', () => {
  const octets = Buffer.from('a\r\nb\r\n')
  assert.equal(lineEnds().push(octets), octets)
})
