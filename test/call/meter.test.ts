import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meter, type MeterOptions } from '../../src/call/meter.ts'
import { ring } from '../../src/call/notes.ts'
import { read, write } from '../../src/call/record.ts'
import type { LinkState, Usage } from '../../src/link/line.ts'
import { fakeClock, type FakeClock } from '../fake/clock.ts'

const link = { interface: 'ppp0', tty: '/dev/ttyS1', speed: 115200, local: '10.0.0.2', remote: '10.0.0.1', ipparam: '' }
const carrier = { speed: 33600, protocol: 'V34/ARQ' }
const noon = new Date(2026, 10, 25, 12).getTime()

/** A box with a notebook that outlives it; `boot` is another start of it. */
function box({ wall = noon, known = true, ...options }: { wall?: number; known?: boolean } & Pick<MeterOptions, 'cost' | 'budgets'> = {}) {
  const notes = new Map<string, string>()
  const written: number[] = []
  const notebook = {
    recall: (name: string) => notes.get(name),
    remember(name: string, value: string) {
      notes.set(name, value)
      written.push(value.length)
    },
  }
  const boot = (clock: FakeClock, knows: boolean) => {
    let sure = knows
    const counting = meter({ clock, clockKnown: () => sure, notebook, ...options })
    const tell = (state: object) => counting.follow({ since: clock.elapsed(), reason: 'operator', isp: 'a', ...state } as LinkState)
    return {
      clock,
      counting,
      up: () => tell({ kind: 'up', link }),
      connect: () => tell({ kind: 'negotiating', carrier }),
      dial: () => tell({ kind: 'dialling', number: '1' }),
      rest: (reason: string) => tell({ kind: 'resting', reason, until: 0 }),
      down: (usage?: Usage) => tell({ kind: 'down', reason: 'mail is done', ...(usage ? { usage } : {}) }),
      learnTime(to: number) {
        clock.jump(to)
        sure = true
        counting.clockLearned()
      },
    }
  }
  return { notes, written, ...boot(fakeClock(wall), known), again: (at: number, knows = true) => boot(fakeClock(at), knows) }
}

test('a call is remembered with all that is known of it', async () => {
  const { clock, counting, dial, connect, up, down } = box({ cost: (_began, seconds) => seconds / 1000 })
  counting.sent({ letters: 1, octets: 1 })
  dial()
  await clock.advance(20_000)
  connect()
  await clock.advance(4000)
  up()
  await clock.advance(1000)
  counting.sent({ letters: 1, octets: 2000 })
  counting.collected({ letters: 2, octets: 700 })
  await clock.advance(57_000)
  assert.equal(counting.current()?.seconds, 62)
  const record = down({ seconds: 57, sent: 3000, received: 1500 })
  assert.deepEqual(record, {
    number: 1,
    began: noon + 20_000,
    counted: noon + 20_000,
    seconds: 62,
    cause: 'operator',
    ended: 'mail is done',
    isp: 'a',
    carrier,
    cameUp: true,
    line: { sent: 3000, received: 1500 },
    out: { letters: 1, octets: 2000 },
    in: { letters: 2, octets: 700 },
    cost: 0.062,
    failed: [],
  })
  assert.equal(counting.current(), undefined)
  assert.deepEqual(counting.calls(), [record])
  assert.deepEqual([counting.learned('a').setupSeconds, counting.learned('a').dialSeconds], [5, 20])
})

test('dial attempts that came to nothing stand with the call that came at last', () => {
  const { counting, dial, rest, connect, down } = box()
  for (const reason of ['BUSY', 'BUSY', 'NO DIALTONE']) {
    dial()
    rest(reason)
  }
  const failed = [
    { reason: 'BUSY', times: 2 },
    { reason: 'NO DIALTONE', times: 1 },
  ]
  assert.deepEqual([counting.calls(), counting.failed()], [[], failed])
  dial()
  connect()
  assert.deepEqual(down()?.failed, failed)
  assert.deepEqual(counting.failed(), [])
})

