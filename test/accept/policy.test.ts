import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relayRefusal } from '../../src/accept/policy.ts'

test('only a stranger who writes to strangers is denied', () => {
  assert.equal(relayRefusal({ trusted: true }, false), undefined)
  assert.equal(relayRefusal({ trusted: true }, true), undefined)
  assert.equal(relayRefusal({ trusted: false }, true), undefined)
  assert.deepEqual(relayRefusal({ trusted: false }, false), { code: 550, enhanced: '5.7.1', text: 'Relaying denied' })
})
