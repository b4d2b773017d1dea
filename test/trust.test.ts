import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { isDateFault, leadsTo } from '../src/trust.ts'
import { type Certificates, pem } from './fake/certificate.ts'

const der = (name: keyof Certificates): Uint8Array => new X509Certificate(pem[name]).raw

test('signatures lead from a certificate to its authority, whatever its dates', () => {
  assert.equal(leadsTo([der('server')], [pem.authority]), true)
  assert.equal(leadsTo([der('expired')], [pem.authority]), true)
  assert.equal(leadsTo([der('expired'), der('authority')], [pem.authority]), true)
})

test('a certificate that vouches for itself leads nowhere', () => {
  assert.equal(leadsTo([der('expiredSelfSigned')], [pem.authority]), false)
  assert.equal(leadsTo([der('expiredSelfSigned'), der('authority')], [pem.authority]), false)
})

test('no chain, and no authorities, lead nowhere', () => {
  assert.equal(leadsTo([], [pem.authority]), false)
  assert.equal(leadsTo([der('server'), der('authority')], []), false)
})

test('a server that is no authority vouches for nobody', () => {
  assert.equal(leadsTo([der('expired'), der('server'), der('authority')], [pem.authority]), true)
  assert.equal(leadsTo([der('expiredSelfSigned'), der('server')], [pem.server]), false)
})

test('only dates are a fault of dates', () => {
  assert.deepEqual(
    ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID'].map(isDateFault),
    [true, true, false, false],
  )
})
