/** The machine that dials, under random events of a world that answers late, twice, or with what nobody asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Caller, type CallerEffect, type CallerEvent, callerAtRest, hasPppd, stepCaller } from '../../src/link/caller.ts'

const isps = [
  { name: 'a', numbers: ['1', '2'] },
  { name: 'b', numbers: ['3'] },
]
const policy = { isps, attempts: 6 }
const facts = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115200, local: '10.0.0.2', remote: '10.0.0.1', ipparam: '' }

const failure = fc.constantFrom('busy', 'no-carrier', 'no-dialtone', 'no-answer', 'delayed', 'mute', 'gone', 'sim', 'aborted', 'refused')
const event: fc.Arbitrary<CallerEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('wanted' as const),
    cause: fc.constantFrom({ words: 'mail' }, { words: 'operator', person: true as const }, { words: 'boxes', isp: 'b' }),
  }),
  fc.record({ kind: fc.constant('unwanted' as const), reason: fc.constant('done') }),
  fc.constant({ kind: 'dialled' as const, carrier: { speed: 33600, protocol: 'V34' } }),
  fc.record({ kind: fc.constant('dial-failed' as const), failure, words: fc.constant('words') }),
  fc.record({ kind: fc.constant('went-up' as const), facts: fc.constant(facts), reason: fc.constant('ip-up') }),
  fc.record({ kind: fc.constant('went-down' as const), interface: fc.constantFrom('ppp0', 'ppp1', ''), reason: fc.constant('ip-down') }),
  fc.record({ kind: fc.constant('pppd-ended' as const), status: fc.constantFrom(null, 0, 2, 5, 8, 10, 16, 19) }),
  fc.record({ kind: fc.constant('hung-up' as const), modem: fc.constantFrom('idle' as const, 'mute' as const, 'gone' as const) }),
  fc.constant({ kind: 'modem-back' as const }),
  fc.constant({ kind: 'woke' as const }),
)
const script = fc.array(fc.record({ event, wait: fc.nat({ max: 90_000 }) }), { maxLength: 60, size: 'max' })

/** What the world is really doing, by the effects alone. */
type World = { pppd: boolean; dialling: boolean; connected: boolean; hangingUp: boolean; attempts: number[]; wakeAt: number | undefined }

/** An event that the world, as it is, cannot tell is not told. */
function possible(world: World, { kind }: CallerEvent): boolean {
  if (kind === 'dialled' || kind === 'dial-failed') return world.dialling
  if (kind === 'pppd-ended') return world.pppd
  if (kind === 'hung-up') return world.hangingUp
  return true
}

function happened(world: World, event: CallerEvent, now: number): void {
  if (event.kind === 'dialled') Object.assign(world, { dialling: false, connected: true })
  if (event.kind === 'dial-failed') world.dialling = false
  if (event.kind === 'pppd-ended') world.pppd = false
  if (event.kind === 'hung-up') Object.assign(world, { hangingUp: false, connected: event.modem === 'mute' })
  if (event.kind === 'woke' && world.wakeAt !== undefined && now >= world.wakeAt) world.wakeAt = undefined
}

function perform(world: World, effect: CallerEffect, now: number): void {
  switch (effect.kind) {
    case 'dial':
      assert.ok(!world.pppd, 'dialled while a pppd runs')
      assert.ok(!world.dialling && !world.connected && !world.hangingUp, 'dialled before the modem was hung up')
      world.attempts.push(now)
      assert.ok(world.attempts.filter((at) => at > now - 3_600_000).length <= policy.attempts, 'more attempts an hour than allowed')
      world.dialling = true
      return
    case 'start-pppd':
      assert.ok(!world.pppd, 'a second pppd')
      assert.ok(world.connected, 'pppd without a connection')
      world.pppd = true
      return
    case 'end-pppd':
      assert.ok(world.pppd, 'there is no pppd to end')
      return
    case 'hang-up':
      assert.ok(!world.pppd && !world.dialling, 'hung up under a pppd')
      world.hangingUp = true
      return
    case 'wake':
      world.wakeAt = effect.at
      return
    default:
  }
}

test('whatever comes: one pppd at most, nothing dialled beside it, no more attempts than allowed, a wake pending in every rest', () => {
  fc.assert(
    fc.property(script, (events) => {
      const { state } = play(events)
      assert.equal(hasPppd(state), state.phase === 'negotiating' || state.phase === 'up' || state.phase === 'ending')
    }),
    { numRuns: 2000 },
  )
})

test('once nobody wants the line it goes down, if the world answers', () => {
  fc.assert(
    fc.property(script, (events) => {
      const played = play(events)
      let { state } = played
      const { world } = played
      let now = played.now
      const give = (one: CallerEvent): void => {
        happened(world, one, now)
        const step = stepCaller(state, one, now, policy)
        state = step.state
        for (const effect of step.effects) perform(world, effect, now)
      }
      give({ kind: 'unwanted', reason: 'done' })
      for (let turn = 0; turn < 20; turn++) {
        if (world.pppd) give({ kind: 'pppd-ended', status: 5 })
        else if (world.dialling) give({ kind: 'dial-failed', failure: 'aborted', words: '' })
        else if (world.hangingUp) give({ kind: 'hung-up', modem: 'idle' })
        else if (state.phase === 'foreign') give({ kind: 'went-down', interface: '', reason: 'ip-down' })
        else if (world.wakeAt !== undefined) {
          now = Math.max(now, world.wakeAt)
          give({ kind: 'woke' })
        }
      }
      assert.ok(['down', 'broken'].includes(state.line.kind), state.line.kind)
      assert.deepEqual([world.pppd, world.dialling, world.hangingUp], [false, false, false])
    }),
    { numRuns: 2000 },
  )
})

function play(events: readonly { readonly event: CallerEvent; readonly wait: number }[]): { state: Caller; world: World; now: number } {
  const world: World = { pppd: false, dialling: false, connected: false, hangingUp: false, attempts: [], wakeAt: undefined }
  let state = callerAtRest(0)
  let now = 0
  for (const { event: one, wait } of events) {
    now += wait
    if (!possible(world, one)) continue
    happened(world, one, now)
    const step = stepCaller(state, one, now, policy)
    const last = step.effects.filter(({ kind }) => kind === 'announce').at(-1)
    if (last?.kind === 'announce') assert.equal(last.state, step.state.line)
    state = step.state
    for (const effect of step.effects) perform(world, effect, now)
    if (state.line.kind === 'resting') assert.notEqual(state.wakeAt, undefined, 'a rest without an end')
  }
  return { state, world, now }
}
