/**
 * Time for everybody. `now` is the wall clock, which on this box may be wrong by decades until the first call;
 * `elapsed` only ever grows and is what every wait, retry and age is counted in. Nothing else in src/ may
 * read a clock or set a timer.
 */
import { setTimeout as delay } from 'node:timers/promises'

export interface Clock {
  /** Wall clock, milliseconds since 1970. For stamps a person reads, never for decisions. */
  now(): number
  /** Monotonic milliseconds since the process began. */
  elapsed(): number
  /** Resolves when `elapsed()` has reached `until` (milliseconds), or as soon as `signal` is aborted; never rejects. */
  sleep(until: number, signal?: AbortSignal): Promise<void>
}

/** setTimeout fires at once for longer waits than this (2^31 - 1 ms). */
const longest = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  async sleep(until, signal) {
    for (;;) {
      const left = until - performance.now()
      if (left <= 0 || signal?.aborted) return
      try {
        await delay(Math.min(Math.ceil(left), longest), undefined, signal ? { signal } : {})
      } catch {
        return
      }
    }
  },
}
