import assert from 'node:assert/strict'
import { test } from 'node:test'
import { featuresOf, noFeatures } from '../../src/send/features.ts'

const of = (...lines: string[]) => featuresOf({ code: 250, text: ['mail.isp.example', ...lines].join('\n') })

test('what the words say', () => {
  assert.deepEqual(of('PIPELINING', 'SIZE 1000', 'starttls', '8BITMIME', 'SMTPUTF8', 'DSN', 'CHUNKING', 'AUTH PLAIN login'), {
    pipelining: true,
    chunking: true,
    eightBit: true,
    utf8: true,
    dsn: true,
    startTls: true,
    auth: ['PLAIN', 'LOGIN'],
    size: true,
    limit: 1000,
  })
})

test('the name of the server is no feature', () => {
  assert.deepEqual(featuresOf({ code: 250, text: 'PIPELINING' }), noFeatures)
})

test('SIZE without a number, or 0, is no limit', () => {
  assert.equal(of('SIZE').limit, undefined)
  assert.equal(of('SIZE 0').limit, undefined)
  assert.equal(of('SIZE 0').size, true)
})

test('AUTH= of the nineties counts, once', () => {
  assert.deepEqual(of('AUTH=LOGIN', 'AUTH LOGIN CRAM-MD5').auth, ['LOGIN', 'CRAM-MD5'])
})
