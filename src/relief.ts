/**
 * Keeps the memory of a rush small, and gives it back after it. At LAN speed buffers of letters pile up outside the heap, where
 * the collector sees them late, and what it frees stays with malloc. So wherever letters pass somebody tells how many octets:
 * now and then the buffers are counted, and when too much of them may be garbage it is collected; and once nothing has passed
 * for a while, everything is. Knows neither letters nor where they go.
 */
import type { Clock } from './clock.ts'

export interface Memory {
  /** Buffers outside the heap, octets: in use, or not yet known to be garbage. */
  buffers(): number
  /** Looks through what is new. */
  collectYoung(): void
  /** Looks through everything. */
  collectAll(): void
  /** Hands what malloc keeps to the kernel. */
  release(): void
  /** All of it, as thoroughly as can be, at the price of some hundredths of a second. */
  tidy(): void
}

export type ReliefOptions = {
  readonly memory: Memory
  readonly clock: Pick<Clock, 'elapsed' | 'sleep'>
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

/** Octets. */
const lookEvery = 256 * 1024
const mostGrowth = 1024 * 1024
const mostBuffers = 2 * 1024 * 1024
const releaseEvery = 4 * 1024 * 1024
/** Milliseconds. */
const quiet = 3000

/** To be told of octets that have passed; of none, when something else is over that left garbage behind. */
export function relief({ memory, clock, signal }: ReliefOptions): (octets: number) => void {
  let unseen = 0
  let unreleased = 0
  let before = memory.buffers()
  let last = 0
  let waiting = false

  const afterwards = async (): Promise<void> => {
    waiting = true
    while (!signal.aborted && clock.elapsed() < last + quiet) await clock.sleep(last + quiet, signal)
    waiting = false
    if (!signal.aborted) memory.tidy()
  }

  const look = (): void => {
    if (memory.buffers() < before + mostGrowth) return
    memory.collectYoung()
    if (memory.buffers() > mostBuffers) memory.collectAll()
    before = memory.buffers()
    if (unreleased < releaseEvery) return
    unreleased = 0
    memory.release()
  }

  return (octets) => {
    last = clock.elapsed()
    if (!waiting) void afterwards()
    unseen += octets
    unreleased += octets
    if (unseen < lookEvery) return
    unseen = 0
    look()
  }
}
