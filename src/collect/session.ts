/** What is known while one account's box is emptied, by all who have a part in it, and how that is told and ended. */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { Ledger, LedgerEntry } from '../queue/ledger.ts'
import type { Fate, Reception } from './arrival.ts'
import type { Halves } from './halves.ts'
import type { Policy, Wish } from './ledger.ts'
import type { FailureKind, Listed, Maildrop, OpenMaildrop, Settled } from './maildrop.ts'
import type { Notes } from './noting.ts'
import type { Drop } from './recipients.ts'
import type { RoomFor } from '../mail/room.ts'
import type { Arrivals } from './rationing.ts'
import { orderWindow, type Window } from './window.ts'

export type Account = {
  readonly name: string
  readonly host: string
  /** False: what is safe here is deleted there. */
  readonly keep: boolean
  /** Octets; undefined: any. */
  readonly maxMessage: number | undefined
  readonly drop: Drop
}

export type DrainParts = Omit<Reception, 'account' | 'drop' | 'served' | 'isKnown' | 'server' | 'protocol'> & {
  readonly maildrop: OpenMaildrop
  /** Whether the box's last session was cut. */
  readonly wasCut: boolean
  /** What the session before reported. */
  readonly settled: Settled | undefined
  readonly ledger: Ledger
  readonly halves: Halves
  /** What the call has room for; absent: for all. */
  readonly room?: RoomFor | undefined
  /** Of all boxes that are being drained: they share the line. */
  readonly windows: Set<Window>
  readonly arrivals: Arrivals
  /** Running time, over all lives of the daemon, at that `clock.elapsed()`. */
  readonly running: (elapsed: number) => number
  /** headers.ts's, for notes. */
  readonly readable: Notes['readable']
  /** Octets a second that the line has been seen to carry. */
  readonly rate: () => number
  readonly progress: (progress: Progress) => void
  readonly clock: Clock
  readonly log: Log
}

/** Of one account in one session; octets as the server's list counts them. */
export type Progress = { readonly account: string; readonly letters: Part; readonly octets: Part }

export type Part = { readonly done: number; readonly total: number }

export type Report = {
  readonly account: string
  /** stopped: we were asked to · failed: see `failure`. */
  readonly outcome: 'done' | 'stopped' | 'failed'
  readonly failure?: { readonly kind: FailureKind | 'full' | 'broken'; readonly text: string }
  /** Letters: in the box at first, kept, told of by a note, found to be doubles, deleted there, and still there. */
  readonly listed: number
  readonly collected: number
  readonly noted: number
  readonly doubles: number
  readonly deleted: number
  readonly left: number
  readonly traffic: { readonly received: number; readonly sent: number }
  /** Milliseconds. */
  readonly elapsed: number
  /** Letters that the call had no room for: they stay there until a later one has; `largest`: octets of the largest of them; absent: none. */
  readonly putOff?: { readonly letters: number; readonly octets: number; readonly largest: number }
  /** What of the box the next session need not look at, under the same policy. */
  readonly settled?: Settled | undefined
  /** Wishes that need not be told again. */
  readonly fulfilled: readonly string[]
  /** As it is to be known to the next session, where letters may be put off. */
  readonly arrivals?: Arrivals | undefined
}

/** A letter in the box; `key` names it in the ledger, undefined where nothing names it yet. */
export type Identified = Listed & { readonly key: string | undefined }

/** Milliseconds that the session may still take to finish what has begun. */
export const grace = { stopped: 800, full: 5000 }

type Stop = { readonly outcome: 'stopped' | 'failed'; readonly kind?: FailureKind | 'full' | 'broken'; readonly text: string }

export type Session = {
  readonly account: Account
  readonly box: Maildrop
  readonly parts: DrainParts
  readonly wishes: ReadonlyMap<string, Wish>
  readonly policy: Policy
  readonly rows: ReadonlyMap<string, LedgerEntry>
  readonly reception: Reception
  readonly window: Window
  /** Ends the grace. */
  readonly over: AbortController
  /** Keys of this session, by what became of them. */
  readonly kept: Set<string>
  readonly noted: Set<string>
  readonly doubles: Set<string>
  readonly removed: Set<string>
  readonly missing: Set<string>
  /** Letters that the call has no room for. */
  readonly putOff: Identified[]
  /** Ids of letters that stay there, since nothing is to be done with them. */
  readonly resting: Set<string>
  /** One for each DELE, resolved when it is answered. */
  readonly deletions: Promise<void>[]
  stopped: Stop | undefined
  /** What is to be done, and what of it is; octets as far as sizes are known. */
  readonly total: { letters: number; octets: number }
  readonly done: { letters: number; octets: number }
}

export function sessionOf(account: Account, box: Maildrop, parts: DrainParts, wishes: ReadonlyMap<string, Wish>): Session {
  const rows = parts.ledger.entries(account.name)
  const kept = new Set<string>()
  const isKnown = (key: string) => kept.has(key) || rows.get(key)?.state === 'kept' || rows.get(key)?.state === 'removed'
  const served = (fingerprint: string) => parts.ledger.served(fingerprint)
  return {
    account,
    box,
    parts,
    wishes,
    policy: account,
    rows,
    reception: { ...parts, account: account.name, drop: account.drop, served, isKnown, server: box.server, protocol: box.protocol },
    window: orderWindow(),
    over: new AbortController(),
    kept,
    noted: new Set(),
    doubles: new Set(),
    removed: new Set(),
    missing: new Set(),
    putOff: [],
    resting: new Set(),
    deletions: [],
    stopped: undefined,
    total: { letters: 0, octets: 0 },
    done: { letters: 0, octets: 0 },
  }
}

/** Nothing new is begun; what has begun has `patience` milliseconds, and then the session is cut. */
export function stop(session: Session, why: Stop, patience: number): void {
  if (session.stopped) return
  session.stopped = why
  session.window.open()
  const { clock } = session.parts
  void clock.sleep(clock.elapsed() + patience, session.over.signal).then(() => session.box.abort(why.text))
}

export function stopFor({ reason, text }: Extract<Fate, { kind: 'stop' }>, session: Session): void {
  stop(session, { outcome: 'failed', kind: reason, text }, grace.full)
}

export function leave(letter: Identified, text: string, { account, parts }: Session): void {
  const name = letter.key ?? `letter ${letter.number}`
  parts.log.notice('collect-left', `${account.name}: ${name} stays at ${account.host}: ${text}`, {
    account: account.name,
    uidl: letter.key,
  })
}

export function tellProgress({ account, parts, done, total }: Session): void {
  parts.progress({
    account: account.name,
    letters: { done: done.letters, total: total.letters },
    octets: { done: Math.min(done.octets, total.octets), total: total.octets },
  })
}
