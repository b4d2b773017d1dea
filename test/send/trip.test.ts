import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '../../src/mail/reply.ts'
import { beginTrip, isOver, step, type Trip, type TripEvent } from '../../src/send/trip.ts'

const ok: Reply = { code: 250, text: 'Ok' }
const never: Reply = { code: 550, text: 'No' }
const later: Reply = { code: 450, text: 'Later' }
const lost: Reply = { code: 451, enhanced: '4.4.2', text: 'connection lost' }

const to = (to: 'mail' | 'data' | 'chunk' | 'end', reply: Reply): TripEvent => ({ kind: 'reply', to, reply })
const rcpt = (place: number, reply: Reply): TripEvent => ({ kind: 'reply', to: 'rcpt', place, reply })
const ended: TripEvent = { kind: 'ended' }
const dead: TripEvent = { kind: 'lost', reply: lost, sure: false }
const closed: TripEvent = { kind: 'lost', reply: { code: 421, text: 'Bye' }, sure: true }

/** All that was done to the places: `0 accepted 250`, `1 again`. */
function play(recipients: number, events: readonly TripEvent[]): { trip: Trip; done: readonly string[] } {
  let trip = beginTrip(recipients)
  const done: string[] = []
  for (const event of events) {
    const next = step(trip, event, 'there')
    trip = next.trip
    for (const effect of next.effects) done.push(wordsOf(effect))
  }
  return { trip, done }
}

function wordsOf(effect: ReturnType<typeof step>['effects'][number]): string {
  if (effect.kind !== 'settle') return `${effect.place} ${effect.kind}`
  const { outcome } = effect
  const kind = outcome.kind === 'deferred' && outcome.unsure ? 'unsure' : outcome.kind
  return `${effect.place} ${kind} ${outcome.reply.code}`
}

describe('a transaction', () => {
  const rows: readonly [string, number, readonly TripEvent[], readonly string[]][] = [
    ['that goes well', 1, [to('mail', ok), rcpt(0, ok), ended, to('end', ok)], ['0 accepted 250']],
    [
      'whose sender is refused',
      2,
      [to('mail', never), rcpt(0, never), rcpt(1, never), to('end', never)],
      ['0 refused 550', '1 refused 550'],
    ],
    [
      'one of whose recipients is refused',
      2,
      [to('mail', ok), rcpt(0, never), rcpt(1, ok), to('end', ok)],
      ['0 refused 550', '1 accepted 250'],
    ],
    [
      'one of whose recipients must wait',
      2,
      [to('mail', ok), rcpt(0, later), rcpt(1, ok), to('end', never)],
      ['0 deferred 450', '1 refused 550'],
    ],
    ['whose DATA is refused', 1, [to('mail', ok), rcpt(0, ok), to('data', never)], ['0 refused 550']],
    ['whose DATA is answered with 250', 1, [to('mail', ok), rcpt(0, ok), to('data', ok)], ['0 deferred 250']],
    ['whose DATA may begin', 1, [to('mail', ok), rcpt(0, ok), to('data', { code: 354, text: '' })], []],
    ['whose first chunk is refused', 1, [rcpt(0, ok), to('chunk', never), to('chunk', ok), to('end', ok)], ['0 refused 550']],
    ['that is answered with nonsense', 1, [rcpt(0, ok), ended, to('end', { code: 354, text: '' })], ['0 deferred 354']],
    ['whose line dies before the dot', 2, [rcpt(0, never), dead], ['0 refused 550', '1 again']],
    ['whose line dies after the dot', 2, [rcpt(0, never), ended, dead], ['0 refused 550', '1 unsure 451']],
    ['that the server closes after the dot, before it came to it', 1, [ended, closed], ['0 again']],
    ['that is lost when all is over', 1, [ended, to('end', ok), dead, closed], ['0 accepted 250']],
    [
      'that cannot be read',
      2,
      [rcpt(0, ok), { kind: 'broken', outcome: { kind: 'deferred', reply: later } }, dead],
      ['0 deferred 450', '1 deferred 450'],
    ],
    ['without login', 1, [to('mail', { code: 530, text: 'Log in' })], ['0 deferred 530']],
    ['out of order', 1, [to('mail', { code: 503, text: 'What?' })], ['0 deferred 503']],
  ]
  for (const [name, recipients, events, done] of rows)
    test(name, () => {
      assert.deepEqual(play(recipients, events).done, done)
    })
})

describe('too many recipients', () => {
  const full: Reply = { code: 452, enhanced: '4.5.3', text: 'Too many recipients' }
  test('behind one that was taken go in another transaction', () => {
    assert.deepEqual(play(3, [rcpt(0, ok), rcpt(1, full), rcpt(2, { code: 552, text: 'too many recipients' })]).done, [
      '1 split',
      '2 split',
    ])
  })
  test('when none was taken wait', () => {
    assert.deepEqual(play(1, [rcpt(0, full)]).done, ['0 deferred 452'])
  })
  test('is not what a full mailbox says', () => {
    assert.deepEqual(play(2, [rcpt(0, ok), rcpt(1, { code: 452, enhanced: '4.2.2', text: 'Full' })]).done, ['1 deferred 452'])
  })
})

test('it is over when every recipient is gone', () => {
  assert.equal(isOver(play(2, [rcpt(0, never), rcpt(1, ok)]).trip), false)
  assert.equal(isOver(play(2, [rcpt(0, never), rcpt(1, never)]).trip), true)
})

test('the outcome says where', () => {
  const [effect] = step(beginTrip(1), to('end', ok), 'there').effects
  assert.ok(effect?.kind === 'settle')
  assert.equal(effect.outcome.where, 'there')
})
