import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Asking, type AskingEvent, notAsked, step } from '../../src/time/asking.ts'

/** Events at times; what is asked, by its place, or given up. */
function play(events: readonly (readonly [number, AskingEvent])[], servers = 2): { state: Asking; asked: readonly string[] } {
  let state = notAsked
  const asked: string[] = []
  for (const [now, event] of events) {
    const next = step(state, event, now, servers)
    state = next.state
    if (next.effect) asked.push(`${now / 1000} ${next.effect.kind === 'ask' ? next.effect.turn : next.effect.reasons.join(', ')}`)
  }
  return { state, asked }
}

const due: AskingEvent = { kind: 'due' }
const told: AskingEvent = { kind: 'told' }
const cut: AskingEvent = { kind: 'cut' }
const failed = (reason: string): AskingEvent => ({ kind: 'failed', reason })
const kissed = (code: string): AskingEvent => ({ kind: 'kissed', code, reason: `kissed ${code}` })
const hour = 3_600_000

const rows: readonly (readonly [string, readonly (readonly [number, AskingEvent])[], readonly string[], number])[] = [
  [
    'the first that answers will do, for six hours',
    [
      [0, due],
      [400, told],
      [1000, due],
      [6 * hour, due],
    ],
    ['0 0'],
    6 * hour + 400,
  ],
  [
    'and is asked again then',
    [
      [0, due],
      [400, told],
      [6 * hour + 400, due],
    ],
    ['0 0', '21600.4 0'],
    6 * hour + 400,
  ],
  [
    'the next has its turn',
    [
      [0, due],
      [5000, failed('no')],
      [5500, told],
    ],
    ['0 0', '5 1'],
    6 * hour + 5500,
  ],
  [
    'when none knows they are asked again, more and more seldom',
    [
      [0, due],
      [5000, failed('a')],
      [10_000, failed('b')],
      [24_000, due],
      [25_000, due],
      [26_000, failed('c')],
      [27_000, failed('d')],
    ],
    ['0 0', '5 1', '10 a, b', '25 0', '26 1', '27 c, d'],
    57_000,
  ],
  [
    'a line that goes down leaves the round',
    [
      [0, due],
      [300, cut],
      [400, told],
      [2000, due],
      [15_300, due],
    ],
    ['0 0', '15.3 0'],
    15_300,
  ],
  [
    'DENY is for good',
    [
      [0, due],
      [300, kissed('DENY')],
      [600, told],
      [7 * hour, due],
      [7 * hour, told],
      [999 * hour, due],
    ],
    ['0 0', '0.3 1', '25200 1', '3596400 1'],
    13 * hour,
  ],
  [
    'RATE is for a day',
    [
      [0, due],
      [300, kissed('RATE')],
      [600, told],
      [7 * hour, due],
      [7 * hour, told],
      [25 * hour, due],
    ],
    ['0 0', '0.3 1', '25200 1', '90000 0'],
    13 * hour,
  ],
  [
    'another kiss is a failure',
    [
      [0, due],
      [300, kissed('XYZ')],
      [600, failed('b')],
      [20_000, due],
    ],
    ['0 0', '0.3 1', '0.6 kissed XYZ, b', '20 0'],
    15_600,
  ],
  [
    'what was not asked changes nothing',
    [
      [0, told],
      [0, failed('x')],
      [0, kissed('DENY')],
      [0, cut],
    ],
    [],
    0,
  ],
  [
    'two questions at once are one',
    [
      [0, due],
      [1, due],
      [15_001, due],
    ],
    ['0 0'],
    0,
  ],
]
for (const [words, events, asked, next] of rows)
  test(words, () => {
    const played = play(events)
    assert.deepEqual([played.asked, played.state.next], [asked, next])
  })

test('without servers, or when all have refused, nobody is asked and nobody wakes', () => {
  assert.deepEqual(play([[0, due]], 0), { state: { ...notAsked, failures: 1, next: Number.POSITIVE_INFINITY }, asked: [] })
  const refused = play([
    [0, due],
    [300, kissed('RSTR')],
    [600, kissed('DENY')],
    [hour, due],
  ])
  assert.deepEqual(refused.asked, ['0 0', '0.3 1', '0.6 kissed RSTR, kissed DENY'])
  assert.equal(refused.state.next, Number.POSITIVE_INFINITY)
})

test('whatever happens, no server is asked twice in 15 s, none after DENY, and one at a time', () => {
  const events = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 40_000 }),
      fc.constantFrom<AskingEvent>(due, due, due, told, cut, failed('x'), kissed('DENY'), kissed('RATE'), kissed('')),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 3 }), (list, servers) => {
      let [state, now] = [notAsked, 0]
      const last = new Map<number, number>()
      const denied = new Set<number>()
      for (const [ms, event] of list) {
        now += ms
        const before = state
        const { state: after, effect } = step(state, event, now, servers)
        state = after
        if (event.kind === 'kissed' && event.code === 'DENY' && before.turn !== undefined) denied.add(before.turn)
        assert.equal(effect?.kind === 'ask' ? effect.turn : before.turn === after.turn ? after.turn : undefined, after.turn)
        if (effect?.kind !== 'ask') continue
        assert.ok(now - (last.get(effect.turn) ?? Number.NEGATIVE_INFINITY) >= 15_000)
        assert.ok(!denied.has(effect.turn) && effect.turn < servers)
        last.set(effect.turn, now)
      }
    }),
  )
})
