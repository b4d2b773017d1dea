import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '../../src/mail/reply.ts'
import { replyReader } from '../../src/send/replies.ts'

const rows: readonly [string, string, readonly Reply[]][] = [
  ['one line', '250 Ok\r\n', [{ code: 250, text: 'Ok' }]],
  ['a bare code', '250\r\n', [{ code: 250, text: '' }]],
  ['a bare LF', '250 Ok\n', [{ code: 250, text: 'Ok' }]],
  ['several lines', '250-a\r\n250-b\r\n250 c\r\n', [{ code: 250, text: 'a\nb\nc' }]],
  ['an enhanced code', '550 5.1.1 No such user\r\n', [{ code: 550, enhanced: '5.1.1', text: 'No such user' }]],
  ['an enhanced code on each line', '550-5.7.1 No\r\n550 5.7.1 Never\r\n', [{ code: 550, enhanced: '5.7.1', text: 'No\nNever' }]],
  ['an enhanced code alone', '250 2.0.0\r\n', [{ code: 250, enhanced: '2.0.0', text: '' }]],
  ['an enhanced code of another class is words', '250 5.1.1 Odd\r\n', [{ code: 250, text: '5.1.1 Odd' }]],
  ['an address is no enhanced code', '250 2.0.0.1 Hello\r\n', [{ code: 250, text: '2.0.0.1 Hello' }]],
  ['the last line has the code', '250-a\r\n550 b\r\n', [{ code: 550, text: 'a\nb' }]],
  ['UTF-8', '250 Grün\r\n', [{ code: 250, text: 'Grün' }]],
  ['controls do not reach a terminal', '250 a\x1b[2Jb\x07\r\n', [{ code: 250, text: 'a?[2Jb?' }]],
  [
    'two replies',
    '250 a\r\n354 b\r\n',
    [
      { code: 250, text: 'a' },
      { code: 354, text: 'b' },
    ],
  ],
]

for (const [name, text, replies] of rows) {
  test(name, () => {
    assert.deepEqual(replyReader().push(Buffer.from(text)), { replies })
  })
  test(`${name}, octet by octet`, () => {
    const reader = replyReader()
    const read = [...Buffer.from(text)].flatMap((octet) => reader.push(Uint8Array.of(octet)).replies)
    assert.deepEqual(read, replies)
  })
}

test('Latin-1 where it is not UTF-8', () => {
  assert.equal(replyReader().push(Buffer.from('250 Gr\xfcn\r\n', 'latin1')).replies[0]?.text, 'Grün')
})

for (const [name, text] of [
  ['no code', 'Hello\r\n'],
  ['a code of no class', '150 x\r\n'],
  ['a code that runs on', '2500 x\r\n'],
  ['an empty line', '\r\n'],
  ['a line without end', `250 ${'x'.repeat(5000)}`],
  ['a line too long', `250 ${'x'.repeat(5000)}\r\n`],
  ['a reply without end', '250-x\r\n'.repeat(300)],
] as const)
  test(`broken by ${name}, after what was whole`, () => {
    const { replies, broken } = replyReader().push(Buffer.from(`220 ok\r\n${text}`))
    assert.deepEqual(replies, [{ code: 220, text: 'ok' }])
    assert.ok(broken)
  })

test('drop forgets the half that was there', () => {
  const reader = replyReader()
  reader.push(Buffer.from('250-injected\r\n250-half a li'))
  reader.drop()
  assert.deepEqual(reader.push(Buffer.from('220 clean\r\n')), { replies: [{ code: 220, text: 'clean' }] })
})
