/**
 * The cheapest month with hindsight: of all sets of calls that begin on the quarter of an hour, or at the last moment for one of the
 * letters, and leave no letter waiting longer than it may until its call begins, the one that costs least. A call takes the setup and
 * then what has come since the call before, both ways at once. Dynamic programming from the last moment to the first.
 * `optimum` keeps the promise that dialpost keeps, to look into the boxes that often even if nothing is in them: nobody who keeps
 * it can call for less. `prophet` knows beforehand when they are empty, and then does not look.
 */
import type { Tariff } from '../../../src/link/tariff.ts'
import { type Bill, billOf, line } from './bill.ts'
import { begin, end, type Letter } from './month.ts'

const quarter = 15 * 60_000

type Step = { readonly cost: number; readonly seconds: number; readonly next: number | undefined }

export function optimum(letters: readonly Letter[], tariff: Tariff, maxWait: number): Bill {
  return cheapest(letters, tariff, maxWait, true)
}

export function prophet(letters: readonly Letter[], tariff: Tariff, maxWait: number): Bill {
  return cheapest(letters, tariff, maxWait, false)
}

function cheapest(letters: readonly Letter[], tariff: Tariff, maxWait: number, looks: boolean): Bill {
  const grid = Array.from({ length: (end + maxWait - begin) / quarter }, (_, index) => begin + index * quarter)
  const moments = [...new Set([...grid, ...letters.map(({ at }) => at + maxWait)])].sort((a, b) => a - b)
  const best: (Step | undefined)[] = []
  const firstAfter = (at: number): number => {
    const index = letters.findIndex((letter) => letter.at > at)
    return index < 0 ? letters.length : index
  }
  /** The best call to follow one at `from`, taking what has come since. */
  const follow = (from: number, index: number): Step => {
    const first = firstAfter(from)
    const limit = (looks ? from : (letters[first]?.at ?? from)) + maxWait
    let step: Step = { cost: first === letters.length ? 0 : Number.POSITIVE_INFINITY, seconds: 0, next: undefined }
    if (first === letters.length) return step
    const work = { out: 0, in: 0 }
    let taken = first
    for (let to = index; to < moments.length; to++) {
      const at = moments[to] ?? end
      if (at > limit) break
      for (let letter = letters[taken]; letter && letter.at <= at; letter = letters[++taken]) work[letter.way] += letter.octets
      if (taken === first && !looks) continue
      const seconds = line.setup + Math.max(work.out, work.in) / line.rate
      const cost = tariff.cost(at, seconds) + (best[to]?.cost ?? Number.POSITIVE_INFINITY)
      if (cost < step.cost) step = { cost, seconds, next: to }
    }
    return step
  }
  for (let index = moments.length - 1; index >= 0; index--) best[index] = follow(moments[index] ?? end, index + 1)
  const calls = []
  const waits: number[] = []
  let from = begin - 1
  for (let step = follow(from, 0); step.next !== undefined; step = best[step.next] ?? step) {
    const at = moments[step.next] ?? end
    for (const letter of letters.slice(firstAfter(from), firstAfter(at))) waits.push(at - letter.at)
    calls.push({ at, seconds: step.seconds })
    from = at
  }
  return billOf(calls, waits, tariff)
}
