/** Replies and dots of an LMTP dialogue. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dotStuffing, parseReply } from '../../src/deliver/lmtp-text.ts'

const replies: readonly [text: string, code: number, enhanced: string | undefined, words: string][] = [
  ['250 2.1.5 Ok\r\n', 250, '2.1.5', 'Ok'],
  ['250-moriah\r\n250-PIPELINING\r\n250 SIZE\r\n', 250, undefined, 'moriah\nPIPELINING\nSIZE'],
  ['452 4.2.2 <eddy> over quota\n', 452, '4.2.2', '<eddy> over quota'],
  ['354\r\n', 354, undefined, ''],
  ['550-5.1.1 No\r\n550 5.1.1 such user\r\n', 550, '5.1.1', 'No\nsuch user'],
]

for (const [text, code, enhanced, words] of replies) {
  test(`${JSON.stringify(text)} is read, and what is behind it left`, () => {
    const parsed = parseReply(`${text}220 next`)
    assert.equal(parsed?.rest, '220 next')
    assert.deepEqual([parsed.reply.code, parsed.reply.enhanced, parsed.reply.text], [code, enhanced, words])
    for (let length = 0; length < text.length; length++) assert.equal(parseReply(text.slice(0, length)), undefined)
  })
}

test('what is no reply is an error', () => {
  for (const text of ['hello\r\n', '25 Ok\r\n', '250Ok\r\n', '\r\n']) assert.throws(() => parseReply(text), /no LMTP answer/)
})

const bodies: readonly [body: string, sent: string][] = [
  ['a\r\n', 'a\r\n.\r\n'],
  ['a', 'a\r\n.\r\n'],
  ['', '.\r\n'],
  ['.\r\n..\r\n.a\r\n', '..\r\n...\r\n..a\r\n.\r\n'],
  ['a.b\r\n\r\n.', 'a.b\r\n\r\n..\r\n.\r\n'],
]

for (const [body, sent] of bodies) {
  test(`${JSON.stringify(body)} is sent as ${JSON.stringify(sent)}, however it is cut`, () => {
    for (const size of [1, 2, 100]) {
      const stuffing = dotStuffing()
      const parts = body.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      const out = parts.map((part) => Buffer.from(stuffing.push(Buffer.from(part))).toString())
      assert.equal(out.join('') + Buffer.from(stuffing.end()).toString(), sent)
    }
  })
}
