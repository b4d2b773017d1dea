import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { typedInput } from '../../src/sendmail/input.ts'

/** The text as it comes out, cut into pieces before each of these offsets. */
function typed(text: string, dotIsData: boolean, cuts: readonly number[] = []): { readonly out: string; readonly ended: boolean } {
  const input = typedInput({ dotIsData })
  const octets = Buffer.from(text, 'latin1')
  const ends = [...new Set(cuts.map((cut) => cut % (octets.length + 1)))].toSorted((a, b) => a - b)
  const pieces = [...ends, octets.length].map((end, at, all) => octets.subarray(all[at - 1] ?? 0, end))
  const out = [...pieces.map((piece) => input.push(piece)), input.end()]
  return { out: Buffer.concat(out).toString('latin1'), ended: input.ended() }
}

const table: readonly (readonly [string, string, boolean, string])[] = [
  ['LF becomes CR LF', 'a\nb\n', true, 'a\r\nb\r\n'],
  ['CR LF stays', 'a\r\nb\r\n', true, 'a\r\nb\r\n'],
  ['a last line without end gets one', 'a', true, 'a\r\n'],
  ['a last line that ends with CR gets its LF', 'a\r', true, 'a\r\n'],
  ['a CR within a line stays', 'a\rb\r\r\n', true, 'a\rb\r\r\n'],
  ['with -i a lone dot is data', 'a\n.\nb\n', true, 'a\r\n.\r\nb\r\n'],
  ['a lone dot ends', 'a\n.\nb\n', false, 'a\r\n'],
  ['a lone dot with CR LF ends', 'a\r\n.\r\nb', false, 'a\r\n'],
  ['a lone dot may be the first line', '.\n', false, ''],
  ['a dot with company does not end', '.a\n..\n. \na.\n.\rb\n', false, '.a\r\n..\r\n. \r\na.\r\n.\rb\r\n'],
  ['a dot that the input ends behind is data', 'a\n.', false, 'a\r\n.\r\n'],
  ['a CR behind a dot that the input ends behind is a line end', '.\r', false, '.\r\n'],
  ['nothing stays nothing', '', false, ''],
  ['octets stay octets', '\xff\0\xfe\n', true, '\xff\0\xfe\r\n'],
]

for (const [name, text, dotIsData, expected] of table) {
  test(name, () => assert.equal(typed(text, dotIsData).out, expected))
}

test('behind a lone dot nothing is taken, and it is said to have ended', () => {
  assert.deepEqual(typed('a\n.\nb\n', false, [4, 5]), { out: 'a\r\n', ended: true })
  assert.equal(typed('a\n.\nb\n', true).ended, false)
})

test('it does not matter how the input is cut', () => {
  const texts = fc.array(fc.constantFrom('.', '\r', '\n', 'a'), { maxLength: 20 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, fc.boolean(), fc.array(fc.nat(40)), (text, dotIsData, cuts) => {
      assert.deepEqual(typed(text, dotIsData, cuts), typed(text, dotIsData))
    }),
  )
})

test('with -i nothing is lost but the difference of line ends', () => {
  const texts = fc.array(fc.constantFrom('.', '\r\n', '\n', 'a', '\xff'), { maxLength: 20 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, (text) => {
      const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`
      assert.equal(typed(text, true).out.replaceAll('\r\n', '\n'), whole.replaceAll('\r\n', '\n'))
    }),
  )
})
