import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialLine } from '../../src/link/dialled.ts'
import type { LinkState } from '../../src/link/line.ts'
import type { Dialled, HungUp } from '../../src/link/modem.ts'
import type { PppdEnd } from '../../src/link/pppd.ts'
import { fakeClock } from '../fake/clock.ts'

const facts = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115200, local: '10.0.0.2', remote: '10.0.0.1', ipparam: '' }

/** A modem and a pppd that answer when the test says so. */
function house({ attempts = 12 } = {}) {
  const clock = fakeClock()
  const did: string[] = []
  const heard: LinkState[] = []
  let answer: ((said: Dialled) => void) | undefined
  let ended: ((end: PppdEnd) => void) | undefined
  const line = dialLine({
    isps: [{ name: '', numbers: ['0845'] }],
    attempts,
    peerOf: () => 'isp',
    clock,
    modem: {
      dial(number, signal) {
        did.push(`dial ${number}`)
        return new Promise((resolve) => {
          answer = resolve
          signal.addEventListener('abort', () => resolve({ kind: 'failed', failure: 'aborted', words: 'given up' }))
        })
      },
      async hangUp(): Promise<HungUp> {
        did.push('hang up')
        return 'idle'
      },
      present: () => new Promise(() => {}),
      facts: () => ({ signal: '-71 dBm' }),
      close: async () => void did.push('close'),
    },
    pppd: {
      run({ peer }) {
        did.push(`pppd ${peer}`)
        return new Promise((resolve) => (ended = resolve))
      },
      end(how) {
        did.push(`end ${how}`)
        ended?.({ status: 5 })
      },
      clear: async () => {},
    },
  })
  line.watch((state) => heard.push(state))
  const kinds = (): readonly string[] => heard.map(({ kind }) => kind)
  return { clock, line, did, kinds, answers: (said: Dialled) => answer?.(said), pppdEnds: (status: number) => ended?.({ status }) }
}

const connected: Dialled = { kind: 'connected', carrier: { speed: 33600, protocol: 'V34' } }

test('a call from beginning to end', async () => {
  const { clock, line, did, kinds, answers } = house()
  assert.equal(line.dial({ words: 'timetable 13:00' }), undefined)
  answers(connected)
  await clock.advance(0)
  line.tell({ kind: 'went-up', facts, reason: 'ip-up' })
  assert.deepEqual(line.state().kind, 'up')
  line.hangUp('nothing left to do')
  await clock.advance(0)
  line.tell({ kind: 'went-down', interface: 'ppp0', reason: 'ip-down', usage: { seconds: 7, sent: 1, received: 2 } })
  await clock.advance(0)
  assert.deepEqual(did, ['dial 0845', 'pppd isp', 'end asked', 'hang up'])
  assert.deepEqual(kinds(), ['dialling', 'negotiating', 'up', 'closing', 'closing', 'down'])
  assert.deepEqual(line.modem(), { signal: '-71 dBm' })
})

test('a busy number is dialled again by itself', async () => {
  const { clock, line, did, answers } = house()
  line.dial({ words: 'mail' })
  answers({ kind: 'failed', failure: 'busy', words: 'busy' })
  await clock.advance(19_000)
  assert.deepEqual(did, ['dial 0845'])
  await clock.advance(1000)
  assert.deepEqual(did, ['dial 0845', 'dial 0845'])
})

test('an ISP that there is not is refused in a sentence', () => {
  const { line, did } = house()
  assert.match(line.dial({ words: 'operator', isp: 'nobody' }) ?? '', /there is no ISP nobody/)
  assert.deepEqual(did, [])
})

test('what asks in the middle of an announcement waits for its turn', async () => {
  const { clock, line, did, kinds, answers } = house()
  line.watch((state) => {
    if (state.kind === 'negotiating') line.hangUp('it is too late')
  })
  line.dial({ words: 'mail' })
  answers(connected)
  await clock.advance(5000)
  assert.deepEqual(did, ['dial 0845', 'pppd isp', 'end asked', 'hang up'])
  assert.equal(kinds().at(-1), 'down')
})

test('closing it hangs up, and waits until nothing is left', async () => {
  const { clock, line, did, answers } = house()
  line.dial({ words: 'mail' })
  answers(connected)
  await clock.advance(0)
  const closed = line.close()
  await clock.advance(5000)
  await closed
  assert.deepEqual(did, ['dial 0845', 'pppd isp', 'end asked', 'hang up', 'close'])
})

test('pppd by hand is an up line that is not ours to end', async () => {
  const { line, did } = house()
  line.tell({ kind: 'went-up', facts, reason: 'ip-up' })
  assert.equal(line.dial({ words: 'mail waits' }), undefined)
  assert.match(line.hangUp('done') ?? '', /somebody else/)
  await line.close()
  assert.deepEqual(did, ['close'])
})
