/**
 * How long a client may stay without getting anywhere. Octets alone do not count: a command must become whole, a letter
 * must come at a pace, and a session must bring a letter an hour, so one octet a minute holds nothing for ever.
 * RFC 5321 §4.5.3.2 wants five minutes for a command and three between pieces of a letter. Milliseconds of `elapsed`.
 */

/** What is waited for: the client's next command, the client's letter, or us (who may take our time). */
export type Presence = {
  readonly doing: 'command' | 'letter' | 'work'
  /** When this wait began; for a letter, when this look at its pace began. */
  readonly since: number
  /** Of the letter, since then. */
  readonly octets: number
  /** When the last letter was accepted, or the session began. */
  readonly lastLetter: number
}

export type Judgement =
  | { readonly kind: 'wait'; readonly until: number }
  /** Its pace is enough: look again from now on. */
  | { readonly kind: 'renew' }
  | { readonly kind: 'leave'; readonly reason: string }

const minute = 60_000
const commandWait = 5 * minute
const paceWait = 5 * minute
/** Octets in every `paceWait`. */
const paceFloor = 4096
const sessionWait = 60 * minute

export function arrived(now: number): Presence {
  return { doing: 'command', since: now, octets: 0, lastLetter: now }
}

export function judge({ doing, since, octets, lastLetter }: Presence, now: number): Judgement {
  if (doing === 'work') return { kind: 'wait', until: now + minute }
  if (now >= lastLetter + sessionWait) return { kind: 'leave', reason: 'no letter within an hour' }
  const until = since + (doing === 'letter' ? paceWait : commandWait)
  if (now < until) return { kind: 'wait', until: Math.min(until, lastLetter + sessionWait) }
  if (doing === 'command') return { kind: 'leave', reason: 'no command within five minutes' }
  return octets >= paceFloor ? { kind: 'renew' } : { kind: 'leave', reason: 'the letter came too slowly' }
}

/** A segment has come, and we deal with it. */
export function working(before: Presence): Presence {
  return { ...before, doing: 'work' }
}

export type Done = {
  /** Milliseconds that we took, which are not the client's. */
  readonly took: number
  readonly octets: number
  /** A command, or a letter's end, was among them. */
  readonly progress: boolean
  readonly receiving: boolean
}

/** The segment is dealt with: what is waited for now. */
export function waiting(before: Presence, now: number, { took, octets, progress, receiving }: Done): Presence {
  const fresh = { since: now, octets: 0 }
  const same = { since: before.since + took, octets: before.octets + octets }
  return { ...before, doing: receiving ? 'letter' : 'command', ...(progress ? fresh : same) }
}
