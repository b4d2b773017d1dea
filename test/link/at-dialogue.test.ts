import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, longest, step } from '../../src/link/at-dialogue.ts'
import type { AtErrand } from '../../src/link/at-errand.ts'
import type { AtEffect, AtEvent, AtOutcome, AtPlan, AtState } from '../../src/link/at-state.ts'

const init: readonly AtErrand[] = [{ kind: 'init', command: 'ATZ' }]
const cellular: readonly AtErrand[] = [...init, { kind: 'sim' }, { kind: 'signal' }]
const plan: AtPlan = { errands: init, dial: { command: 'ATDT0845', within: 75_000 }, speed: 115_200, pin: 'absent', calls: 3 }
const stick: AtPlan = { ...plan, errands: cellular, dial: { command: 'ATD*99#', within: 75_000 } }

/**
 * A conversation in which each command has its answers, the first time, the second time and so on; a command without (any more) gets silence.
 * The time is that of the machine's own timer. `aborted` in place of an answer aborts there.
 */
function talk(plan: AtPlan, answers: Readonly<Record<string, readonly (readonly string[])[]>>) {
  const asked = new Map<string, number>()
  const said: string[] = []
  const others: AtEffect[] = []
  let now = 0
  let outcome: AtOutcome | undefined
  let wake = Number.POSITIVE_INFINITY
  let state: AtState
  const queue: AtEvent[] = []
  const hear = (command: string): void => {
    said.push(command)
    const times = asked.get(command) ?? 0
    asked.set(command, times + 1)
    const lines = answers[command]?.[times] ?? []
    queue.push(...lines.map((line): AtEvent => (line === 'aborted' ? { kind: 'aborted' } : { kind: 'heard', line })))
  }
  const take = ({ state: next, effects }: { state: AtState; effects: readonly AtEffect[] }): AtState => {
    for (const effect of effects) {
      if (effect.kind === 'say') hear(effect.text.replace(/\r$/, ''))
      else if (effect.kind === 'say-pin') hear('PIN')
      else if (effect.kind === 'wake') wake = effect.at
      else if (effect.kind === 'end') [outcome, wake] = [effect.outcome, Number.POSITIVE_INFINITY]
      else others.push(effect)
    }
    return next
  }
  state = take(begin(plan, now))
  while (wake < Number.POSITIVE_INFINITY) {
    const event = queue.shift()
    now = event ? now : wake
    state = take(step(state, event ?? { kind: 'woke' }, now, plan))
  }
  assert.ok(outcome)
  assert.ok(now <= longest(plan), `${now} ms is longer than ${longest(plan)}`)
  assert.deepEqual(step(state, { kind: 'heard', line: 'CONNECT' }, now, plan).effects, [], 'what is heard after the end changes nothing')
  return { said, outcome, learnt: others, now }
}

const ok = [['OK'], ['OK'], ['OK']]
const connected = (speed = 0, protocol = '') => ({ kind: 'connected', carrier: { speed, protocol } })
const failed = (failure: string, words: string) => ({ kind: 'failed', failure, words })

test('it is woken, told its commands one by one, and dials', () => {
  const { said, outcome, now } = talk(plan, { AT: ok, ATZ: [['ATZ', 'OK']], ATDT0845: [['ATDT0845', 'RINGING', 'CONNECT 33600/ARQ/V34']] })
  assert.deepEqual(said, ['AT', 'ATZ', 'ATDT0845'])
  assert.deepEqual(outcome, connected(33_600, 'ARQ/V34'))
  assert.ok(now < 1000)
})

const answersToTheDial: readonly (readonly [readonly string[], object])[] = [
  [['BUSY'], failed('busy', 'BUSY')],
  [['NO CARRIER'], failed('no-carrier', 'NO CARRIER')],
  [['NO DIAL TONE'], failed('no-dialtone', 'NO DIAL TONE')],
  [['NO ANSWER'], failed('no-answer', 'NO ANSWER')],
  [['VOICE'], failed('voice', 'VOICE')],
  [['DELAYED 00:05:00'], failed('delayed', 'DELAYED 00:05:00')],
  [['BLACKLISTED'], failed('blacklisted', 'BLACKLISTED')],
  [['ERROR'], failed('refused', 'ATDT0845: ERROR')],
  [['CARRIER 31200', 'PROTOCOL: LAP-M', 'COMPRESSION: V.42BIS', 'CONNECT 115200'], connected(31_200, 'LAP-M/V.42BIS')],
  // The speed of the wire says nothing of the line.
  [['CONNECT 115200'], connected()],
  [['CONNECT 48000 V42bis'], connected(48_000, 'V42BIS')],
  // An answer to what went before, a call that comes in, and noise change nothing.
  [['OK', 'RING', '1', '{{~', 'CONNECT'], connected()],
]

