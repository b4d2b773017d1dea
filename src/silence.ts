/**
 * How long a server may be silent while it owes us something before the transfer is given up: clearly longer than it has ever been silent and
 * gone on after all, in this session and, as far as it matters, in earlier ones. The line costs by the minute, and a server
 * that answers at once all day and then stops has stopped. Of whom nothing is known yet the usual patience is had.
 */
export interface Silence {
  /** Milliseconds. */
  limit(): number
  /** The server was silent so long (milliseconds) and went on. */
  lasted(milliseconds: number): void
}

export type Remembered = {
  readonly recall: (name: string) => string | undefined
  readonly remember: (name: string, value: string | undefined) => void
}

/** Milliseconds. */
const [least, most] = [20_000, 300_000]
/** Answers after which a server is known. */
const enough = 5
/** What is remembered of it must make a difference, and be so much longer than what was: each note wears the flash. */
const telling = least / 3
const longer = 1.25

/** `longest` silence that ended, `roundTrip`, and the patience for whom nothing is known: milliseconds. */
export function stallAfter(longest: number, roundTrip: number, usual: number): number {
  return Math.max(Math.min(least, usual), Math.min(most, 3 * longest + 8 * roundTrip))
}

export function silence(name: string, usual: number, notes?: Remembered): Silence {
  const before = Number(notes?.recall(`silence ${name}`) ?? 0) || 0
  let noted = before
  let longest = before
  let answers = 0
  let roundTrip = 0
  return {
    limit: () => (answers < enough && before === 0 ? usual : stallAfter(longest, roundTrip, usual)),
    lasted(milliseconds) {
      answers += 1
      // The greeting: a round trip, and what the server needs to know who we are.
      if (answers === 1) roundTrip = milliseconds
      longest = Math.max(longest, milliseconds)
      if (longest < Math.max(telling, noted * longer)) return
      noted = longest
      notes?.remember(`silence ${name}`, String(Math.round(longest)))
    },
  }
}
