/** How a script of old did it: every half hour in office hours it sends, then fetches, then the line stays up until it has been idle. */
import type { Tariff } from '../../../src/link/tariff.ts'
import { type Bill, billOf, type Charged, line } from './bill.ts'
import { begin, days, type Letter } from './month.ts'

const idle = 300

/** What comes after the last call of the month goes by one more. */
export function classic(letters: readonly Letter[], tariff: Tariff): Bill {
  const calls: Charged[] = []
  const waits: number[] = []
  let free = begin
  let taken = 0
  for (const at of [...moments(), Math.max(...letters.map((letter) => letter.at))]) {
    if (at < free) continue
    const mine = letters.slice(taken).filter((letter) => letter.at <= at)
    taken += mine.length
    let done = at + line.setup * 1000
    for (const way of ['out', 'in'] as const)
      for (const letter of mine.filter((one) => one.way === way)) {
        done += (letter.octets / line.rate) * 1000
        waits.push(done - letter.at)
      }
    free = done + idle * 1000
    calls.push({ at, seconds: (free - at) / 1000 })
  }
  return billOf(calls, waits, tariff)
}

function moments(): readonly number[] {
  const start = new Date(begin)
  return Array.from({ length: days }, (_, day) => day)
    .filter((day) => day % 7 < 5)
    .flatMap((day) =>
      Array.from({ length: 20 }, (_, half) =>
        new Date(start.getFullYear(), start.getMonth(), start.getDate() + day, 8, 30 * half).getTime(),
      ),
    )
}
