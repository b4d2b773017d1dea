import assert from 'node:assert/strict'
import { describe as group, test } from 'node:test'
import { describe, type Effect, type Event, isDue, pastLimit, type State, step } from '../../src/queue/delivery.ts'
import { fourHoursFiveDays as policy } from '../../src/queue/retry.ts'
import { accepted, at, copyTo, day, deferred, home, hour, minute, out, refused, unsure, waiting } from './copies.ts'

const now = at(10 * minute)
const settled = (outcome: typeof accepted): Event => ({ kind: 'settled', outcome })
const tryingNote: Event = { kind: 'trying', note: 'dot 7' }
const after = (state: State, ...events: Event[]): State => events.reduce((state, event) => step(state, event, now, policy).state, state)
const kinds = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => (effect.kind === 'notice' ? `notice ${effect.notice}` : effect.kind))

const trying = after(waiting(), tryingNote)
const held = after(waiting(), { kind: 'hold' })
const failed = after(trying, settled(refused))
const told = after(failed, { kind: 'reported', notice: 'failure' })
const done = after(trying, settled(accepted))
const dropped = after(waiting(), { kind: 'drop' })

group('what changes a delivery', () => {
  const rows: readonly [string, State, Event, State['kind'], readonly string[]][] = [
    ['waiting, tried', waiting(), tryingNote, 'trying', []],
    ['tried, accepted', trying, settled(accepted), 'done', ['settled', 'over']],
    ['tried, refused', trying, settled(refused), 'failed', ['settled', 'notice failure']],
    ['tried, deferred', trying, settled(deferred), 'waiting', ['settled', 'wake']],
    ['tried, unsure', trying, settled(unsure), 'waiting', ['settled', 'wake']],
    ['settled without a note', waiting(), settled(accepted), 'done', ['settled', 'over']],
    ['cut off', trying, { kind: 'started' }, 'waiting', ['wake']],
    ['noted ahead, given back', trying, { kind: 'returned' }, 'waiting', ['wake']],
    ['parked while noted, given back', after(trying, { kind: 'hold' }), { kind: 'returned' }, 'held', []],
    ['thrown away while noted, given back', after(trying, { kind: 'drop' }), { kind: 'returned' }, 'dropped', ['over']],
    ['noted again', trying, { kind: 'trying', note: 'dot 8' }, 'trying', []],
    ['parked', waiting(), { kind: 'hold' }, 'held', []],
    ['freed', held, { kind: 'release' }, 'waiting', ['wake']],
    ['thrown away', waiting(), { kind: 'drop' }, 'dropped', ['over']],
    ['thrown away while parked', held, { kind: 'drop' }, 'dropped', ['over']],
    ['parked while tried', trying, { kind: 'hold' }, 'trying', []],
    ['tried though parked: it was in hand', held, tryingNote, 'trying', []],
    ['parked while tried, accepted', after(trying, { kind: 'hold' }), settled(accepted), 'done', ['settled', 'over']],
    ['parked while tried, deferred', after(trying, { kind: 'hold' }), settled(deferred), 'held', ['settled']],
    ['parked while tried, cut off', after(trying, { kind: 'hold' }), { kind: 'started' }, 'held', []],
    ['thrown away while tried, accepted', after(trying, { kind: 'drop' }), settled(accepted), 'done', ['settled', 'over']],
    ['thrown away while tried, deferred', after(trying, { kind: 'drop' }), settled(deferred), 'dropped', ['settled', 'over']],
    ['thrown away while tried, refused', after(trying, { kind: 'drop' }), settled(refused), 'dropped', ['settled', 'over']],
    ['thrown away while tried, cut off', after(trying, { kind: 'drop' }), { kind: 'started' }, 'dropped', ['over']],
    ['hurried', after(trying, settled(deferred)), { kind: 'hurry' }, 'waiting', ['wake']],
    ['reported', failed, { kind: 'reported', notice: 'failure' }, 'failed', ['over']],
  ]
  for (const [name, state, event, kind, effects] of rows) {
    test(name, () => {
      const next = step(state, event, now, policy)
      assert.equal(next.state.kind, kind)
      assert.deepEqual(kinds(next.effects), effects)
    })
  }
})