test('a connection that never came up is a call that cost', async () => {
  const { clock, connect, down } = box({ cost: () => 0.05 })
  connect()
  await clock.advance(3000)
  const record = down()
  assert.deepEqual([record?.cameUp, record?.seconds, record?.cost], [false, 3, 0.05])
})

test('after a restart calls, sums and what was learned of the line are as before', async () => {
  const { clock, counting, up, down, again } = box({ cost: () => 0.05, budgets: [{ per: 'day', ms: 600_000 }] })
  up()
  await clock.advance(1000)
  for (let second = 0; second < 20; second++) {
    counting.collected({ letters: 0, octets: 3000 })
    await clock.advance(1000)
  }
  down()
  const later = again(noon + 3_600_000).counting
  assert.deepEqual(later.calls(), counting.calls())
  assert.deepEqual(later.sums(), counting.sums())
  assert.deepEqual(later.sums().left, [{ budget: { per: 'day', ms: 600_000 }, left: 579_000 }])
  assert.equal(later.learned('a').inRate, 3000)
  assert.equal(later.learned().inRate, 3000)
})

test('a power cut in a long call hides ten minutes of it at most, and the call says how it ended', async () => {
  const { clock, up, again } = box()
  up()
  await clock.advance(25 * 60_000)
  const [record] = again(noon + 3_600_000).counting.calls()
  assert.deepEqual([record?.seconds, record?.ended], [1200, 'dialpost was cut off'])
})

test('a call that begins in 1970 has its time and its price once the clock is set in it', async () => {
  const cost = () => 0.05
  const { clock, counting, up, down, learnTime } = box({ wall: 0, known: false, cost })
  up()
  await clock.advance(60_000)
  const [before] = counting.calls()
  assert.deepEqual([before?.began, before?.cost], [undefined, undefined])
  learnTime(noon)
  await clock.advance(60_000)
  down()
  const [record] = counting.calls()
  assert.deepEqual([record?.began, record?.seconds, record?.cost], [noon - 60_000, 120, 0.05])
})

test('a call without a clock is dated when the clock is set later, in its run or after a restart', async () => {
  const { clock, counting, up, down, learnTime, again } = box({ wall: 0, known: false, cost: () => 0.05 })
  up()
  await clock.advance(60_000)
  down()
  await clock.advance(60_000)
  const other = again(0, false)
  assert.deepEqual(other.counting.sums().day, { calls: 1, seconds: 60, cost: 0, unpriced: 1 })
  other.learnTime(noon)
  assert.deepEqual([other.counting.calls()[0]?.began, other.counting.calls()[0]?.counted], [undefined, noon])
  learnTime(noon)
  assert.deepEqual([counting.calls()[0]?.began, counting.calls()[0]?.cost], [noon - 120_000, 0.05])
})

test('when a clock that was wrong by years is put right, calls of this run are where they belong and earlier ones are of today', async () => {
  const later = new Date(2041, 4, 1, 12).getTime()
  const first = box({ wall: later, cost: (began) => (began === noon ? 0.05 : 0.07), budgets: [{ per: 'day', ms: 600_000 }] })
  first.up()
  await first.clock.advance(60_000)
  first.down()
  const { again } = first
  const { clock, counting, up, down, learnTime } = again(later + 3_600_000)
  up()
  await clock.advance(30_000)
  down()
  learnTime(noon + 30_000)
  assert.deepEqual(
    counting.calls().map(({ began, counted, cost }) => [began, counted, cost]),
    [
      [undefined, noon + 30_000, 0.07],
      [noon, noon, 0.05],
    ],
  )
  assert.equal(counting.sums().left[0]?.left, 510_000)
  const tomorrow = again(noon + 24 * 3_600_000).counting
  assert.equal(tomorrow.sums().left[0]?.left, 600_000)
})

test('a clock that is put forward by years takes the calls of this run with it', async () => {
  const { clock, counting, up, down, learnTime } = box({ cost: () => 0.05 })
  up()
  await clock.advance(60_000)
  down()
  const later = new Date(2041, 4, 1, 12).getTime()
  learnTime(later)
  assert.deepEqual([counting.calls()[0]?.began, counting.sums().day.calls], [later - 60_000, 1])
})