test('what it answers to the dial', () => {
  for (const [lines, expected] of answersToTheDial) {
    assert.deepEqual(talk(plan, { AT: ok, ATZ: ok, ATDT0845: [lines] }).outcome, expected, lines.join())
  }
})

test('a modem that answers in numbers is asked for words, and understood if it has none', () => {
  const wordy = talk(plan, { AT: ok, ATZ: [['0']], ATV1: ok, ATDT0845: [['CONNECT 33600']] })
  assert.deepEqual(wordy.said, ['AT', 'ATZ', 'ATV1', 'ATDT0845'])
  assert.deepEqual(wordy.outcome, connected(33_600))
  const numbers = talk(plan, { AT: [['0']], ATZ: [['0']], ATV1: [['0']], ATDT0845: [['12']] })
  assert.deepEqual(numbers.outcome, connected(9600))
})

test('a command that gets no answer is said once more, one that is refused is not', () => {
  assert.deepEqual(talk(plan, { AT: ok, ATZ: [[], ['OK']], ATDT0845: [['BUSY']] }).said, ['AT', 'ATZ', 'ATZ', 'ATDT0845'])
  const mute = talk(plan, { AT: ok })
  assert.deepEqual(mute.outcome, failed('mute', 'the modem does not answer ATZ'))
  const refused = talk(plan, { AT: ok, ATZ: [['ERROR']] })
  assert.deepEqual([refused.said, refused.outcome], [['AT', 'ATZ'], failed('refused', 'ATZ: ERROR')])
})

test('a modem that nobody hears is called, taken for connected, and given up', () => {
  const { said, outcome } = talk(plan, {})
  assert.deepEqual(said, ['AT', 'AT', 'AT', '+++', 'ATH', 'AT', 'AT'])
  assert.deepEqual(outcome, failed('mute', 'the modem does not answer AT, nor after +++'))
})

test('a modem that was left connected is hung up first', () => {
  const { said, outcome } = talk(plan, {
    AT: [[], [], [], ['OK']],
    '+++': [['NO CARRIER', 'OK']],
    ATH: ok,
    ATZ: ok,
    ATDT0845: [['CONNECT']],
  })
  assert.deepEqual(said, ['AT', 'AT', 'AT', '+++', 'ATH', 'AT', 'ATZ', 'ATDT0845'])
  assert.deepEqual(outcome, connected())
})

test('a call that nobody answers is ended, and one that connects too late is hung up', () => {
  const dialled = (late: readonly string[]) => talk(plan, { AT: ok, ATZ: ok, ATDT0845: [[]], '': [late], '+++': ok, ATH: ok })
  const quiet = dialled(['NO CARRIER'])
  assert.deepEqual(quiet.said, ['AT', 'ATZ', 'ATDT0845', ''])
  assert.deepEqual(quiet.outcome, failed('no-answer', 'no answer from the modem in time'))
  assert.deepEqual(dialled(['CONNECT 33600']).said, ['AT', 'ATZ', 'ATDT0845', '', '+++', 'ATH'])
  assert.deepEqual(dialled(['CONNECT 33600']).outcome, quiet.outcome)
})

test('given up while it dials, it is told so; before, there is nothing to tell', () => {
  const dialling = talk(plan, { AT: ok, ATZ: ok, ATDT0845: [['aborted', 'NO CARRIER']] })
  assert.deepEqual(dialling.said, ['AT', 'ATZ', 'ATDT0845', ''])
  assert.deepEqual(dialling.outcome, failed('aborted', 'dialling was given up'))
  const before = talk(plan, { AT: ok, ATZ: [['aborted']] })
  assert.deepEqual([before.said, before.outcome], [['AT', 'ATZ'], failed('aborted', 'dialling was given up')])
})

test('hanging up is an errand without a dial', () => {
  const { dial: _, ...rest } = plan
  const hook: AtPlan = { ...rest, errands: [{ kind: 'hook' }], calls: 1 }
  assert.deepEqual(talk(hook, { AT: ok, ATH: ok }).outcome, { kind: 'done' })
  const online = talk(hook, { AT: [[], ['OK']], '+++': ok, ATH: [['NO CARRIER'], ['OK']] })
  assert.deepEqual([online.said, online.outcome], [['AT', '+++', 'ATH', 'AT', 'ATH'], { kind: 'done' }])
})

