/**
 * Whether the box knows what time it is. It has no battery: it boots in 1970 or in its build year, and somebody (SNTP, the operator)
 * sets the clock later. Known is a wall clock that is not before the day on which this program was made.
 */
import type { Clock } from './clock.ts'

export interface Wall {
  known(): boolean
  /** Looks again; tells `learned` once, with the milliseconds by which the clock was wrong before. */
  look(): void
}

/** The program cannot run before it was written. */
const written = Date.UTC(2026, 10, 1)

export function wall({ clock, learned }: { clock: Clock; learned: (offset: number) => void }): Wall {
  const offset = (): number => clock.now() - clock.elapsed()
  const isKnown = (): boolean => clock.now() >= written
  const unknown = isKnown() ? undefined : offset()
  let told = false
  return {
    known: isKnown,
    look() {
      if (unknown === undefined || told || !isKnown()) return
      told = true
      learned(offset() - unknown)
    },
  }
}
