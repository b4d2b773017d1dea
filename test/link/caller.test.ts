import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialFailure } from '../../src/link/modem.ts'
import { type Caller, type CallerEffect, type CallerEvent, callerAtRest } from '../../src/link/caller-state.ts'
import { stepCaller } from '../../src/link/caller.ts'

const policy = {
  isps: [
    { name: 'a', numbers: ['1', '2'] },
    { name: 'b', numbers: ['3'] },
  ],
  attempts: 20,
}
const one = { isps: [{ name: '', numbers: ['1'] }], attempts: 20 }
const withPort = { ...one, tty: '/dev/ttyS1' }
const facts = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115200, local: '10.0.0.2', remote: '10.0.0.1', ipparam: '' }
const carrier = { speed: 33600, protocol: 'V34' }

const wanted: CallerEvent = { kind: 'wanted', cause: { words: 'timetable 13:00' } }
const person: CallerEvent = { kind: 'wanted', cause: { words: 'operator', person: true } }
const unwanted: CallerEvent = { kind: 'unwanted', reason: 'nothing left to do' }
const dialled: CallerEvent = { kind: 'dialled', carrier }
const up: CallerEvent = { kind: 'went-up', facts, reason: 'ip-up' }
const usage = { seconds: 40, sent: 1000, received: 2000 }
const down: CallerEvent = { kind: 'went-down', interface: 'ppp0', reason: 'ip-down', usage }
const idle: CallerEvent = { kind: 'hung-up', modem: 'idle' }
const woke: CallerEvent = { kind: 'woke' }
const failed = (failure: DialFailure, words = `it said ${failure}`): CallerEvent => ({ kind: 'dial-failed', failure, words })
const pppd = (status: number | null): CallerEvent => ({ kind: 'pppd-ended', status })

/** Plays events, each a second after the one before; `woke` comes when it is due. What was announced and done, in short. */
function play(events: readonly CallerEvent[], by = policy): { did: readonly string[]; state: Caller; now: number } {
  let state = callerAtRest(0)
  let now = 0
  const did: string[] = []
  for (const event of events) {
    now = event.kind === 'woke' ? (state.wakeAt ?? now) : now + 1000
    const step = stepCaller(state, event, now, by)
    state = step.state
    did.push(...step.effects.map((effect) => shown(effect, now)))
  }
  return { did, state, now }
}

function shown(effect: CallerEffect, now: number): string {
  switch (effect.kind) {
    case 'announce':
      return effect.state.kind
    case 'dial':
      return `dial ${effect.number}`
    case 'wake':
      return `wake +${effect.at - now}`
    case 'start-pppd':
      return `pppd ${effect.isp}`
    case 'end-pppd':
      return `end ${effect.how}`
    default:
      return effect.kind
  }
}

