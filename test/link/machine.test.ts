import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LinkFacts, LinkState } from '../../src/link/line.ts'
import { atRest, describe, type LinkEvent, step } from '../../src/link/machine.ts'
import { watchLine } from '../../src/link/watch.ts'
import { fakeClock } from '../fake/clock.ts'

const ppp0: LinkFacts = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115200, local: '10.0.0.2', remote: '10.0.0.1', ipparam: '' }
const other: LinkFacts = { ...ppp0, local: '10.0.0.9' }
const down = atRest(0)
const up: LinkState = { kind: 'up', since: 5, reason: 'ip-up', link: ppp0, isp: ppp0.ipparam }
const wentUp = (facts: LinkFacts): LinkEvent => ({ kind: 'went-up', facts, reason: 'ip-up' })
const wentDown = (name: string): LinkEvent => ({ kind: 'went-down', interface: name, reason: 'ip-down' })

const table: [string, LinkState, LinkEvent, readonly string[]][] = [
  ['down, and pppd says up', down, wentUp(ppp0), ['up']],
  ['up, and pppd says down', up, wentDown('ppp0'), ['down']],
  ['up, and down is told without a name', up, wentDown(''), ['down']],
  ['up, and the same up is told again: nothing', up, wentUp(ppp0), []],
  ['up, and a new call is told: the old one ends first', up, wentUp(other), ['down', 'up']],
  ['up, and another interface goes down: nothing', up, wentDown('ppp1'), []],
  ['down, and down is told again: nothing', down, wentDown('ppp0'), []],
]

for (const [name, state, event, announced] of table) {
  test(name, () => {
    const next = step(state, event, 10)
    assert.deepEqual(
      next.effects.map(({ state: { kind } }) => kind),
      announced,
    )
    if (announced.length === 0) assert.equal(next.state, state)
    else assert.equal(next.state.kind, announced.at(-1))
  })
}

test('the state is always the one announced last', () => {
  const event = fc.oneof(fc.constantFrom(ppp0, other).map(wentUp), fc.constantFrom('ppp0', 'ppp1', '').map(wentDown))
  fc.assert(
    fc.property(fc.array(event), (events) => {
      let state = down
      let last = down.kind as string
      for (const [at, one] of events.entries()) {
        const next = step(state, one, at)
        for (const effect of next.effects) {
          assert.notEqual(effect.state.kind, last, 'nothing is announced twice')
          last = effect.state.kind
        }
        state = next.state
        assert.equal(state.kind, last)
      }
    }),
  )
})

test('the words carry state, place, time and reason', () => {
  assert.equal(describe(up, 5 + 61_000), 'up on ppp0 for 1:01 (ip-up)')
  assert.equal(describe({ ...up, isp: 'isp-b' }, 5 + 61_000), 'up to isp-b on ppp0 for 1:01 (ip-up)')
})

test('a watched line tells its watchers until they have heard enough', () => {
  const line = watchLine({ mode: 'hooks', clock: fakeClock() })
  const heard: string[] = []
  const stop = line.watch(({ kind }) => heard.push(kind))
  line.tell(wentUp(ppp0))
  line.tell(wentUp(other))
  stop()
  line.tell(wentDown(''))
  assert.deepEqual(heard, ['up', 'down', 'up'])
  assert.equal(line.state().kind, 'down')
  assert.match(line.dial({ words: 'mail waits' }) ?? '', /pppd belongs to somebody else/)
  assert.equal(line.hangUp('done'), undefined)
})

test('a line without a modem is up from the start', () => {
  const line = watchLine({ mode: 'always', clock: fakeClock() })
  assert.equal(line.state().kind, 'up')
  assert.equal(line.dial({ words: 'mail waits' }), undefined)
  assert.match(line.hangUp('done') ?? '', /no modem/)
})
