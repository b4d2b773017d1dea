/** One seeded month under three tariffs, called for in four ways. */
import { type Rates, tariffOf } from '../../../src/link/tariff.ts'
import type { Bill } from './bill.ts'
import { classic } from './classic.ts'
import type { Letter } from './month.ts'
import { optimum, prophet } from './optimum.ts'
import { planned } from './planned.ts'
import { hours } from '../../link/hours.ts'

const maxWait = 6 * 3_600_000

/** No more than so many times the optimum, so many times the classic, hours for the worst letter. */
const targets = { optimum: 1.15, classic: 0.5, worst: 6 }

const second = { unit: 1000, fee: 0 }
const tariffs: Record<string, readonly Rates[]> = {
  'UK 2000, pence': [
    { ...second, window: hours('Mon-Fri 08:00-18:00'), per_minute: 3.95, minimum: 5 },
    { ...second, window: hours('Mon-Fri 18:00-08:00'), per_minute: 1, minimum: 5 },
    { ...second, window: hours('Sat-Sun'), per_minute: 0.66, minimum: 5 },
  ],
  'units and a fee': [
    { window: hours('Mon-Fri 09:00-18:00'), per_minute: 0.08, minimum: 0, unit: 90_000, fee: 0.06 },
    { per_minute: 0.03, minimum: 0, unit: 240_000, fee: 0.06 },
  ],
  'flat and dear': [{ ...second, per_minute: 0.5, minimum: 0 }],
}

/** Times what the optimum and the classic way cost. */
type Ratios = { readonly toOptimum: number; readonly toClassic: number }

export type Row = { readonly tariff: string; readonly how: string } & Bill & Ratios

export function compare(letters: readonly Letter[]): readonly Row[] {
  return Object.entries(tariffs).flatMap(([name, rates]) => {
    const tariff = tariffOf(rates)
    const ways = {
      dialpost: planned(letters, tariff, maxWait),
      classic: classic(letters, tariff),
      optimum: optimum(letters, tariff, maxWait),
      prophet: prophet(letters, tariff, maxWait),
    }
    const ratios = ({ money }: Bill): Ratios => ({ toOptimum: money / ways.optimum.money, toClassic: money / ways.classic.money })
    return Object.entries(ways).map(([how, bill]) => ({ tariff: name, how, ...bill, ...ratios(bill) }))
  })
}

/** Whether what dialpost's month came to is more than the targets allow. */
export function isMissed({ how, toOptimum, toClassic, worst }: Row): boolean {
  return how === 'dialpost' && (toOptimum > targets.optimum || toClassic > targets.classic || worst > targets.worst)
}
