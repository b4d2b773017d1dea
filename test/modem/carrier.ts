/**
 * One direction of a telephone line between two modems: octets leave at the line's rate, back to back, and each arrives after the delay.
 * Pure: it is told the time (milliseconds) and asked what has arrived.
 */

export type Carrier = {
  /** Octets from the computer. They are never refused: whoever offers looks at `waiting` first, as a computer does at CTS. */
  offer(octets: Buffer, now: number): void
  /** Octets that lie in the modem and have not begun to leave. */
  waiting(now: number): number
  /** What has arrived at the other end since last asked. */
  arrived(now: number): Buffer
  /** Nothing waits, nothing is under way. */
  quiet(): boolean
  /** Octets carried since the beginning. */
  carried(): number
}

export type CarrierOptions = {
  readonly bitsPerSecond: number
  /** Milliseconds one way. */
  readonly delay: number
}

/** `since`: when the first octet of `octets` begins to leave. */
type Stretch = { readonly since: number; readonly octets: Buffer; taken: number }

export function carrier({ bitsPerSecond, delay }: CarrierOptions): Carrier {
  // An octet is eight bits: V.42 sends no start and stop bits (ITU-T V.42 §8).
  const each = 8000 / bitsPerSecond
  const stretches: Stretch[] = []
  let free = -Infinity
  let carried = 0
  return {
    offer(octets, now) {
      if (octets.length === 0) return
      const since = Math.max(now, free)
      free = since + octets.length * each
      stretches.push({ since, octets, taken: 0 })
    },
    waiting: (now) => Math.max(0, Math.ceil((free - now) / each)),
    arrived(now) {
      const pieces: Buffer[] = []
      for (let first = stretches[0]; first; first = stretches[0]) {
        const here = Math.min(first.octets.length, Math.floor((now - delay - first.since) / each))
        if (here <= first.taken) break
        pieces.push(first.octets.subarray(first.taken, here))
        first.taken = here
        if (here < first.octets.length) break
        stretches.shift()
      }
      const all = Buffer.concat(pieces)
      carried += all.length
      return all
    },
    quiet: () => stretches.length === 0,
    carried: () => carried,
  }
}
