import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Notify } from '../../src/mail/envelope.ts'
import type { Destination } from '../../src/mail/message.ts'
import { arrived, type Event, isOver, isSettled, pastLimit, rankOf, type State, step } from '../../src/queue/delivery.ts'
import { fourHoursFiveDays as policy } from '../../src/queue/retry.ts'
import { accepted, copyTo, day, deferred, refused, unsure } from '../queue/copies.ts'

const destination: fc.Arbitrary<Destination> = fc.constantFrom(
  { courier: 'smarthost' },
  { courier: 'mailbox', user: 'sam' },
  { courier: 'program', command: 'x', user: 'sam' },
)
const copy = fc.record({
  to: destination,
  notify: fc.option(fc.subarray<Notify>(['success', 'failure', 'delay']), { nil: undefined }),
  nobody: fc.boolean(),
})
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('trying' as const), note: fc.string({ maxLength: 5 }) }),
  fc.record({ kind: fc.constant('settled' as const), outcome: fc.constantFrom(accepted, deferred, deferred, unsure, refused) }),
  fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const, 'drop' as const, 'hurry' as const) }),
  fc.record({ kind: fc.constantFrom('started' as const, 'aged' as const, 'aged' as const) }),
  fc.record({ kind: fc.constant('reported' as const), notice: fc.constantFrom('failure' as const, 'delay' as const, 'success' as const) }),
)
const life = fc.array(fc.record({ event, line: fc.nat(day), running: fc.nat(day) }), { maxLength: 60 })

function* lived(begin: State, events: readonly { event: Event; line: number; running: number }[]) {
  let state = begin
  let now = { line: 0, running: 0, at: { wall: 0 } }
  for (const { event, line, running } of events) {
    now = { ...now, line: now.line + line, running: now.running + line + running }
    const before = state
    const { state: next, effects } = step(state, event, now, policy)
    state = next
    yield { before, event, now, state, effects }
  }
}

function begun({ to, notify, nobody }: { to: Destination; notify: Notify[] | undefined; nobody: boolean }): State {
  return arrived(copyTo(to, { ...(notify ? { notify } : {}), ...(nobody ? { from: null } : {}) }), { line: 0, running: 0 })
}

test('whatever happens to a delivery, it is settled once, reported no more than owed, and bounded', () => {
  fc.assert(
    fc.property(copy, life, (copy, events) => {
      let settled = 0
      let over = 0
      for (const { before, event, now, state, effects } of lived(begun(copy), events)) {
        if (isSettled(before)) assert.equal(state.kind, before.kind, 'settled is for ever')
        if (!isSettled(before) && isSettled(state)) settled++
        if (effects.some(({ kind }) => kind === 'over')) over++
        assert.equal(
          effects.some(({ kind }) => kind === 'over'),
          isOver(state) && !isOver(before),
          'over is said when it becomes so',
        )
        for (const effect of effects)
          if (effect.kind === 'notice') assert.ok(state.owes.includes(effect.notice) && state.tells.includes(effect.notice))
        if (event.kind === 'reported') assert.ok(!state.owes.includes(event.notice))
        if (state.kind === 'waiting' && before.kind === 'trying')
          assert.ok(effects.some(({ kind, ...rest }) => kind === 'wake' && 'at' in rest))
        if (state === before) assert.deepEqual(effects, [])
        assert.ok(state.past.length <= pastLimit)
        assert.ok(state.attempts >= before.attempts)
        assert.ok(state.due <= now.running + 4 * 3_600_000)
        assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'what is stored is what it is')
      }
      assert.ok(settled <= 1 && over <= 1)
    }),
    { seed: 1, numRuns: 2000 },
  )
})

test('a delivery is done only by an acceptance, failed only by a refusal or by age, dropped only by an operator', () => {
  fc.assert(
    fc.property(copy, life, (copy, events) => {
      let thrownAway = false
      for (const { before, event, state } of lived(begun(copy), events)) {
        thrownAway ||= event.kind === 'drop'
        if (state.kind === before.kind) continue
        if (state.kind === 'done') assert.ok(event.kind === 'settled' && event.outcome.kind === 'accepted')
        if (state.kind === 'failed') {
          const expired = state.past.at(-1)?.what === 'expired'
          assert.ok(expired || (event.kind === 'settled' && event.outcome.kind === 'refused'))
        }
        if (state.kind === 'dropped') assert.ok(thrownAway)
      }
    }),
    { seed: 2, numRuns: 2000 },
  )
})

test('a doubt lasts until an answer, and puts a delivery last', () => {
  fc.assert(
    fc.property(copy, life, (copy, events) => {
      for (const { before, event, state } of lived(begun(copy), events)) {
        const doubted = before.unsure === true || before.interrupted !== undefined
        const doubtful = state.unsure === true || state.interrupted !== undefined
        if (doubted && !doubtful) assert.ok(event.kind === 'settled')
        if (doubtful && !doubted) assert.ok(event.kind === 'started' || (event.kind === 'settled' && event.outcome === unsure))
        assert.equal(rankOf(state, 'normal', 1, 1).unsure, state.unsure ? 1 : 0)
      }
    }),
    { seed: 3, numRuns: 1000 },
  )
})
