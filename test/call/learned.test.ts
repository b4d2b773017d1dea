import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learned, moved, rateOf, see, type Stretch } from '../../src/call/learned.ts'

/** Octets at moments, milliseconds: the rates that were told, and the one that is under way. */
function rates(moves: readonly (readonly [number, number])[]) {
  let stretch: Stretch | undefined
  const told: number[] = []
  for (const [at, octets] of moves) {
    const next = moved(stretch, octets, at)
    stretch = next.stretch
    if (next.rate !== undefined) told.push(next.rate)
  }
  return { told, now: rateOf(stretch) }
}

const steady = (from: number, seconds: number, octets: number) =>
  Array.from({ length: seconds + 1 }, (_, second) => [from + second * 1000, octets] as const)

test('a transfer that fills the line tells its rate; what came with the first octets has no time to it', () => {
  assert.deepEqual(rates(steady(0, 10, 3300)), { told: [], now: 3300 })
})

test('a silence ends a transfer and does not slow it down', () => {
  assert.deepEqual(rates([...steady(0, 10, 3300), ...steady(60_000, 10, 2000)]), { told: [3300], now: 2000 })
})

test('small letters and bursts say nothing', () => {
  assert.deepEqual(rates(steady(0, 3, 900)), { told: [], now: undefined })
  assert.deepEqual(
    rates([
      [0, 40_000],
      [100, 40_000],
    ]),
    { told: [], now: undefined },
  )
})

test('before the first call a V.34 modem is assumed; the first sight is believed, later ones weigh a quarter', () => {
  assert.equal(learned({}).inRate, 3500)
  const seen = see(see({}, 'in', 1000), 'in', 2000)
  assert.deepEqual(learned(see(seen, 'setup', 9)), { outRate: 3500, inRate: 1250, setupSeconds: 9, dialSeconds: 25 })
})