group('what changes nothing', () => {
  const settledStates: readonly State[] = [done, failed, told, dropped]
  const late: readonly Event[] = [
    tryingNote,
    settled(accepted),
    settled(refused),
    settled(unsure),
    { kind: 'hold' },
    { kind: 'release' },
    { kind: 'drop' },
    { kind: 'hurry' },
    { kind: 'started' },
    { kind: 'returned' },
    { kind: 'aged' },
    { kind: 'reported', notice: 'delay' },
  ]
  const rows: readonly [State, Event][] = [
    ...settledStates.flatMap((state) => late.map((event): [State, Event] => [state, event])),
    [told, { kind: 'reported', notice: 'failure' }],
    [waiting(), { kind: 'release' }],
    [waiting(), { kind: 'hurry' }],
    [waiting(), { kind: 'started' }],
    [waiting(), { kind: 'returned' }],
    [waiting(), { kind: 'aged' }],
    [waiting(), { kind: 'reported', notice: 'failure' }],
    [held, { kind: 'hold' }],
    [held, { kind: 'aged' }],
    [held, { kind: 'started' }],
    [held, { kind: 'hurry' }],
    [trying, { kind: 'aged' }],
    [trying, { kind: 'release' }],
    [trying, { kind: 'hurry' }],
  ]
  for (const [state, event] of rows) {
    test(`${state.kind}${state.owes.length > 0 ? ', owing' : ''}: ${event.kind}${event.kind === 'settled' ? ` ${event.outcome.kind}` : ''}`, () => {
      const next = step(state, event, at(3 * hour), policy)
      assert.equal(next.state, state)
      assert.deepEqual(next.effects, [])
    })
  }
})

test('a deferred delivery waits longer each time, and a new call cuts the wait short', () => {
  const once = after(trying, settled(deferred))
  const twice = after(once, tryingNote, settled(deferred))
  assert.equal(once.due, now.running + 5 * minute)
  assert.equal(twice.due, now.running + 10 * minute)
  const sameCall = { running: now.running + minute, call: now.running - minute, hurried: -1 }
  assert.equal(isDue(once, sameCall), false)
  assert.equal(isDue(once, { ...sameCall, call: now.running + minute }), true)
  assert.equal(isDue(once, { ...sameCall, running: now.running + 5 * minute }), true)
  assert.equal(isDue(once, { running: now.running + 1, call: now.running + 1, hurried: -1 }), false, 'but a flapping line does not')
})

test('an unsure delivery waits, whatever calls there are, and is marked until it is answered', () => {
  const doubtful = after(trying, settled(unsure))
  assert.equal(doubtful.unsure, true)
  const newCall = { running: now.running + 14 * minute, call: now.running + 14 * minute, hurried: -1 }
  assert.equal(isDue(doubtful, newCall), false)
  assert.equal(isDue(doubtful, { ...newCall, running: now.running + 15 * minute }), true)
  assert.equal(isDue(doubtful, { ...newCall, hurried: now.running + 1 }), true, 'an operator may insist')
  assert.equal(after(doubtful, tryingNote, settled(deferred)).unsure, undefined)
})

test('a smarthost delivery that was cut off is as unsure as a lost answer; a mailbox is asked at once', () => {
  const cutOff = after(trying, { kind: 'started' })
  assert.deepEqual([cutOff.interrupted, cutOff.unsure, cutOff.due], ['dot 7', true, now.running + 15 * minute])
  const mailbox = after(waiting(home), tryingNote, { kind: 'started' })
  assert.deepEqual([mailbox.interrupted, mailbox.unsure, mailbox.due], ['dot 7', undefined, 0])
  assert.equal(after(mailbox, tryingNote, settled(deferred)).interrupted, undefined, 'an answer ends the doubt')
  assert.equal(after(mailbox, tryingNote).interrupted, 'dot 7', 'a new attempt does not')
  assert.equal(after(mailbox, settled(deferred)).interrupted, 'dot 7', 'nor does a mailbox that was locked, and could not be asked')
})

