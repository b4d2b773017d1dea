/** How sinks are put together: several at once, and some that take only what matters to them. */
import type { Level, Sink } from './events.ts'

const ranks: Readonly<Record<Level, number>> = { debug: 0, info: 1, notice: 2, warn: 3, error: 4 }

/** One sink that gives each line to all of these, in order. */
export function combine(...sinks: readonly Sink[]): Sink {
  return (line) => {
    for (const sink of sinks) sink(line)
  }
}

/** Lets pass what is at least that grave. */
export function atLeast(level: Level, sink: Sink): Sink {
  return (line) => {
    if (ranks[line.level] >= ranks[level]) sink(line)
  }
}

/** The text on one line and harmless to a terminal: what strangers put into headers and replies ends up in logs. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
}
