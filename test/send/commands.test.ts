import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailCommand, qualified, rcptCommand, xtext } from '../../src/send/commands.ts'
import { noFeatures } from '../../src/send/features.ts'
import { addressOf } from '../fake/load.ts'

const all = { ...noFeatures, size: true, eightBit: true, utf8: true, dsn: true }
const large = { size: 9000, eightBit: true, utf8: true }
const parameters = { body: '8bitmime', smtputf8: true, ret: 'full', envid: 'x=1' } as const

test('MAIL with everything, and with nothing', () => {
  const from = addressOf('eddy@shire.lan')
  assert.equal(
    mailCommand(from, large, parameters, all),
    'MAIL FROM:<eddy@shire.lan> SIZE=9000 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x+3D1\r\n',
  )
  assert.equal(mailCommand(from, large, parameters, noFeatures), 'MAIL FROM:<eddy@shire.lan>\r\n')
  assert.equal(mailCommand(null, { ...large, utf8: false }, { body: '7bit' }, all), 'MAIL FROM:<> SIZE=9000\r\n')
})

test('what a letter does not need is not paid for: its size where it is small, 8BITMIME where it is ASCII', () => {
  const small = { size: 1500, eightBit: false, utf8: false }
  assert.equal(mailCommand(null, small, { body: '8bitmime' }, all), 'MAIL FROM:<>\r\n')
  assert.equal(mailCommand(null, { ...small, eightBit: true }, { body: '8bitmime' }, all), 'MAIL FROM:<> BODY=8BITMIME\r\n')
})

test('RCPT with everything, and with nothing', () => {
  const recipient = { address: addressOf('"a b"@x.example'), notify: ['success', 'delay'], orcpt: 'rfc822;a b@x' } as const
  assert.equal(rcptCommand(recipient, all), 'RCPT TO:<"a b"@x.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+20b@x\r\n')
  assert.equal(rcptCommand(recipient, noFeatures), 'RCPT TO:<"a b"@x.example>\r\n')
})

test('xtext leaves nothing that could end a parameter or a line', () => {
  assert.equal(xtext('a+b=c d\r\né'), 'a+2Bb+3Dc+20d+0D+0A+C3+A9')
})

test('an address without a domain is one of this host', () => {
  assert.deepEqual(qualified({ local: 'root', domain: '' }, 'moriah.shire.lan'), { local: 'root', domain: 'moriah.shire.lan' })
  assert.deepEqual(qualified({ local: 'root', domain: 'x' }, 'moriah.shire.lan'), { local: 'root', domain: 'x' })
})
