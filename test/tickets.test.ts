import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tickets } from '../src/tickets.ts'

const ticket = Buffer.from('ticket')

test('a ticket is offered to the server that gave it, the latest one', () => {
  const known = tickets()
  known.keep('a', Buffer.from('old'))
  known.keep('a', ticket)
  assert.equal(known.offer('a'), ticket)
  assert.equal(known.offer('b'), undefined)
})

test('what is forgotten is not offered', () => {
  const known = tickets()
  known.keep('a', ticket)
  known.forget('a')
  assert.equal(known.offer('a'), undefined)
})

test('a server that takes none back is offered one now and then, and often again once it has taken one', () => {
  const known = tickets()
  known.keep('a', ticket)
  const handshakes = (resumed: boolean): string =>
    Array.from({ length: 40 }, () => {
      const offer = known.offer('a')
      if (offer) known.offered('a', resumed)
      known.keep('a', ticket)
      return offer ? 'x' : '.'
    }).join('')
  const rest = '.'.repeat(16)
  assert.equal(handshakes(false), `xx${rest}x${rest}x....`)
  assert.equal(handshakes(true), `${'.'.repeat(12)}${'x'.repeat(28)}`)
})

test('a server that has taken one may refuse the next, as after a restart', () => {
  const known = tickets()
  known.keep('a', ticket)
  for (const resumed of [false, true, false, true, false]) {
    assert.equal(known.offer('a'), ticket)
    known.offered('a', resumed)
  }
  assert.equal(known.offer('a'), ticket)
})
