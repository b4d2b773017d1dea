/**
 * What a telephone call costs, as the bill counts: a fee, then whole units, each at the rate of the hours in which it begins, and at
 * least the minimum of the hours in which the call begins. Pure; knows no mail and no line. Money is in the bill's currency.
 */
import type { Window } from '../config/windows.ts'
import { nextBorder, within } from './week.ts'

/** Money, and `unit` in milliseconds. Without a window it holds whenever no other one does. */
export type Rates = {
  readonly window?: Window
  readonly per_minute: number
  readonly minimum: number
  readonly unit: number
  readonly fee: number
}

/** Walls are milliseconds since 1970. */
export interface Tariff {
  /** Of a call of so many seconds from `start` on. */
  cost(start: number, seconds: number): number
  /** The longest call from `start` on, in seconds, that costs no more than this; Infinity where nothing is charged. */
  lasts(start: number, money: number): number
  /** Seconds up to which a call is paid for that has lasted so many: the end of its unit, or of what the minimum buys. */
  paidUntil(start: number, seconds: number): number
  /** Of a minute that begins then. */
  rate(wall: number): number
  /** The first moment after this at which other rates hold. */
  nextBorder(wall: number): number | undefined
  /** The first moment within a week after this at which a minute costs less. */
  nextCheaper(wall: number): number | undefined
}

/** Units of one price in a row, `from` so many milliseconds after the call began. */
type Stretch = { readonly from: number; readonly unit: number; readonly price: number; readonly units: number }

const week = 7 * 24 * 3_600_000
/** Less than this is what is left of money after adding fractions. */
const grain = 1e-9
const free: Rates = { per_minute: 0, minimum: 0, unit: 1000, fee: 0 }

/** Hours for which there are no rates cost nothing. */
export function tariffOf(all: readonly Rates[]): Tariff {
  const windows = all.flatMap(({ window }) => (window ? [window] : []))
  const usual = all.find(({ window }) => window === undefined) ?? free
  const holding = (wall: number): Rates => all.find(({ window }) => window !== undefined && within([window], wall)) ?? usual

  function* stretches(start: number): Generator<Stretch, undefined> {
    for (let from = 0; ; ) {
      const { per_minute, unit } = holding(start + from)
      const border = nextBorder(windows, start + from)
      const units = border === undefined ? Number.POSITIVE_INFINITY : Math.ceil((border - start - from) / unit)
      yield { from, unit, price: (per_minute * unit) / 60_000, units }
      from += units * unit
    }
  }

  const tariff: Tariff = {
    cost(start, seconds) {
      const { fee, minimum } = holding(start)
      let total = fee
      for (const { from, unit, price, units } of stretches(start)) {
        const begun = Math.min(units, Math.ceil((seconds * 1000 - from) / unit))
        total += begun * price
        if (from + begun * unit >= seconds * 1000) break
      }
      return Math.max(total, minimum)
    },
    lasts(start, money) {
      const { fee, minimum } = holding(start)
      let left = money - fee + grain
      if (left < 0 || money + grain < minimum) return 0
      for (const { from, unit, price, units } of stretches(start)) {
        const paid = price === 0 ? units : Math.min(units, Math.floor(left / price))
        if (paid < units) return (from + paid * unit) / 1000
        if (from > week || units === Number.POSITIVE_INFINITY) break
        left -= paid * price
      }
      return Number.POSITIVE_INFINITY
    },
    paidUntil: (start, seconds) => tariff.lasts(start, tariff.cost(start, seconds)),
    rate: (wall) => holding(wall).per_minute,
    nextBorder: (wall) => nextBorder(windows, wall),
    nextCheaper(wall) {
      const now = tariff.rate(wall)
      let border = nextBorder(windows, wall)
      while (border !== undefined && border - wall <= week) {
        if (tariff.rate(border) < now) return border
        border = nextBorder(windows, border)
      }
      return undefined
    },
  }
  return tariff
}
