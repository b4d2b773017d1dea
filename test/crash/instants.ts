/**
 * Every instant at which a promise changes hands, by the scene in which it is lived through and the file that says it. `twice` is who may
 * find a letter there twice when the process dies in it; everywhere else each letter is there once.
 */
import type { SceneName } from './scenes.ts'

export type Instant = {
  readonly name: string
  readonly file: string
  /**
   * resent: the one letter whose 250 the client never saw, for SMTP has no way to ask · unsure: at least one letter whose dot was
   * under way, and the log says so · perhaps: none, or some of those, as work that goes on at the same time has it.
   */
  readonly twice?: 'resent' | 'unsure' | 'perhaps'
  /** Which times; default the first and the third. */
  readonly at?: readonly number[]
}

const kept: readonly Instant[] = [
  { name: 'intake-written', file: 'queue/spool.ts' },
  { name: 'kept', file: 'queue/spool.ts' },
  { name: 'indexed', file: 'queue/spool.ts' },
]

const accepted: readonly Instant[] = [
  { name: 'data-begun', file: 'accept/letter.ts' },
  { name: 'data-ended', file: 'accept/letter.ts' },
  ...kept.map((instant) => ({ ...instant, twice: 'resent' as const })),
  { name: 'accepted-250', file: 'accept/letter.ts', twice: 'resent' },
  { name: 'replied', file: 'accept/conversation.ts' },
]

/** In scenes where something is under way besides. */
function perhaps(all: readonly Instant[]): readonly Instant[] {
  return all.map((instant) => ({ ...instant, twice: instant.twice ?? 'perhaps' }))
}

const carried: readonly Instant[] = [
  { name: 'trying-noted', file: 'queue/load.ts' },
  { name: 'settled', file: 'queue/load.ts' },
  { name: 'settle-flushed', file: 'queue/queue.ts', at: [1] },
]

const appended: readonly Instant[] = [
  { name: 'locked', file: 'deliver/mbox.ts' },
  { name: 'append-noted', file: 'deliver/mbox.ts' },
  { name: 'append-begun', file: 'deliver/append.ts' },
  { name: 'append-half', file: 'deliver/append.ts' },
  { name: 'appended', file: 'deliver/append.ts' },
  { name: 'append-flushed', file: 'deliver/mbox.ts' },
  { name: 'unlocked', file: 'deliver/mbox.ts' },
]

const sent: readonly Instant[] = [
  { name: 'connected', file: 'send/visit.ts' },
  // Earlier letters have not been answered yet, and a short one leaves whole with its MAIL.
  { name: 'mail-sent', file: 'send/smtp.ts', twice: 'perhaps' },
  { name: 'dot-sent', file: 'send/flights.ts', twice: 'unsure' },
  { name: 'dot-answered', file: 'send/flights.ts', twice: 'unsure' },
  { name: 'quit-sent', file: 'send/visit.ts' },
]

export const instants: Readonly<Record<SceneName, readonly Instant[]>> = {
  outward: [...accepted, ...perhaps(carried), ...sent, { name: 'authenticated', file: 'send/visit.ts' }, ...perhaps(appended)],
  'outward in chunks': sent,
  inward: [
    { name: 'body-begun', file: 'collect/arrival.ts' },
    { name: 'body-ended', file: 'collect/arrival.ts' },
    ...kept,
    { name: 'collected-kept', file: 'collect/arrival.ts' },
    { name: 'ledger-marked', file: 'queue/arrivals.ts' },
    { name: 'dele-sent', file: 'collect/fetching.ts' },
    { name: 'quit-sent', file: 'collect/drain.ts' },
    { name: 'quit-answered', file: 'collect/drain.ts' },
    ...carried,
    ...appended,
  ],
  'inward by IMAP': [
    { name: 'collected-kept', file: 'collect/arrival.ts' },
    // All deletions of a session leave together with LOGOUT.
    { name: 'dele-sent', file: 'collect/fetching.ts' },
    { name: 'quit-sent', file: 'collect/drain.ts' },
    { name: 'quit-answered', file: 'collect/drain.ts' },
  ],
  'on the LAN': [...accepted, ...perhaps([...carried, ...appended])],
  'into maildirs': perhaps([
    { name: 'append-noted', file: 'deliver/maildir.ts' },
    { name: 'append-begun', file: 'deliver/maildir.ts' },
    { name: 'appended', file: 'deliver/maildir.ts' },
    { name: 'append-flushed', file: 'deliver/maildir.ts' },
  ]),
  'by LMTP': perhaps([
    { name: 'append-noted', file: 'deliver/lmtp.ts' },
    { name: 'append-begun', file: 'deliver/lmtp.ts' },
    { name: 'appended', file: 'deliver/lmtp.ts', twice: 'unsure' },
  ]),
  bounced: [
    { name: 'notice-written', file: 'bounce/bounce.ts' },
    { name: 'notice-kept', file: 'bounce/bounce.ts' },
    // In each round the sender's notice, the postmaster's, and the postmaster's that is given up.
    { name: 'reported', file: 'queue/arrivals.ts', at: [1, 5] },
    { name: 'reported', file: 'queue/queue.ts', at: [3, 6] },
  ],
}
