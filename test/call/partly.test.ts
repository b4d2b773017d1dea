import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partly } from '../../src/call/partly.ts'

test('what has gone of letters in hand is known until they are settled', () => {
  const outward = partly()
  outward.moved({ octets: 0, of: 5000, settled: 0 })
  outward.moved({ octets: 0, of: 300, settled: 0 })
  outward.moved({ octets: 4000, of: 0, settled: 0 })
  assert.equal(outward.octets(), 4000)
  outward.moved({ octets: 1100, of: 0, settled: 0 })
  outward.moved({ octets: 0, of: 0, settled: 5000 })
  assert.equal(outward.octets(), 100)
  outward.moved({ octets: 0, of: 0, settled: 300 })
  assert.equal(outward.octets(), 0)
})

test('a letter that was refused unseen, or a line that dropped, leaves nothing behind', () => {
  const outward = partly()
  outward.moved({ octets: 10, of: 5000, settled: 0 })
  outward.moved({ octets: 0, of: 0, settled: 5000 })
  assert.equal(outward.octets(), 0)
  outward.moved({ octets: 10, of: 5000, settled: 0 })
  outward.rest()
  assert.equal(outward.octets(), 0)
})
