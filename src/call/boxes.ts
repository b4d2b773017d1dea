/** What is known of each box at the ISP: how far its session is, how the last one ended. Feeds the meter as letters arrive. */
import type { Progress, Report } from '../collect/session.ts'
import type { Meter } from './meter.ts'

export type BoxState = { readonly now?: Progress; readonly last?: Report }

export interface Boxes {
  /** A session got on; its counts begin anew with each session. */
  got(progress: Progress): void
  ended(report: Report): void
  of(name: string): BoxState
}

export function boxes(meter: Pick<Meter, 'collected'>): Boxes {
  const running = new Map<string, Progress>()
  const reports = new Map<string, Report>()
  return {
    got(progress) {
      const known = running.get(progress.account)
      const before = known && known.letters.done <= progress.letters.done ? known : undefined
      running.set(progress.account, progress)
      meter.collected({
        letters: progress.letters.done - (before?.letters.done ?? 0),
        octets: progress.octets.done - (before?.octets.done ?? 0),
      })
    },
    ended(report) {
      running.delete(report.account)
      reports.set(report.account, report)
    },
    of(name) {
      const [now, last] = [running.get(name), reports.get(name)]
      return { ...(now ? { now } : {}), ...(last ? { last } : {}) }
    },
  }
}
