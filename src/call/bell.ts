/** A bell that wakes whoever waits: work has come, the operator asks. Rung while nobody waits, it is heard by the next who does. */
import type { Clock } from '../clock.ts'

export interface Bell {
  ring(): void
  /** Resolves when it is rung, at `until` (`clock.elapsed()` milliseconds), or when the signal is aborted. */
  heard(until: number, signal: AbortSignal): Promise<void>
}

export function bell(clock: Clock): Bell {
  let rung = false
  let wake: (() => void) | undefined
  return {
    ring() {
      rung = true
      wake?.()
    },
    async heard(until, signal) {
      if (!rung) {
        const bed = new AbortController()
        wake = () => bed.abort()
        await clock.sleep(until, AbortSignal.any([bed.signal, signal]))
        wake = undefined
      }
      rung = false
    },
  }
}
