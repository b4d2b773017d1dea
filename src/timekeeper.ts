/**
 * The time of the daemon, put together: the clock that everybody goes by (wall.ts), SNTP in each call (time/), and what mail servers' greetings
 * say where nobody else does. With daemon.ts one of the files that may.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Time } from './config/config.ts'
import { moment, span } from './console/words.ts'
import type { Log } from './log/events.ts'
import { type AskTime, type Resolve, timeAsker } from './time/ask.ts'
import { datagrams } from './time/datagram.ts'
import { timeIn } from './time/greeting.ts'
import { openWall, type Wall, written } from './wall.ts'

export type Timekeeper = {
  readonly wall: Wall
  /** What a mail server greeted with. */
  greeted(host: string, greeting: string): void
  /** What a call needs to ask; `sent`: a question has gone over the line. */
  asker(parts: { readonly resolve: Resolve; readonly sent: () => void; readonly log: Log }): {
    readonly askTime: AskTime
    readonly timeWanted: () => boolean
  }
  /** Looks now and then whether somebody else has set the clock, until the signal is aborted. */
  watch(signal: AbortSignal): Promise<void>
  /** What time it is and who says so, for a person. */
  words(): string
}

export type TimekeeperOptions = {
  readonly computer: Clock
  /** Sets the computer's clock, or throws. */
  readonly set: ((wall: number) => void) | undefined
  readonly settings: Time
  /** Asked for when there is something to say: who logs needs a clock first. */
  readonly log: () => Log
  /** The clock was wrong by so many milliseconds until now. */
  readonly jumped: (by: number) => void
}

/** Milliseconds between looks, while the clock is not known and later. */
const lookEvery = { unknown: 5000, known: 60_000 }
/** A greeting is on its way for no longer, and says whole seconds (milliseconds). */
const greetingUnsure = 5000

export function timekeeper({ computer, set, settings, log, jumped }: TimekeeperOptions): Timekeeper {
  const wall = openWall({
    clock: computer,
    set: settings.set ? set : undefined,
    jumped(by, first) {
      jumped(by)
      const { name } = wall.source()
      const now = `it is ${moment(wall.clock.now())}, says ${name}`
      if (first) log().notice('clock-known', `${now}; stamps from before are corrected`)
      else log().notice('clock-wrong', `the clock was ${span(Math.abs(by) / 1000)} ${by > 0 ? 'slow' : 'fast'}: ${now}`)
    },
    refused: (cause) =>
      log().warn('clock-refused', `the computer's clock cannot be set (${String(cause)}); mail goes by the right time nevertheless`),
  })
  return {
    wall,
    greeted(host, greeting) {
      const time = wall.known() ? undefined : timeIn(greeting, written)
      if (time !== undefined) wall.learn({ wall: time, unsure: greetingUnsure }, `${host} by its greeting`)
    },
    asker: (parts) => ({
      askTime: timeAsker({
        servers: settings.servers,
        resolve: parts.resolve,
        exchange: datagrams(parts.sent),
        cookie: () => randomBytes(8).readBigUInt64BE(),
        clock: computer,
        since: written,
        told: ({ wall: now, roundTrip }, { host }) => wall.learn({ wall: now, unsure: roundTrip / 2 }, host),
        log: parts.log,
      }),
      timeWanted: () => !wall.known() && settings.servers.length > 0,
    }),
    async watch(signal) {
      while (!signal.aborted) {
        const pause = wall.known() ? lookEvery.known : lookEvery.unknown
        await computer.sleep(computer.elapsed() + pause, signal)
        wall.look()
      }
    },
    words: () => words(wall, computer.elapsed()),
  }
}

function words(wall: Wall, elapsed: number): string {
  const source = wall.source()
  if (!wall.known()) return 'not set; learned in the first call'
  const since = 'at' in source ? `, ${span((elapsed - source.at) / 1000)} ago` : ''
  const apart = wall.computerKnown() ? '' : '; the computer itself does not know'
  return `${moment(wall.clock.now())}, says ${source.name}${since}${apart}`
}
