/**
 * Whom to ask for the time, and when: the servers in turn until one answers, each at most every 15 seconds (RFC 4330 §10), one that sends a
 * kiss-o'-death (RFC 4330 §8) not at all or not for a day. Pure; times are `clock.elapsed()` milliseconds.
 */

export type Asking = {
  /** The place in the settings of the server that has been asked and has not answered yet. */
  readonly turn: number | undefined
  /** Nobody is asked before. */
  readonly next: number
  /** Rounds in a row in which nobody knew. */
  readonly failures: number
  /** Until when servers, by their place, do not want to be asked. */
  readonly shunned: ReadonlyMap<number, number>
  /** What servers of this round said instead. */
  readonly reasons: readonly string[]
}

export type AskingEvent =
  /** The line is up. */
  | { readonly kind: 'due' }
  | { readonly kind: 'told' }
  /** By its code; `reason` is the same in words. */
  | { readonly kind: 'kissed'; readonly code: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The line went down in the middle. */
  | { readonly kind: 'cut' }

export type AskingEffect =
  | { readonly kind: 'ask'; readonly turn: number }
  | { readonly kind: 'give-up'; readonly reasons: readonly string[] }

export type AskingStep = { readonly state: Asking; readonly effect?: AskingEffect }

export const notAsked: Asking = { turn: undefined, next: 0, failures: 0, shunned: new Map(), reasons: [] }

const second = 1000
/** Between two questions to one server: after none answered, doubled each time; after one has. A quartz is wrong by a second after some hours. */
const soonest = 15 * second
const longest = 3600 * second
const again = 6 * 3600 * second
/** What RATE asks for is that it be less often. */
const rateRest = 24 * 3600 * second

/** `servers`: how many there are. */
export function step(state: Asking, event: AskingEvent, now: number, servers: number): AskingStep {
  const { turn } = state
  if (event.kind === 'due') return turn !== undefined || now < state.next ? { state } : askFrom(0, { ...state, reasons: [] }, now, servers)
  if (turn === undefined) return { state }
  switch (event.kind) {
    case 'told':
      return { state: { ...state, turn: undefined, failures: 0, next: now + again } }
    case 'cut':
      return { state: { ...state, turn: undefined, next: now + soonest } }
    case 'failed':
      return askFrom(turn + 1, { ...state, reasons: [...state.reasons, event.reason] }, now, servers)
    case 'kissed': {
      const rest = rests[event.code]
      const shunned = rest === undefined ? state.shunned : new Map(state.shunned).set(turn, now + rest)
      return askFrom(turn + 1, { ...state, shunned, reasons: [...state.reasons, event.reason] }, now, servers)
    }
    default:
      return event satisfies never
  }
}

/** By code (RFC 5905 §7.4); others are no more than a failure. */
const rests: Readonly<Record<string, number>> = { DENY: Number.POSITIVE_INFINITY, RSTR: Number.POSITIVE_INFINITY, RATE: rateRest }

function askFrom(first: number, state: Asking, now: number, servers: number): AskingStep {
  for (let turn = first; turn < servers; turn++)
    if (now >= (state.shunned.get(turn) ?? now)) return { state: { ...state, turn }, effect: { kind: 'ask', turn } }
  const { failures, shunned, reasons } = state
  const willing = [...Array(servers).keys()].map((turn) => shunned.get(turn) ?? now)
  const next = Math.max(now + Math.min(soonest * 2 ** failures, longest), Math.min(...willing, Number.POSITIVE_INFINITY))
  return {
    state: { ...state, turn: undefined, failures: failures + 1, next },
    ...(reasons.length > 0 ? { effect: { kind: 'give-up', reasons } } : {}),
  }
}
