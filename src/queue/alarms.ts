/** One alarm clock for the queue: of all the times it was given only the next one counts, and whoever rings looks at everything. */
import type { Clock } from '../clock.ts'

export interface Alarm {
  /** Rings at that `clock.elapsed()`, or before. */
  at(elapsed: number): void
  stop(): void
}

export function alarmClock(clock: Clock, ring: () => void): Alarm {
  let next = Number.POSITIVE_INFINITY
  let waiting = new AbortController()
  let stopped = false

  async function wait(until: number, { signal }: AbortController): Promise<void> {
    await clock.sleep(until, signal)
    if (signal.aborted || stopped) return
    next = Number.POSITIVE_INFINITY
    ring()
  }

  return {
    at(elapsed) {
      if (stopped || elapsed >= next) return
      next = elapsed
      waiting.abort()
      waiting = new AbortController()
      void wait(elapsed, waiting)
    },
    stop() {
      stopped = true
      waiting.abort()
    },
  }
}