test('a delivery is warned of once, and returned in the end, with its last answer', () => {
  const state = after(trying, settled(deferred))
  const late = step(state, { kind: 'aged' }, at(4 * hour), policy)
  assert.deepEqual(kinds(late.effects), ['notice delay'])
  assert.deepEqual(late.state.owes, ['delay'])
  assert.equal(step(late.state, { kind: 'aged' }, at(5 * hour), policy).state, late.state)
  const returned = step(late.state, { kind: 'aged' }, at(5 * day), policy)
  assert.equal(returned.state.kind, 'failed')
  assert.deepEqual(returned.state.owes, ['failure'], 'a delay is no news then')
  assert.match(returned.state.outcome?.reply.text ?? '', /^Delivery time expired; the last answer was: 451 4\.7\.1 Greylisted$/)
})

test('an answer that comes too late to wait on ends in a return', () => {
  const next = step(trying, settled(deferred), at(6 * day), policy)
  assert.equal(next.state.kind, 'failed')
  assert.deepEqual(kinds(next.effects), ['settled', 'settled', 'notice failure'])
})

group('who is told what (RFC 3461)', () => {
  const rows: readonly [string, State, readonly Event[], readonly string[]][] = [
    ['nobody asked: a failure', waiting(), [settled(refused)], ['failure']],
    ['nobody asked: no success', waiting(home), [settled(accepted)], []],
    ['NOTIFY=NEVER', waiting(copyTo(out.to, { notify: ['never'] })), [settled(refused)], []],
    ['NOTIFY=SUCCESS, delivered here', waiting(copyTo(home.to, { notify: ['success'] })), [settled(accepted)], ['success']],
    ['NOTIFY=SUCCESS, relayed: the next host tells', waiting(copyTo(out.to, { notify: ['success'] })), [settled(accepted)], []],
    ['NOTIFY=SUCCESS, refused', waiting(copyTo(out.to, { notify: ['success'] })), [settled(refused)], []],
    ['a null sender: bounce/ decides', waiting(copyTo(out.to, { from: null })), [settled(refused)], ['failure']],
    ['a null sender is not warned', waiting(copyTo(out.to, { from: null })), [{ kind: 'aged' }], []],
  ]
  for (const [name, state, events, owes] of rows) {
    test(name, () => {
      const end = events.reduce((state, event) => step(state, event, at(4 * hour), policy).state, state)
      assert.deepEqual(end.owes, owes)
    })
  }
})

test('history is bounded, and so is what is kept of an answer', () => {
  const chatty = { ...deferred, reply: { ...deferred.reply, text: 'x'.repeat(100_000) } }
  let state = waiting()
  for (let n = 0; n < 3 * pastLimit; n++) state = after(state, tryingNote, settled(chatty))
  assert.equal(state.past.length, pastLimit)
  assert.ok(JSON.stringify(state).length < 4_000)
  assert.equal(state.attempts, 3 * pastLimit)
})

test('every state has words', () => {
  const rows: readonly [State, RegExp][] = [
    [waiting(), /^waiting$/],
    [after(trying, settled(deferred)), /^deferred: 451 4\.7\.1 Greylisted$/],
    [after(trying, settled(unsure)), /^waiting; it may have arrived: 451/],
    [after(trying, { kind: 'started' }), /cut off/],
    [trying, /^being delivered$/],
    [held, /^held$/],
    [done, /^delivered: 250/],
    [failed, /^failed: 550 5\.1\.1 No such user$/],
    [dropped, /^deleted$/],
  ]
  for (const [state, words] of rows) assert.match(describe(state), words)
})
