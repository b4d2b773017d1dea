import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cells } from '../../src/console/cells.ts'
import { frame } from '../../src/console/frame.ts'
import type { House, Status } from '../../src/console/house.ts'
import { outlet } from '../../src/console/outlet.ts'
import { watchHouse } from '../../src/console/watch.ts'
import { fakeClock } from '../fake/clock.ts'
import { fakeHouse } from '../fake/house.ts'
import { vt } from './vt.ts'

const size = { columns: 80, rows: 24 }
const now = fakeHouse().status()
const call = now.call ?? assert.fail()

function inCall(changes: Partial<Status>): Status {
  return { ...now, ...changes }
}

test('both ways have a bar, and the longer of them says how long the mail will take', () => {
  const box = (name: string, done: number, total: number) => ({
    name,
    words: '',
    ok: true,
    busy: true,
    progress: { letters: { done: 1, total: 2 }, octets: { done, total } },
  })
  const rows = frame(
    inCall({
      call: { ...call, cost: 0.0408 },
      outward: { waiting: 40_000, gone: 10_000 },
      rate: { out: 3000, in: 3000 },
      boxes: [box('work', 10_000, 50_000), box('shofar', 0, 20_000)],
    }),
    [],
    size,
  )
  assert.ok(rows.includes('out     [#########.....................]  2 letters, 14K of 44K, 0:10 left'), rows.join('\n'))
  assert.ok(rows.includes('in      [##########....................]  5 letters, 31K of 91K, 0:20 left'), rows.join('\n'))
  assert.ok(rows.includes('call    1:02, cost 0.04; about 0:20 of mail left; next poll in 3:58'), rows.join('\n'))
})

test('without a call there is no bar', () => {
  assert.ok(!frame(inCall({ call: undefined }), [], size).some((row) => row.includes('[')))
})

test('a screen that is too small is not overrun', () => {
  const boxes = Array.from({ length: 40 }, (_, at) => ({
    name: `a-box-with-a-long-name-${at}`,
    words: 'x '.repeat(100),
    ok: true,
    busy: false,
  }))
  for (const { columns, rows } of [size, { columns: 20, rows: 4 }, { columns: 40, rows: 10 }]) {
    const shown = frame(inCall({ boxes }), ['1:00 left'], { columns, rows })
    assert.ok(shown.length <= rows)
    assert.ok(shown.every((row) => cells(row) < columns))
  }
})

/** Ten minutes of a busy call at 9600 bit/s. */
async function watched(change: (status: Status, second: number) => Status) {
  const clock = fakeClock()
  const screen = vt(80, 24)
  const writes: { at: number; octets: number }[] = []
  const house: House = {
    ...fakeHouse(),
    status: () => change(now, clock.elapsed() / 1000),
    later: (ms, signal) => clock.sleep(clock.elapsed() + ms, signal),
  }
  let typed: (octets: Uint8Array) => void = () => {}
  const gone = new AbortController()
  const terminal = {
    size,
    rate: 960,
    async write(text: string) {
      writes.push({ at: clock.elapsed(), octets: Buffer.byteLength(text) })
      screen.feed(text)
    },
    hear: (heard: (octets: Uint8Array) => void) => void (typed = heard),
    gone: gone.signal,
  }
  const out = outlet(terminal, clock)
  const paced = {
    ...terminal,
    async write(text: string) {
      out.write(text)
      await out.quiet()
    },
  }
  const ended = watchHouse(house, paced, new AbortController().signal)
  await clock.advance(600_000)
  return { clock, screen, writes, ended, type: (text: string) => typed(Buffer.from(text)) }
}

const ticking = (status: Status, second: number): Status => ({
  ...status,
  line: { kind: 'up', words: `up on ppp0 for ${Math.floor(second)}` },
  call: { ...call, seconds: second, in: { letters: Math.floor(second / 5), octets: Math.floor(second * 3300) } },
})

test('it takes no more than a quarter of a line of 9600 bit/s, and looks once a second', async () => {
  const { writes, ended, type, screen } = await watched(ticking)
  const octets = writes.reduce((sum, write) => sum + write.octets, 0)
  assert.ok(octets > 600 && octets < 0.25 * 960 * 600, `${octets} octets in ten minutes`)
  const seconds = new Set(writes.map(({ at }) => Math.floor(at / 1000)))
  assert.ok(seconds.size > 500, `${seconds.size} updates`)
  assert.match(screen.rows().join('\n'), /up on ppp0 for 59\d/)
  type('q')
  assert.equal(await ended, 0)
})

test('nor where everything changes all the time', async () => {
  const wild = (status: Status, second: number): Status => ({
    ...ticking(status, second),
    plan: `${Math.sin(second)} `.repeat(10),
    clock: `${Math.cos(second)}`,
  })
  const { writes, ended, type } = await watched(wild)
  const octets = writes.reduce((sum, write) => sum + write.octets, 0)
  assert.ok(octets <= 0.25 * 960 * 600 * 1.02, `${octets} octets in ten minutes`)
  type('\x03')
  assert.equal(await ended, 0)
})

test('where nothing changes nothing is sent', async () => {
  const { writes, ended, type } = await watched((status) => status)
  assert.ok(writes.every(({ at }) => at < 3000))
  type('x')
  type('Q')
  assert.equal(await ended, 0)
})