test('what former runs spent is told as the planner counts it: on the scale of this run, the last known call at its start', async () => {
  const { clock, up, down, again } = box({ cost: () => 0.05 })
  for (const wait of [0, 3_600_000]) {
    await clock.advance(wait)
    up()
    await clock.advance(60_000)
    down()
  }
  const spent = [
    { wall: noon, elapsed: -3_660_000, seconds: 60, cost: 0.05 },
    { wall: noon + 3_660_000, elapsed: 0, seconds: 60, cost: 0.05 },
  ]
  assert.deepEqual(again(0, false).counting.spentBefore(), spent)
})

test('what is likely to come is what calls have brought, and it is known again after a restart', async () => {
  const { clock, counting, up, down, again } = box()
  const day = 24 * 3_600_000
  assert.deepEqual(counting.expected()(noon, noon + day), { out: 0, in: 0 })
  for (let hour = 0; hour < 49; hour++) {
    up()
    counting.collected({ letters: 1, octets: 5000 })
    down()
    await clock.advance(3_600_000)
  }
  const { out, in: back } = counting.expected()(noon, noon + 7 * day)
  assert.equal(out, 0)
  assert.equal(Math.round(back), 5000 * 24 * 7)
  assert.deepEqual(again(noon + 3 * day).counting.expected()(noon, noon + 7 * day), { out, in: back })
})

test('a start without a clock gives no new budget', async () => {
  const { clock, up, down, again } = box({ budgets: [{ per: 'day', ms: 3_600_000 }] })
  up()
  await clock.advance(3_000_000)
  down()
  assert.equal(again(0, false).counting.sums().left[0]?.left, 600_000)
})

test('four hundred calls are remembered one by one, and all in the sums, through a restart', async () => {
  const { clock, counting, up, down, again, notes } = box()
  for (let n = 0; n < ring + 25; n++) {
    up()
    await clock.advance(1000)
    down()
  }
  assert.equal(notes.size, ring)
  const later = again(clock.now()).counting
  assert.equal(later.calls().length, ring)
  assert.equal(later.calls()[0]?.number, 26)
  for (const sums of [counting.sums(), later.sums()])
    assert.deepEqual(
      [sums.month, sums.total].map(({ calls, seconds }) => [calls, seconds]),
      [
        [425, 425],
        [425, 425],
      ],
    )
})

test('a call in progress whose note has pushed out another counts each of them once', async () => {
  const { clock, counting, up, down } = box()
  for (let n = 0; n < ring; n++) {
    up()
    await clock.advance(1000)
    down()
  }
  up()
  await clock.advance(601_000)
  assert.equal(counting.sums().total.calls, ring + 1)
})

test('a call costs the notebook one note of a few hundred octets', async () => {
  const { clock, counting, dial, connect, up, down, written } = box({ cost: () => 0.05 })
  dial()
  connect()
  up()
  counting.sent({ letters: 12, octets: 40_000 })
  await clock.advance(62_000)
  down({ seconds: 57, sent: 40_000, received: 15_000 })
  assert.equal(written.length, 1)
  assert.ok((written[0] ?? 0) < 250, `${written[0]} octets`)
})

test('a note that is damaged costs its call alone', async () => {
  const { clock, up, down, notes, again } = box()
  for (let n = 0; n < 3; n++) {
    up()
    await clock.advance(1000)
    down()
  }
  for (const text of ['', '{}', '[1,2]', '["x",0,0,0,0,0,0,0,0,0,0,0,0,0]']) {
    notes.set('call 2', text)
    assert.deepEqual(
      again(noon)
        .counting.calls()
        .map(({ number }) => number),
      [1, 3],
    )
  }
})

test('what is written of a call is read as it was', () => {
  const { counting, connect, down } = box({ cost: () => 1.25 })
  connect()
  const record = down()
  assert.ok(record)
  const note = { record, seen: { in: 3000, setup: 4.5 }, fallen: undefined }
  assert.deepEqual(read(write(note)), note)
  assert.deepEqual(counting.failed(), [])
})
