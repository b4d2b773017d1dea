/**
 * How many connections to one server fill the line. With CHUNKING and PIPELINING one never waits; with PIPELINING alone every
 * letter waits a round trip for its 354, and with neither one for each command: others send meanwhile. A connection costs octets, too
 * (greeting, EHLO, TLS, login), so few letters get few. Pure.
 */
import type { Features } from './features.ts'

export type Prospect = {
  readonly features: Pick<Features, 'pipelining' | 'chunking'>
  readonly encrypted: boolean
  /** Milliseconds from a command to its reply. */
  readonly roundTrip: number
  /** Octets a second that the line carries. */
  readonly rate: number
  /** Letters that are known to wait, and their octets. */
  readonly letters: number
  readonly octets: number
  /** No more than so many. */
  readonly most: number
}

/** Octets that each letter takes beside itself: commands, and the headers of its packets. */
const envelope = 200

/** Octets that a connection takes, the dearer way, until its first MAIL: three packets and commands; a whole handshake with its certificates. */
const opening = { clear: 500, encrypted: 4000 }

/** The number with which everything is gone soonest; of equals the smallest. At least one. */
export function connectionsFor(prospect: Prospect): number {
  const { letters, octets, rate, roundTrip, encrypted, most } = prospect
  const waits = waitsFor(prospect.features)
  if (waits === 0 || letters < 2) return 1
  const carried = ((octets / letters + envelope) / rate) * 1000
  const opened = ((encrypted ? opening.encrypted : opening.clear) / rate) * 1000
  const waited = waits * roundTrip
  const time = (count: number): number =>
    Math.max(letters * carried + waited, Math.ceil(letters / count) * (carried + waited)) + (count - 1) * opened
  let best = 1
  for (let count = 2; count <= Math.min(most, letters); count++) if (time(count) < time(best)) best = count
  return best
}

/**
 * Round trips that a letter of one recipient waits for while its connection sends nothing. More connections than that takes are no
 * better: their acknowledgements wait behind each other's letters, so that the server repeats what it said.
 */
function waitsFor({ pipelining, chunking }: Prospect['features']): number {
  if (!pipelining) return 4
  return chunking ? 0 : 1
}
