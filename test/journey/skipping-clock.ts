/** The system's clock, set to an hour of its own, that a test can put forward: who sleeps then wakes as if the time had passed. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/clock.ts'

export type SkippingClock = Clock & {
  /** To that wall clock (milliseconds since 1970). */
  skipTo(wall: number): void
}

export function skippingClock(wall: number): SkippingClock {
  const began = performance.now()
  let skipped = 0
  let skip = new AbortController()
  const elapsed = (): number => performance.now() - began + skipped
  return {
    elapsed,
    now: () => wall + elapsed(),
    async sleep(until, signal) {
      for (;;) {
        if (elapsed() >= until || signal?.aborted) return
        const woken = AbortSignal.any([skip.signal, ...(signal ? [signal] : [])])
        await delay(Math.min(Math.ceil(until - elapsed()), 2 ** 31 - 1), undefined, { signal: woken }).catch(() => undefined)
      }
    },
    skipTo(to) {
      skipped += to - wall - elapsed()
      skip.abort()
      skip = new AbortController()
    },
  }
}
