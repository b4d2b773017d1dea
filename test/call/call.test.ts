import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCall } from '../../src/call/call.ts'
import { watchLine } from '../../src/link/watch.ts'
import { events, type Line as LogLine } from '../../src/log/events.ts'
import { fakeClock } from '../fake/clock.ts'

const facts = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115200, local: '10.0.0.2', remote: '10.0.0.1', ipparam: '' }

/** A house with a line that goes up and down by hand, and works that last as long as the test says. */
function house(
  work: {
    send?: (signal: AbortSignal) => Promise<void>
    collect?: (signal: AbortSignal) => Promise<void>
    nextDue?: () => number | undefined
    askTime?: (signal: AbortSignal) => Promise<number>
    timeWanted?: () => boolean
  } = {},
) {
  const clock = fakeClock()
  const line = watchLine({ mode: 'hooks', clock })
  const did: string[] = []
  const told: string[] = []
  const logged: LogLine[] = []
  const call = openCall({
    line,
    clock,
    log: events((one) => logged.push(one)),
    send: async (_isp, signal) => {
      did.push('send')
      await work.send?.(signal)
    },
    nextDue: work.nextDue ?? (() => undefined),
    collect: async (_isp, names, signal) => {
      did.push(`collect ${names?.join(' ') ?? 'all'}`)
      await work.collect?.(signal)
    },
    ...(work.askTime ? { askTime: work.askTime } : {}),
    ...(work.timeWanted ? { timeWanted: work.timeWanted } : {}),
    pollEvery: 300_000,
    lineUp: (up) => did.push(up ? 'up' : 'down'),
    seen: ({ kind }) => told.push(kind),
    working: (busy) => told.push(busy ? 'busy' : 'idle'),
  })
  return {
    clock,
    call,
    did,
    told,
    logged,
    up: () => line.tell({ kind: 'went-up', facts, reason: 'ip-up' }),
    down: () => line.tell({ kind: 'went-down', interface: 'ppp0', reason: 'ip-down' }),
  }
}

test('while the line is down nothing is sent and nothing collected', async () => {
  const { clock, call, did } = house()
  call.mailWaits()
  await clock.advance(86_400_000)
  assert.deepEqual(did, [])
  assert.match(call.poll() ?? '', /the line is down/)
  await call.close()
})

test('on up, sending and collecting begin at once and at the same time', async () => {
  const never = (signal: AbortSignal) => new Promise<void>((done) => signal.addEventListener('abort', () => done()))
  const { clock, call, did, up } = house({ send: never, collect: never })
  up()
  await clock.advance(0)
  assert.deepEqual(did, ['up', 'send', 'collect all'])
  await call.close()
})

test('the boxes are polled again after every interval, and not after the line went down', async () => {
  const { clock, call, did, up, down } = house()
  up()
  await clock.advance(650_000)
  assert.equal(did.filter((what) => what === 'collect all').length, 3)
  down()
  await clock.advance(3_600_000)
  assert.equal(did.filter((what) => what === 'collect all').length, 3)
  assert.equal(call.nextPoll(), undefined)
  await call.close()
})

test('a letter that comes during the call leaves at once', async () => {
  const { clock, call, did, up } = house()
  up()
  await clock.advance(10)
  call.mailWaits()
  await clock.advance(0)
  assert.equal(did.filter((what) => what === 'send').length, 2)
  await call.close()
})

test('a letter that was deferred is tried again when it is due', async () => {
  let due: number | undefined = 60_000
  const { clock, call, did, up } = house({ nextDue: () => due })
  up()
  await clock.advance(59_000)
  assert.equal(did.filter((what) => what === 'send').length, 1)
  due = undefined
  await clock.advance(0)
  await clock.advance(2000)
  assert.equal(did.filter((what) => what === 'send').length, 2)
  await call.close()
})

test('the operator polls one box without moving the timetable of the others', async () => {
  const { clock, call, did, up } = house()
  up()
  await clock.advance(100_000)
  assert.equal(call.poll('work'), undefined)
  await clock.advance(0)
  assert.equal(did.at(-1), 'collect work')
  const planned = call.nextPoll()
  assert.equal(planned, 300_000)
  await clock.advance(200_000)
  assert.equal(did.at(-1), 'collect all')
  await call.close()
})

test('work that breaks is logged and goes on later', async () => {
  let broken = true
  const { clock, call, did, logged, up } = house({
    send: async () => {
      if (broken) throw new Error('disk on fire')
    },
  })
  up()
  await clock.advance(1000)
  assert.ok(logged.some(({ event, text }) => event === 'send-fault' && text.includes('disk on fire')))
  broken = false
  await clock.advance(30_000)
  assert.equal(did.filter((what) => what === 'send').length, 2)
  await call.close()
})

test('on down both are told to stop, and a work that takes too long is reported', async () => {
  const slow = { stopped: false }
  const setup = house({
    send: (signal) =>
      new Promise((done) => {
        signal.addEventListener(
          'abort',
          () =>
            void setup.clock.sleep(setup.clock.elapsed() + 3000).then(() => {
              slow.stopped = true
              done()
            }),
        )
      }),
  })
  setup.up()
  await setup.clock.advance(5000)
  setup.down()
  await setup.clock.advance(4000)
  assert.ok(slow.stopped)
  assert.ok(setup.logged.some(({ event }) => event === 'call-late'))
  assert.deepEqual(setup.did.slice(-1), ['down'])
  await setup.call.close()
})

test('a line that comes back before the former call has stopped begins a second one only then', async () => {
  const setup = house({
    send: (signal) =>
      new Promise((done) => signal.addEventListener('abort', () => void setup.clock.sleep(setup.clock.elapsed() + 500).then(done))),
  })
  setup.up()
  await setup.clock.advance(1000)
  setup.down()
  setup.up()
  await setup.clock.advance(100)
  assert.equal(setup.did.filter((what) => what === 'send').length, 1)
  await setup.clock.advance(1000)
  assert.equal(setup.did.filter((what) => what === 'send').length, 2)
  const end = setup.call.close()
  await setup.clock.advance(1000)
  await end
})

test('it says when the work has begun, when nothing is left, and when there is some again', async () => {
  const { clock, call, told, up, down } = house({ send: (signal) => clock.sleep(clock.elapsed() + 2000, signal) })
  up()
  await clock.advance(1999)
  assert.deepEqual(told, ['down', 'up', 'busy'])
  await clock.advance(1)
  assert.deepEqual(told.slice(3), ['idle'])
  call.mailWaits()
  await clock.advance(0)
  assert.deepEqual(told.slice(4), ['busy'])
  down()
  await clock.advance(0)
  assert.deepEqual(told.slice(5), ['down'])
  await call.close()
})

test('the time is asked for in each call and again when that says so, and the line is kept for it only while it is wanted', async () => {
  let wanted = true
  const asked: number[] = []
  const { clock, call, told, up, down } = house({
    askTime: async (signal) => {
      asked.push(clock.elapsed())
      await clock.sleep(clock.elapsed() + 3000, signal)
      wanted = false
      return clock.elapsed() + 60_000
    },
    timeWanted: () => wanted,
  })
  up()
  await clock.advance(2000)
  assert.deepEqual(told, ['down', 'up', 'busy'])
  await clock.advance(2000)
  assert.equal(told.at(-1), 'idle')
  const quiet = told.length
  await clock.advance(70_000)
  down()
  await clock.advance(1000)
  up()
  await clock.advance(500)
  assert.deepEqual(asked, [0, 63_000, 75_000])
  assert.deepEqual(told.slice(quiet), ['down', 'up', 'busy', 'idle'])
  await call.close()
})
