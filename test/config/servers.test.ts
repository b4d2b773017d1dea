import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverAt, tlsOf } from '../../src/config/servers.ts'

test('a fingerprint makes mere opportunity a requirement, and nothing else stricter or laxer', () => {
  assert.equal(tlsOf('opportunistic', 'AB'), 'required')
  assert.equal(tlsOf('opportunistic', undefined), 'opportunistic')
  assert.deepEqual([tlsOf('off', 'AB'), tlsOf('implicit', 'AB'), tlsOf('required', undefined)], ['off', 'implicit', 'required'])
})

test('a server is a path, or a host and a port', () => {
  assert.deepEqual(serverAt('/run/dovecot/lmtp'), { path: '/run/dovecot/lmtp' })
  assert.deepEqual(serverAt('127.0.0.1:24'), { host: '127.0.0.1', port: 24 })
})
