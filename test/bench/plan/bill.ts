/** What a month of calls came to. */
import type { Tariff } from '../../../src/link/tariff.ts'

/** `at`: wall clock at which it begins to cost. */
export type Charged = { readonly at: number; readonly seconds: number }

/** Worst wait in hours, from a letter's coming to its being over the line. */
export type Bill = { readonly money: number; readonly minutes: number; readonly calls: number; readonly worst: number }

/** Of one way to call: octets a second each way, and the charged seconds before mail moves. */
export const line = { rate: 3500, setup: 25 }

export function billOf(calls: readonly Charged[], waits: readonly number[], tariff: Tariff): Bill {
  return {
    money: calls.reduce((sum, { at, seconds }) => sum + tariff.cost(at, seconds), 0),
    minutes: calls.reduce((sum, { seconds }) => sum + seconds, 0) / 60,
    calls: calls.length,
    worst: Math.max(...waits) / 3_600_000,
  }
}
