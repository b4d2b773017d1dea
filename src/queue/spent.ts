/** Time as it is spent: milliseconds that the daemon ran and that the line was up, over all its lives. A jump of the wall clock is not seen here. */
import type { Clock } from '../clock.ts'
import type { Spent } from './retry.ts'

export interface SpentTime {
  now(): Spent
  /** The line went up or down; whether that is news. */
  line(up: boolean): boolean
  /** Running time at which this call began; while the line is down, now: the next thing that may happen is a call. */
  call(): number
  isUp(): boolean
  /** `clock.elapsed()` at that running time, no earlier than this life began. */
  elapsedAt(running: number): number
  /** The same for times past, in former lives below zero: time while the box was off is unknown and does not count. */
  elapsedOf(running: number): number
  /** Running time at that `clock.elapsed()`. */
  runningAt(elapsed: number): number
}

export function spentTime(clock: Clock, saved: Spent): SpentTime {
  const began = clock.elapsed()
  let line = saved.line
  let up: { readonly since: number } | undefined
  const running = (): number => Math.floor(saved.running + clock.elapsed() - began)
  return {
    now: () => ({ line: Math.floor(up ? line + clock.elapsed() - up.since : line), running: running() }),
    line(nowUp) {
      if (nowUp === (up !== undefined)) return false
      if (up) line += clock.elapsed() - up.since
      up = nowUp ? { since: clock.elapsed() } : undefined
      return true
    },
    call: () => (up ? Math.floor(saved.running + up.since - began) : running()),
    isUp: () => up !== undefined,
    elapsedAt: (at) => Math.max(0, at - saved.running) + began,
    elapsedOf: (at) => at - saved.running + began,
    runningAt: (elapsed) => Math.floor(saved.running + elapsed - began),
  }
}