test('an identity is what comes before OK, a number too', () => {
  const { learnt, outcome } = talk(
    { ...plan, errands: [{ kind: 'identity' }] },
    { AT: ok, ATI: [['ATI', '33600', 'OK']], ATDT0845: [['BUSY']] },
  )
  assert.deepEqual(learnt, [{ kind: 'learn', facts: { identity: '33600' } }])
  assert.deepEqual(outcome, failed('busy', 'BUSY'))
})

test('of a cellular modem the SIM is asked and the signal told', () => {
  const { said, learnt, outcome } = talk(stick, {
    AT: ok,
    ATZ: ok,
    'AT+CPIN?': [['+CPIN: READY', 'OK']],
    'AT+CSQ': [['^RSSI:17', '+CSQ: 17,99', 'OK']],
    'ATD*99#': [['CONNECT']],
  })
  assert.deepEqual(said, ['AT', 'ATZ', 'AT+CPIN?', 'AT+CSQ', 'ATD*99#'])
  assert.deepEqual(learnt, [
    { kind: 'learn', facts: { sim: 'ready' } },
    { kind: 'learn', facts: { signal: '-79 dBm, 4 of 4 bars' } },
  ])
  assert.deepEqual(outcome, connected())
})

test('a PIN is said once, and the network waited for', () => {
  const wanted = { AT: ok, ATZ: ok, 'AT+CPIN?': [['+CPIN: SIM PIN', 'OK']], 'AT+CSQ': ok, 'ATD*99#': [['CONNECT']] }
  const right = talk(
    { ...stick, pin: 'given' },
    {
      ...wanted,
      PIN: ok,
      'AT+CREG?': [
        ['+CREG: 0,2', 'OK'],
        ['+CREG: 0,5', 'OK'],
      ],
    },
  )
  assert.deepEqual(right.said, ['AT', 'ATZ', 'AT+CPIN?', 'PIN', 'AT+CREG?', 'AT+CREG?', 'AT+CSQ', 'ATD*99#'])
  assert.deepEqual(right.outcome, connected())
  assert.ok(right.learnt.some(({ kind }) => kind === 'pin-taken'))
  for (const answer of [['+CME ERROR: incorrect password'], ['ERROR'], []]) {
    const wrong = talk({ ...stick, pin: 'given' }, { ...wanted, PIN: [answer, ['OK']] })
    assert.deepEqual(wrong.said, ['AT', 'ATZ', 'AT+CPIN?', 'PIN'], answer.join())
    assert.equal(wrong.outcome.kind === 'failed' && wrong.outcome.failure, 'sim')
    assert.ok(!wrong.learnt.some(({ kind }) => kind === 'pin-taken'))
  }
})

const simTroubles: readonly (readonly [AtPlan['pin'], readonly string[], RegExp])[] = [
  ['absent', ['+CPIN: SIM PIN', 'OK'], /no pin_file is set/],
  ['spent', ['+CPIN: SIM PIN', 'OK'], /was not taken/],
  ['unreadable', ['+CPIN: SIM PIN', 'OK'], /four to eight digits/],
  ['given', ['+CPIN: SIM PUK', 'OK'], /wants SIM PUK/],
  ['given', ['+CME ERROR: 10'], /no SIM that works/],
  ['given', ['+CME ERROR: SIM not inserted'], /no SIM that works/],
]

test('without a SIM that works it is not dialled, and no PIN is said', () => {
  for (const [pin, answer, words] of simTroubles) {
    const { said, outcome } = talk({ ...stick, pin }, { AT: ok, ATZ: ok, 'AT+CPIN?': [answer] })
    assert.deepEqual(said, ['AT', 'ATZ', 'AT+CPIN?'])
    assert.ok(outcome.kind === 'failed' && outcome.failure === 'sim', answer.join())
    assert.match(outcome.words, words)
  }
})

test('a SIM that is busy is asked again, one that cannot be asked is dialled with', () => {
  const rest = { AT: ok, ATZ: ok, 'AT+CSQ': [['ERROR']], 'ATD*99#': [['CONNECT']] }
  const busy = talk(stick, { ...rest, 'AT+CPIN?': [['+CME ERROR: SIM busy'], ['+CPIN: READY', 'OK']] })
  assert.deepEqual(busy.said, ['AT', 'ATZ', 'AT+CPIN?', 'AT+CPIN?', 'AT+CSQ', 'ATD*99#'])
  assert.deepEqual(talk(stick, { ...rest, 'AT+CPIN?': [['ERROR']] }).outcome, connected())
})
