/** A clock that moves when the test says so: `advance` wakes sleepers in order. */
import type { Clock } from '../../src/clock.ts'

export interface FakeClock extends Clock {
  /** Moves elapsed time (and the wall clock with it), waking sleepers in the order of their times. */
  advance(ms: number): Promise<void>
  /** Sets the wall clock without any time passing, as SNTP does. */
  jump(wall: number): void
  /** How many sleepers there are. */
  waiting(): number
}

export function fakeClock(wall: number = Date.UTC(2026, 10, 22, 9, 30)): FakeClock {
  let elapsed = 0
  let offset = wall
  const sleepers = new Set<{ until: number; wake: () => void }>()
  const settle = async () => {
    for (let turn = 0; turn < 8; turn++) await new Promise<void>((done) => setImmediate(done))
  }
  return {
    now: () => offset + elapsed,
    elapsed: () => elapsed,
    sleep: (until, signal) =>
      new Promise((resolve) => {
        if (until <= elapsed || signal?.aborted) return resolve()
        const sleeper = {
          until,
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake)
      }),
    async advance(ms) {
      const end = elapsed + ms
      await settle()
      for (;;) {
        const next = [...sleepers].filter((s) => s.until <= end).sort((a, b) => a.until - b.until)[0]
        if (!next) break
        elapsed = Math.max(elapsed, next.until)
        next.wake()
        await settle()
      }
      elapsed = end
      await settle()
    },
    jump: (to) => {
      offset = to - elapsed
    },
    waiting: () => sleepers.size,
  }
}
