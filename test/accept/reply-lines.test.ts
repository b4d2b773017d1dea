import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replyLines } from '../../src/accept/reply-lines.ts'
import { reply } from '../../src/mail/reply.ts'

test('a reply is one line with both codes', () => assert.equal(replyLines(reply(250, '2.0.0', 'Ok')), '250 2.0.0 Ok\r\n'))

test('a reply of several lines has its codes on each', () => {
  assert.equal(replyLines(reply(214, '2.0.0', 'a\nb')), '214-2.0.0 a\r\n214 2.0.0 b\r\n')
})

test('a reply without enhanced code has none', () => assert.equal(replyLines({ code: 354, text: 'go' }), '354 go\r\n'))

test('no text becomes a second reply', () => {
  assert.equal(replyLines(reply(550, '5.1.1', 'no\r250 yes\0\x1b[2J')), '550 5.1.1 no 250 yes  [2J\r\n')
})

test('a line fits the 512 octets of RFC 5321', () => assert.ok(replyLines(reply(550, '5.1.1', 'x'.repeat(2000))).length <= 512))
