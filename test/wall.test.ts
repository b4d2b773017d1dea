import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { openWall, written } from '../src/wall.ts'
import { fakeClock } from './fake/clock.ts'

const today = Date.UTC(2026, 10, 25, 12, 30)
const minute = 60_000

type Setting = 'sets' | 'may not' | 'is not to'

function opened(start: number, setting: Setting = 'sets') {
  const computer = fakeClock(start)
  const jumps: { by: number; first: boolean }[] = []
  const refusals: unknown[] = []
  const set = (wall: number): void => {
    if (setting === 'may not') throw new Error('EPERM')
    computer.jump(wall)
  }
  const wall = openWall({
    clock: computer,
    set: setting === 'is not to' ? undefined : set,
    jumped: (by, first) => jumps.push({ by, first }),
    refused: (cause) => refusals.push(cause),
  })
  return { computer, wall, jumps, refusals }
}

for (const setting of ['sets', 'may not', 'is not to'] as const)
  describe(`where it ${setting} set the computer's clock`, () => {
    test('an unknown time is learned once, and stays known', async () => {
      const { computer, wall, jumps, refusals } = opened(0, setting)
      await computer.advance(minute)
      assert.deepEqual([wall.known(), wall.source()], [false, { name: 'nobody' }])
      wall.learn({ wall: today, unsure: 200 }, 'ntp.isp.example')
      await computer.advance(minute)
      wall.look()
      wall.learn({ wall: today + minute + 300, unsure: 200 }, 'ntp.isp.example')
      assert.deepEqual([wall.known(), wall.clock.now()], [true, today + minute])
      assert.deepEqual(jumps, [{ by: today - minute, first: true }])
      assert.equal(wall.computerKnown(), setting === 'sets')
      assert.equal(refusals.length, setting === 'may not' ? 2 : 0)
      assert.deepEqual(wall.source(), { name: 'ntp.isp.example', at: 2 * minute })
    })

    test('a known time that is wrong by years is put back', () => {
      const { wall, jumps } = opened(Date.UTC(2041, 1, 1), setting)
      assert.deepEqual([wall.known(), wall.source()], [true, { name: 'the computer' }])
      wall.learn({ wall: today, unsure: 200 }, 'ntp.isp.example')
      assert.deepEqual([wall.clock.now(), jumps], [today, [{ by: today - Date.UTC(2041, 1, 1), first: false }]])
    })

    test('some seconds are put right without a word', () => {
      const { wall, jumps } = opened(today, setting)
      wall.learn({ wall: today + 5000, unsure: 200 }, 'ntp.isp.example')
      assert.deepEqual([wall.clock.now(), jumps], [today + 5000, []])
      wall.learn({ wall: today + 5600, unsure: 200 }, 'ntp.isp.example')
      assert.equal(wall.clock.now(), today + 5000)
      assert.deepEqual(jumps, [])
    })
  })

test('somebody else sets an unknown clock', async () => {
  const { computer, wall, jumps } = opened(0)
  await computer.advance(minute)
  computer.jump(today)
  wall.look()
  wall.look()
  assert.deepEqual([wall.known(), wall.clock.now(), jumps], [true, today, [{ by: today - minute, first: true }]])
  assert.deepEqual(wall.source(), { name: 'somebody who set the clock', at: minute })
})

test('somebody who moves an unknown clock about in the past says nothing', () => {
  const { computer, wall, jumps } = opened(0)
  computer.jump(Date.UTC(1999, 0, 1))
  wall.look()
  assert.deepEqual([wall.known(), jumps, wall.source()], [false, [], { name: 'nobody' }])
})

test('somebody else who sets a known clock, even one that we keep for ourselves, is believed', () => {
  const { computer, wall, jumps } = opened(0, 'is not to')
  wall.learn({ wall: today, unsure: 0 }, 'ntp.isp.example')
  computer.jump(today + 7 * minute)
  wall.look()
  assert.deepEqual([wall.clock.now(), jumps[1]], [today + 7 * minute, { by: 7 * minute, first: false }])
})

test('a known clock that is put into 1970 does not take the house with it', async () => {
  const { computer, wall, jumps } = opened(today)
  computer.jump(0)
  wall.look()
  await computer.advance(minute)
  assert.deepEqual([wall.known(), wall.computerKnown(), wall.clock.now(), jumps], [true, false, today + minute, []])
  wall.learn({ wall: today + minute, unsure: 0 }, 'ntp.isp.example')
  assert.deepEqual([wall.clock.now(), computer.now(), jumps], [today + minute, today + minute, []])
})

test('a clock that is slewed, never so far, has not jumped', async () => {
  const { computer, wall, jumps } = opened(today)
  for (let turn = 0; turn < 20; turn++) {
    computer.jump(computer.now() + 2000)
    wall.look()
  }
  assert.deepEqual([wall.clock.now(), jumps], [today + 40_000, []])
})

test('whatever is set and learned, what is told adds up to where the clock is, and a known time stays known', () => {
  const events = fc.array(
    fc.record({
      who: fc.constantFrom<'we' | 'they'>('we', 'they'),
      to: fc.oneof(
        fc.integer({ min: 0, max: written - 1 }),
        fc.integer({ min: written, max: written + 1e12 }),
        fc.integer({ min: written - 20_000, max: written + 20_000 }),
      ),
    }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(events, fc.constantFrom<Setting>('sets', 'may not', 'is not to'), (list, setting) => {
      const { computer, wall, jumps } = opened(today, setting)
      for (const { who, to } of list) {
        if (who === 'they') computer.jump(to)
        else wall.learn({ wall: Math.max(to, written), unsure: 0 }, 'ntp.isp.example')
        wall.look()
        assert.ok(wall.known())
        const told = jumps.reduce((sum, { by }) => sum + by, 0)
        assert.ok(Math.abs(today + told - wall.clock.now()) < 20 * 10_000)
      }
      assert.ok(jumps.every(({ first }) => !first))
    }),
    { numRuns: 1000 },
  )
})