const table: readonly (readonly [string, readonly CallerEvent[], readonly string[], typeof policy?])[] = [
  [
    'a call from beginning to end',
    [wanted, dialled, up, unwanted, pppd(5), idle, down],
    [
      'dialling',
      'dial 1',
      'negotiating',
      'pppd a',
      'wake +60000',
      'up',
      'closing',
      'end asked',
      'wake +10000',
      'closing',
      'hang-up',
      'wake +2000',
      'down',
    ],
  ],
  [
    'ip-down may never report',
    [wanted, dialled, up, unwanted, pppd(5), idle, woke],
    [
      'dialling',
      'dial 1',
      'negotiating',
      'pppd a',
      'wake +60000',
      'up',
      'closing',
      'end asked',
      'wake +10000',
      'closing',
      'hang-up',
      'wake +2000',
      'down',
    ],
  ],
  [
    'busy: the next number soon, then the next ISP',
    [wanted, failed('busy'), woke, failed('busy'), woke],
    ['dialling', 'dial 1', 'resting', 'wake +3000', 'dialling', 'dial 2', 'resting', 'wake +3000', 'dialling', 'dial 3'],
  ],
  [
    'busy everywhere: a rest that grows',
    [wanted, failed('busy'), woke, failed('busy'), woke],
    ['dialling', 'dial 1', 'resting', 'wake +20000', 'dialling', 'dial 1', 'resting', 'wake +40000', 'dialling', 'dial 1'],
    one,
  ],
  [
    'no dial tone: another number does not help',
    [wanted, failed('no-dialtone'), woke],
    ['dialling', 'dial 1', 'resting', 'wake +120000', 'dialling', 'dial 1'],
  ],
  [
    'DELAYED: as long as the modem says',
    [wanted, failed('delayed', 'DELAYED 00:01:30')],
    ['dialling', 'dial 1', 'resting', 'wake +90000'],
    one,
  ],
  ['a ppp on another port is not this line', [{ kind: 'went-up', facts: { ...facts, tty: '/dev/pts/3' }, reason: 'ip-up' }], [], withPort],
  ['a ppp on our port that we did not start is', [up], ['up'], withPort],
  [
    'ip-up speaks of a pppd that has been killed: nothing',
    [wanted, dialled, unwanted, woke, pppd(null), idle, woke, up],
    [
      'dialling',
      'dial 1',
      'negotiating',
      'pppd a',
      'wake +60000',
      'closing',
      'end asked',
      'wake +10000',
      'end killed',
      'wake +10000',
      'closing',
      'hang-up',
      'wake +2000',
      'down',
    ],
  ],
  ['no dial tone: a long rest', [wanted, failed('no-dialtone')], ['dialling', 'dial 1', 'resting', 'wake +120000'], one],
  [
    'a wrong password stops, and tells',
    [wanted, dialled, pppd(19), idle, woke, wanted],
    ['dialling', 'dial 1', 'negotiating', 'pppd ', 'wake +60000', 'closing', 'hang-up', 'wake +2000', 'broken'],
    one,
  ],
  [
    'a person tries it again',
    [wanted, dialled, pppd(19), idle, woke, person],
    ['dialling', 'dial 1', 'negotiating', 'pppd ', 'wake +60000', 'closing', 'hang-up', 'wake +2000', 'broken', 'dialling', 'dial 1'],
    one,
  ],
  [
    'with another ISP a wrong password is that one’s turn',
    [wanted, dialled, pppd(19), idle, woke],
    ['dialling', 'dial 1', 'negotiating', 'pppd a', 'wake +60000', 'closing', 'hang-up', 'wake +2000', 'dialling', 'dial 3'],
  ],
  [
    'no IP address in time',
    [wanted, dialled, woke, pppd(5), idle, woke],
    [
      'dialling',
      'dial 1',
      'negotiating',
      'pppd ',
      'wake +60000',
      'closing',
      'end asked',
      'wake +10000',
      'closing',
      'hang-up',
      'wake +2000',
      'resting',
      'wake +10000',
    ],
    one,
  ],
  [
    'a pppd that does not end is killed',
    [wanted, dialled, up, unwanted, woke, pppd(null), idle, woke],
    [
      'dialling',
      'dial 1',
      'negotiating',
      'pppd ',
      'wake +60000',
      'up',
      'closing',
      'end asked',
      'wake +10000',
      'end killed',
      'wake +10000',
      'closing',
      'hang-up',
      'wake +2000',
      'down',
    ],
    one,
  ],
  [
    'the carrier is lost in the middle: dialled again',
    [wanted, dialled, up, down, pppd(16), idle, woke],
    [
      'dialling',
      'dial 1',
      'negotiating',
      'pppd ',
      'wake +60000',
      'up',
      'closing',
      'wake +10000',
      'closing',
      'hang-up',
      'resting',
      'wake +10000',
      'dialling',
      'dial 1',
    ],
    one,
  ],
  [
    'the modem is unplugged, and back',
    [wanted, failed('gone'), { kind: 'modem-back' }],
    ['dialling', 'dial 1', 'broken', 'await-modem', 'dialling', 'dial 1'],
    one,
  ],
  [
    'a modem that does not answer may be connected still',
    [wanted, dialled, up, unwanted, pppd(5), { kind: 'hung-up', modem: 'mute' }, woke, woke, idle, woke],
    [
      'dialling',
      'dial 1',
      'negotiating',
      'pppd ',
      'wake +60000',
      'up',
      'closing',
      'end asked',
      'wake +10000',
      'closing',
      'hang-up',
      'wake +2000',
      'broken',
      'wake +60000',
      'hang-up',
      'wake +2000',
      'down',
    ],
    one,
  ],
  [
    'given up while it dials',
    [wanted, unwanted, { kind: 'dial-failed', failure: 'aborted', words: '' }],
    ['dialling', 'dial 1', 'closing', 'abandon-dialling', 'down'],
    one,
  ],
  ['connected too late', [wanted, unwanted, dialled, idle], ['dialling', 'dial 1', 'closing', 'abandon-dialling', 'hang-up', 'down'], one],
  [
    'given up, and wanted again meanwhile',
    [wanted, unwanted, wanted, { kind: 'dial-failed', failure: 'aborted', words: '' }],
    ['dialling', 'dial 1', 'closing', 'abandon-dialling', 'dialling', 'dial 1'],
    one,
  ],
  ['a pppd of somebody else is not ended', [up, wanted, unwanted, down], ['up', 'down'], one],
  ['what nobody asked changes nothing', [dialled, failed('busy'), pppd(0), idle, { kind: 'modem-back' }, woke, unwanted, down], [], one],
]
for (const [fact, events, expected, by] of table) test(fact, () => assert.deepEqual(play(events, by).did, expected))

test('pppd’s count stands on the state after the call', () => {
  const { state } = play([wanted, dialled, up, unwanted, pppd(5), down, idle], one)
  assert.deepEqual(state.line, { kind: 'down', since: 7000, reason: 'nothing left to do', usage })
})

test('without an ip-down it is what pppd says itself', () => {
  const counted = { seconds: 42, sent: 1, received: 2 }
  const ended: CallerEvent = { kind: 'pppd-ended', status: 5, counted }
  const uncounted: CallerEvent = { kind: 'went-down', interface: 'ppp0', reason: 'ppp0 is gone' }
  for (const last of [woke, uncounted]) {
    const { state } = play([wanted, dialled, up, unwanted, ended, idle, last], one)
    assert.deepEqual('usage' in state.line && state.line.usage, counted)
  }
  const next = play([wanted, dialled, up, unwanted, ended, idle, woke, wanted, dialled, up, unwanted, pppd(5), idle, woke], one)
  assert.ok(!('usage' in next.state.line))
})

test('who dialled, for what, and on which carrier stands on the state of the call', () => {
  const { state } = play([wanted, dialled, up])
  assert.deepEqual(state.line, { kind: 'up', since: 3000, reason: 'timetable 13:00', link: facts, isp: 'a', carrier })
})

test('more attempts than an hour allows wait for the hour to pass', () => {
  const capped = { ...one, attempts: 2 }
  const { state, did } = play([wanted, failed('busy'), woke, failed('busy'), woke], capped)
  assert.equal(state.line.kind, 'resting')
  assert.match(state.line.reason, /^2 attempts within an hour are all/)
  assert.equal(state.line.kind === 'resting' && state.line.until, 1000 + 3_600_000)
  assert.equal(did.filter((what) => what === 'dial 1').length, 2)
})

test('a cause can name the ISP that is called first', () => {
  const { did } = play([{ kind: 'wanted', cause: { words: 'boxes', isp: 'b' } }])
  assert.deepEqual(did, ['dialling', 'dial 3'])
})
