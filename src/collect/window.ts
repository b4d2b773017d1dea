/**
 * How much is asked for ahead of what has come, counted in octets that are still to come: a big letter on its way makes room for the
 * next while its end arrives, and many small ones cover a round trip, which takes seconds while the other direction is full.
 * Letters are asked for in groups, when half of what was asked for has come, so that one segment carries several commands. What was
 * asked for and has not left the server costs nothing when the line drops: only the letter under way is fetched again.
 */
export interface Window {
  /** Resolves when one more may be asked for, or after `open`. For one caller at a time. */
  room(): Promise<void>
  /** One more is asked for, of about so many octets. */
  ask(octets: number): Order
  /** Octets that were asked for and have not come. */
  toCome(): number
  /** Lets everybody pass from now on. */
  open(): void
}

export interface Order {
  /** So many more of its octets are here. */
  got(octets: number): void
  /** All of it is here, or will not come. */
  came(): void
  /** It is on the disk, or never will be. */
  settled(): void
}

/** Octets to come: what a modem's full queue holds in the other direction, with which a command may be seven seconds on its way; and what is asked for at a time. */
export const octetsAhead: { readonly low: number; readonly high: number } = { low: 24 * 1024, high: 48 * 1024 }
/** Letters, which cost some 5 KB of memory each however small they are. */
const lettersAhead = { low: 24, high: 48 }
/** Letters that are here and not yet on the disk. */
const mostUnsettled = 24

export function orderWindow(): Window {
  let [octets, letters, unsettled] = [0, 0, 0]
  let filling = true
  let isOpen = false
  let wake: () => void = () => {}

  const hasRoom = (): boolean => {
    if (octets >= octetsAhead.high || letters >= lettersAhead.high) filling = false
    else if (octets <= octetsAhead.low && letters <= lettersAhead.low) filling = true
    return isOpen || (filling && unsettled < mostUnsettled)
  }

  return {
    async room() {
      while (!hasRoom()) await new Promise<void>((resolve) => (wake = resolve))
    },
    ask(expected) {
      let left = expected
      octets += left
      letters += 1
      const take = (some: number): void => {
        left -= some
        octets -= some
        wake()
      }
      return {
        got: (some) => take(Math.min(some, left)),
        came() {
          letters -= 1
          unsettled += 1
          take(left)
        },
        settled() {
          unsettled -= 1
          wake()
        },
      }
    },
    toCome: () => octets,
    open() {
      isOpen = true
      wake()
    },
  }
}
