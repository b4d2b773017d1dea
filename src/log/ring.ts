/**
 * The last lines of the log in RAM: what `dialpost log` shows. Never written to flash. Lines remember how long the
 * process had run, so that those from before the clock was set are shown with their true time once it is known.
 */
import type { Clock } from '../clock.ts'
import type { Level, Sink } from './events.ts'
import { printable } from './sinks.ts'

/** `at` is wall clock milliseconds by what the clock knows now. */
export type Entry = { readonly at: number; readonly level: Level; readonly event: string; readonly text: string }

export interface Ring {
  readonly sink: Sink
  /** The last `count` lines, oldest first. */
  readonly last: (count: number) => readonly Entry[]
  /** Calls back for each line from now on; returns what ends it. The callback must not throw, nor log. */
  readonly follow: (seen: (entry: Entry) => void) => () => void
}

type Kept = { readonly elapsed: number; readonly cost: number; readonly entry: Omit<Entry, 'at'> }

/** What an entry costs beside its text: objects, and the place in the list. */
const overhead = 120

/** Longer lines are cut, so that one of them cannot drive out all others. */
const longest = 2000

/** Keeps as many of the last lines as fit into `bytes`. */
export function ring({ bytes, clock }: { readonly bytes: number; readonly clock: Clock }): Ring {
  const kept: Kept[] = []
  const followers = new Set<(entry: Entry) => void>()
  let used = 0
  const stamped = ({ elapsed, entry }: Kept): Entry => ({ at: clock.now() - (clock.elapsed() - elapsed), ...entry })
  return {
    sink({ level, event, text }) {
      const entry = { level, event, text: printable(text.length > longest ? `${text.slice(0, longest)}...` : text) }
      const line = { elapsed: clock.elapsed(), cost: overhead + Buffer.byteLength(entry.text), entry }
      kept.push(line)
      used += line.cost
      while (used > bytes) used -= kept.shift()?.cost ?? used
      for (const seen of followers) seen(stamped(line))
    },
    last: (count) => (count > 0 ? kept.slice(-count).map(stamped) : []),
    follow(seen) {
      followers.add(seen)
      return () => {
        followers.delete(seen)
      }
    },
  }
}
