/**
 * Time for everybody. `now` is the wall clock, which on this box may be wrong by decades until the first call;
 * `elapsed` only ever grows and is what every wait, retry and age is counted in. Nothing else in src/ may
 * read a clock or set a timer.
 */
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
      await delay(Math.min(Math.ceil(left), longest), signal)
    }
  },
}

/** Not that of node:timers/promises, which makes an error, with its stack, for each wait that ends early: every client that leaves does. */
function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
