/** Whatever a line's noise makes of a modem's words, and however they are chopped, the dialogue ends in time and is never connected without CONNECT. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { begin, longest, step } from '../../src/link/at-dialogue.ts'
import { cutLines } from '../../src/link/at-reply.ts'
import type { AtEvent, AtOutcome, AtPlan, AtState, AtStep } from '../../src/link/at-state.ts'

const plans: readonly AtPlan[] = [
  {
    errands: [{ kind: 'init', command: 'ATZ' }, { kind: 'init', command: 'AT&F' }, { kind: 'identity' }],
    dial: { command: 'ATDT1', within: 75_000 },
    speed: 115_200,
    pin: 'absent',
    calls: 3,
  },
  {
    errands: [{ kind: 'sim' }, { kind: 'signal' }],
    dial: { command: 'ATD*99#', within: 60_000 },
    speed: 115_200,
    pin: 'given',
    calls: 3,
  },
  { errands: [{ kind: 'hook' }], speed: 115_200, pin: 'absent', calls: 1 },
]

/** All that a modem says but CONNECT, in words and numbers, whole, mutilated and between noise. */
const sayings = [
  'OK,ERROR,RING,RINGING,BUSY,NO CARRIER,NO DIALTONE,0,2,3,4,13,33600,CARRIER 33600,PROTOCOL: NONE,CONECT,CONNECTX'.split(','),
  'xCONNECT 33600,ATZ,ATDT1,+CPIN: READY,+CPIN: SIM PIN,+CREG: 0 1,+CSQ: 9 99'.split(','),
].flat()
const words = fc.constantFrom(...sayings)
const noise = fc.string({ unit: fc.constantFrom('~', '{', '}', '\0', '\xff', 'x', '7', ' ', '\r', '\n'), maxLength: 12 })
const heard = fc.oneof(
  { weight: 3, arbitrary: words.map((word) => `\r\n${word}\r\n`) },
  { weight: 1, arbitrary: noise },
  { weight: 1, arbitrary: fc.tuple(words, noise).map(([word, tail]) => `${word}${tail}`) },
)
/** What comes, and how many milliseconds after what came before. */
const chunk = fc.record({ text: heard, after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })) })
const course = fc.record({
  plan: fc.constantFrom(...plans),
  chunks: fc.array(chunk, { maxLength: 60 }),
  abortAt: fc.option(fc.integer({ min: 0, max: 200_000 }), { nil: undefined }),
})

test('noise never makes a connection, and the end comes within its bound', () => {
  fc.assert(
    fc.property(course, (one) => {
      const { outcome, end, pins } = run(one)
      assert.notEqual(outcome.kind, 'connected')
      assert.ok(end <= longest(one.plan), `${end} > ${longest(one.plan)}`)
      assert.ok(pins <= 1, `the PIN was said ${pins} times`)
    }),
    { numRuns: 2000 },
  )
})

type Course = { readonly plan: AtPlan; readonly chunks: readonly { text: string; after: number }[]; readonly abortAt: number | undefined }

function run({ plan, chunks, abortAt }: Course) {
  const life = player(plan)
  let abort = abortAt
  let at = 0
  let rest = ''
  for (const { text, after } of chunks) {
    at += after
    if (abort !== undefined && abort <= at) {
      life.pass(abort)
      life.go({ kind: 'aborted' })
      abort = undefined
    }
    life.pass(at)
    const cut = cutLines(rest, text)
    rest = cut.rest
    for (const line of cut.lines) life.go({ kind: 'heard', line })
  }
  // Silence from here on.
  life.pass(Number.POSITIVE_INFINITY)
  const { outcome, end, pins } = life.told()
  assert.ok(outcome, 'it has not ended')
  return { outcome, end, pins }
}

/** Plays the machine's timer; after its end nothing changes it. */
function player(plan: AtPlan) {
  let now = 0
  let wake = Number.POSITIVE_INFINITY
  let pins = 0
  let outcome: AtOutcome | undefined
  const take = (next: AtStep): AtState => {
    for (const effect of next.effects) {
      if (effect.kind === 'wake') wake = effect.at
      if (effect.kind === 'say-pin') pins += 1
      if (effect.kind === 'end') {
        outcome = effect.outcome
        wake = Number.POSITIVE_INFINITY
      }
    }
    return next.state
  }
  let state = take(begin(plan, now))
  const go = (event: AtEvent): void => {
    if (!outcome) state = take(step(state, event, now, plan))
  }
  return {
    go,
    /** Time passes until then, or until it has ended. */
    pass(until: number): void {
      while (wake <= until && wake < Number.POSITIVE_INFINITY) {
        now = wake
        wake = Number.POSITIVE_INFINITY
        go({ kind: 'woke' })
      }
      if (!outcome) now = Math.max(now, until)
    },
    told: () => ({ outcome, end: now, pins }),
  }
}
