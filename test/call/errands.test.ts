import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errands } from '../../src/call/errands.ts'
import type { Ration } from '../../src/call/ration.ts'
import type { Report } from '../../src/collect/session.ts'
import { isFit, type RoomFor } from '../../src/mail/room.ts'
import { fakeClock } from '../fake/clock.ts'

const minute = 60_000
const rate = 3500
/** Ten minutes of line are left of half an hour. */
const left: Ration = { until: 10 * minute, mustBefore: -1, budgetEnds: 10 * minute }
const whole = 30 * minute

/** A house in which letters of these sizes are due, here and in the boxes. */
function house(out: number[], boxed: number[]) {
  const told: [octets: number, tooLong: boolean][] = []
  const fits = (size: number, room: RoomFor | undefined): boolean => {
    const now = room?.(0)
    return !now || isFit({ size, since: 0, urgent: false }, now)
  }
  const queue = {
    carry: async (_courier: unknown, _signal: AbortSignal, { room }: { room?: RoomFor | undefined } = {}) => {
      for (const size of out.filter((one) => fits(one, room))) out.splice(out.indexOf(size), 1)
    },
    nextDue: (_courier: unknown, room?: RoomFor) => (out.some((size) => fits(size, room)) ? 0 : undefined),
  }
  const collect = async (_names: unknown, _signal: AbortSignal, room?: RoomFor): Promise<readonly Report[]> => {
    const off = boxed.filter((size) => !fits(size, room))
    const putOff = { letters: off.length, octets: off.reduce((sum, size) => sum + size, 0), largest: Math.max(...off) }
    return [{ outcome: 'done', ...(off.length > 0 ? { putOff } : {}) } as Report]
  }
  return {
    told,
    errands: errands({
      clock: fakeClock(),
      queue,
      courier: () => ({}) as never,
      collector: { collect },
      boxes: { ended: () => undefined },
      meter: { learned: () => ({ outRate: rate, inRate: rate, setupSeconds: 20, dialSeconds: 20 }) },
      planning: {
        ration: () => left,
        longestCall: () => whole,
        putOff: (octets, tooLong) => told.push([octets, tooLong]),
        emptied: () => undefined,
      },
    }),
  }
}

const never = new AbortController().signal
const small = rate * 60
const large = rate * 20 * 60
const huge = rate * 40 * 60

test('what the call has room for goes, and nobody is told', async () => {
  const { errands: work, told } = house([small], [small])
  await work.send('', never)
  await work.collect('', undefined, never)
  assert.deepEqual(told, [])
})

test('the planner hears of what is left for a call that has more room', async () => {
  const { errands: work, told } = house([small, large], [small, large])
  await work.send('', never)
  await work.collect('', undefined, never)
  assert.deepEqual(told, [
    [0, false],
    [large, false],
  ])
})

test('the planner hears of what no call has room for', async () => {
  const { errands: work, told } = house([small, huge], [small, large, huge])
  await work.send('', never)
  await work.collect('', undefined, never)
  assert.deepEqual(told, [
    [0, true],
    [large + huge, true],
  ])
})
