/**
 * The hall between the doors: letters come in by `open`, rest, and are carried out by couriers; a sender is owed a notice of what failed.
 * Promises what store.ts says of each moment, decides by delivery.ts and retry.ts, and counts in time spent. Writes nothing while
 * no mail moves. Refuses to know of lines, networks and mailboxes.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { ReversePath } from '../mail/address.ts'
import type { CourierName, MessageId } from '../mail/message.ts'
import type { RoomFor } from '../mail/room.ts'
import { brokenBy } from '../mail/outcome.ts'
import { alarmClock } from './alarms.ts'
import { arrivals } from './arrivals.ts'
import type { Courier, Load } from './courier.ts'
import { type Due, dueAt, isSettled } from './delivery.ts'
import { type Intake, SpoolFull } from './intake.ts'
import type { Ledger } from './ledger.ts'
import { hands, type LoadOptions } from './load.ts'
import type { Notice, Report } from './notice.ts'
import { notices } from './notices.ts'
import { type Operator, operator } from './operator.ts'
import { keptBefore, type RetryPolicy } from './retry.ts'
import { type Happened, settlement } from './settle.ts'
import { spentTime } from './spent.ts'
import { clockFacts, stamps as stampsOf } from './stamps.ts'
import { type Change, type Counts, formatId, letterOf, type Room, type Row, type Store } from './store.ts'
import { withinOf } from './choice.ts'
import { entryOf, recentEntries } from './views.ts'

export type Nudge = { readonly kind: 'due'; readonly courier: CourierName } | { readonly kind: 'notice' }

export interface Queue extends Operator {
  /** A letter comes in. */
  open(): Intake
  readonly ledger: Ledger
  /** For a courier of that name; what it took is its own until settled or put back. */
  load(courier: CourierName, options?: LoadOptions): Load
  /** One pass: the courier carries what is due. What it leaves unsettled, or breaks over, is deferred. */
  carry(courier: Courier, signal: AbortSignal, options?: LoadOptions): Promise<void>
  /** A pass whenever something is due, until the signal is aborted: for couriers that need no line. */
  serve(courier: Courier, signal: AbortSignal): Promise<void>
  /** Notices that are ripe; each is handed out once. A letter kept with `Draft.reports`, or `reported`, settles it. */
  notices(): readonly Notice[]
  /** Settles a notice for which no letter is written. */
  reported(report: Report): void
  /** Calls back when something became due for a courier, or a notice ripe (more often than needful, never less); returns what ends it. */
  watch(seen: (nudge: Nudge) => void): () => void
  /** `clock.elapsed()` at which something becomes due; undefined if nothing waits that the call has room for. With the line down, as if it came up now. */
  nextDue(courier: CourierName, room?: RoomFor): number | undefined
  /** `oldest` is the age of the oldest letter in time spent; `due` with the line down as if it came up now. */
  counts(): Counts
  /** What goes to the ISP; `oldest`: milliseconds that the longest has waited since it was kept or last tried; `urgent`: one never tried yet, and whose it is. */
  backlog(): {
    readonly letters: number
    readonly octets: number
    /** Letters. */
    readonly bulk: number
    readonly oldest?: number
    readonly urgent?: { readonly id: MessageId; readonly from: ReversePath }
  }
  /** Milliseconds that the daemon has run, over all its lives, at that `clock.elapsed()`: for moments that are to be compared after a start. */
  running(elapsed: number): number
  /** The line came up or went down: runs its time, and makes a new call try what earlier ones left behind. */
  lineUp(up: boolean): void
  /** The wall clock is right from now on, and was wrong by so many milliseconds before. */
  clockKnown(offset: number): void
  /** Small facts that doors want to know again after a start; null forgets. */
  remember(key: string, value: string | null): void
  recall(key: string): string | undefined
  room(): Room
  /** Whether a letter would be taken now; if not, room is looked for as when one is refused. */
  hasRoom(): boolean
  /** Since start: octets handed to the disk for the queue, and flushes. */
  written(): { readonly octets: number; readonly flushes: number }
  close(): Promise<void>
}

export type QueueOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly policy: RetryPolicy
  /** The box knows the time; if not, call `clockKnown` when it does. */
  readonly clockTrusted?: boolean
}

const couriers: readonly CourierName[] = ['mailbox', 'smarthost', 'program', 'file']
/** Nobody can ask these later whether they had a letter, so what they have taken is flushed at once, or a cut would have it sent again. */
const cannotTell: ReadonlySet<CourierName> = new Set(['smarthost', 'program'])
/** Any other settlement's flush waits this long for company, in milliseconds. */
const flushWithin = 800
/** On a full disk it is tried again after this. */
const flushAgain = 15_000
/** Ages are looked at this often. */
const ageEvery = 600_000
/** What is due and not taken is announced again after this. */
const nagEvery = 60_000
/** A notice that is not yet ripe, or in nobody's hands, is looked at again after this. */
const noticeEvery = 15_000
const recentLimit = 50
const notePrefix = 'note:'

export function openQueue({ store, clock, log, policy, clockTrusted = true }: QueueOptions): Queue {
  const closing = new AbortController()
  const spent = spentTime(clock, store.found.spent)
  const record = (changes: readonly Change[]): void => store.record(changes, spent.now())
  const stamps = stampsOf({ clock, trusted: clockTrusted, facts: store.facts(clockFacts), record })
  const recent = recentEntries(recentLimit)
  const watchers = new Set<(nudge: Nudge) => void>()
  let hurried = -1
  let flushing = false
  let aging = 0

  const due = (courier: CourierName): Due => ({ running: spent.now().running, call: courier === 'smarthost' ? spent.call() : -1, hurried })
  const elapsedDue = ({ state }: Row): number => spent.elapsedAt(dueAt(state, due(state.courier)))
  const since = (delivery: number): number | undefined => held.since(delivery)

  const alarm = alarmClock(clock, look)
  const now = () => spent.now()
  const owed = notices({ store, clock, stamps, policy, spent: now, taken: (id) => since(id) !== undefined })
  const settling = settlement({
    store,
    clock,
    log,
    policy,
    now: () => ({ ...spent.now(), at: stamps.now() }),
    began: since,
    owe: (letter) => owed.owe(letter),
    wake(running) {
      if (running <= spent.now().running) held.again()
      alarm.at(spent.elapsedAt(running))
    },
    leaving,
    done(delivered) {
      if (delivered.some((courier) => cannotTell.has(courier))) void flush()
      else flushSoon()
      if (owed.next() !== undefined) alarm.at(clock.elapsed())
    },
  })
  const happen = (events: readonly Happened[]): void => settling.happen(events)
  const sweep = (letter: number): void => settling.sweep(letter)
  const held = hands({ store, clock, log, stamps, due, spent, happen })
  const door = arrivals({ store, log, spent: now, stamps, kept, flushSoon: () => flushSoon() })
  const asked = operator({ store, stamps, hands: held, recent, happen, due: elapsedDue, hurryAll })

  takeUp()

  /** Who was trying is no more; what was owed is owed still; what was over and not yet gone goes. */
  function takeUp(): void {
    let rows = store.unfinished(0)
    for (; rows.length > 0; rows = store.unfinished(rows.at(-1)?.id ?? 0)) {
      happen(rows.map((row) => ({ row, event: { kind: 'started' } })))
      for (const { letter, state } of rows) {
        const id = formatId(letter)
        if (state.kind === 'trying') log.notice('interrupted', `${id} was being delivered when the last run ended.`, { id })
        if (state.owes.length > 0) owed.owe(letter)
        else if (isSettled(state)) sweep(letter)
      }
    }
    if (store.letters(0, 1).length > 0) alarm.at(clock.elapsed())
  }

  function leaving(letter: number, rows: readonly Row[]): void {
    try {
      const head = store.head(letter)
      if (head) recent.add(entryOf(letter, head, rows, stamps, elapsedDue))
    } catch (cause) {
      log.warn('letter-unreadable', `${formatId(letter)} leaves the queue unread: ${String(cause)}`)
    }
  }

  /** A letter is ours: its couriers hear of it, and what it reports is settled. */
  function kept(names: ReadonlySet<CourierName>, reports: Report | undefined): void {
    held.again()
    for (const letter of new Set(reports?.deliveries.map(letterOf))) sweep(letter)
    for (const courier of names) announce({ kind: 'due', courier })
    alarm.at(clock.elapsed() + nagEvery)
  }

  function announce(nudge: Nudge): void {
    for (const watcher of watchers) watcher(nudge)
  }

  /** The alarm rang: announces what is due, lets age what has aged, and sets the next alarm; none if the queue is empty. */
  function look(): void {
    if (store.letters(0, 1).length === 0) return
    const { running } = spent.now()
    if (running >= aging) age(running)
    alarm.at(spent.elapsedAt(aging))
    for (const courier of couriers) {
      const at = courier === 'smarthost' && !spent.isUp() ? undefined : store.earliest(courier, due(courier))
      if (at === undefined) continue
      if (at <= running) {
        held.again()
        announce({ kind: 'due', courier })
      }
      alarm.at(at <= running ? clock.elapsed() + nagEvery : spent.elapsedAt(at))
    }
    const ripe = owed.next()
    if (ripe === undefined) return
    announce({ kind: 'notice' })
    alarm.at(Math.max(ripe, clock.elapsed() + noticeEvery))
  }

  function age(running: number): void {
    aging = running + ageEvery
    for (const courier of couriers) {
      const limits = { courier, ...keptBefore(courier, spent.now(), policy) }
      let rows = store.aged(limits, 0)
      for (; rows.length > 0; rows = store.aged(limits, rows.at(-1)?.id ?? 0)) {
        happen(rows.filter(({ id }) => since(id) === undefined).map((row) => ({ row, event: { kind: 'aged' } })))
      }
    }
  }

  function flushSoon(within = flushWithin): void {
    if (flushing) return
    flushing = true
    void flushLater(within)
  }

  async function flushLater(within: number): Promise<void> {
    await clock.sleep(clock.elapsed() + within, closing.signal)
    flushing = false
    if (!closing.signal.aborted) await flush()
  }

  async function flush(): Promise<void> {
    try {
      await store.flush()
    } catch (cause) {
      if (!(cause instanceof SpoolFull)) throw cause
      return flushSoon(flushAgain)
    }
    log.instant('settle-flushed')
  }

  function hurryAll(): number {
    hurried = spent.now().running
    held.again()
    for (const courier of couriers) announce({ kind: 'due', courier })
    return Object.values(store.counts(due).couriers).reduce((sum, { due }) => sum + due, 0)
  }

  async function carry(courier: Courier, signal: AbortSignal, options?: LoadOptions): Promise<void> {
    const load = held.load(courier.name, options)
    let broken: unknown
    try {
      await courier.carry(load, signal)
    } catch (cause) {
      broken = cause
      log.error('courier-broke', `The courier ${courier.name} broke: ${String(cause)}`, { courier: courier.name })
    }
    for (const row of load.left()) {
      held.drop(row.id)
      const outcome = broken === undefined ? undefined : brokenBy(broken)
      if (row.state.kind === 'trying') happen([{ row, event: { kind: 'started' } }])
      else if (outcome && !signal.aborted) happen([{ row, event: { kind: 'settled', outcome } }])
    }
  }

  async function serve(courier: Courier, signal: AbortSignal): Promise<void> {
    let pending = true
    let wake = (): void => undefined
    const stop = watch((nudge) => {
      if (nudge.kind !== 'due' || nudge.courier !== courier.name) return
      pending = true
      wake()
    })
    const aborted = (): void => wake()
    signal.addEventListener('abort', aborted)
    while (!signal.aborted) {
      if (pending) {
        pending = false
        await carry(courier, signal)
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    signal.removeEventListener('abort', aborted)
    stop()
  }

  function watch(seen: (nudge: Nudge) => void): () => void {
    watchers.add(seen)
    return () => void watchers.delete(seen)
  }

  return {
    ...asked,
    open: () => door.open(),
    ledger: door.ledger,
    load: (courier, options) => held.load(courier, options),
    carry,
    serve,
    notices: () => owed.ripe(),
    reported({ kind, deliveries }) {
      record([{ kind: 'reported', notice: kind, deliveries }])
      for (const letter of new Set(deliveries.map(letterOf))) sweep(letter)
      flushSoon()
      log.instant('reported', { notice: kind })
    },
    watch,
    nextDue(courier, room) {
      const at = store.earliest(courier, due(courier), withinOf(room?.(0), spent))
      return at === undefined ? undefined : spent.elapsedAt(at)
    },
    counts() {
      const { oldest, ...counts } = store.counts(due)
      const now = spent.now()
      return { ...counts, oldest: oldest && { line: now.line - oldest.line, running: now.running - oldest.running } }
    },
    backlog() {
      const { since: from, urgent, ...amount } = store.backlog('smarthost')
      const head = urgent === undefined ? undefined : store.head(urgent)
      return {
        ...amount,
        ...(from === undefined ? {} : { oldest: spent.now().running - from }),
        ...(head && urgent !== undefined ? { urgent: { id: formatId(urgent), from: head.from } } : {}),
      }
    },
    running: spent.runningAt,
    lineUp(up) {
      if (!spent.line(up)) return
      held.again()
      if (up) look()
    },
    clockKnown(offset) {
      const changes = stamps.known(offset)
      if (changes.length > 0) record(changes)
    },
    remember: (key, value) => record([{ kind: 'fact', key: notePrefix + key, value }]),
    recall: (key) => store.fact(notePrefix + key),
    room: store.room,
    hasRoom: store.hasRoom,
    written: () => store.written(),
    async close() {
      alarm.stop()
      closing.abort()
      record([])
      await store.close()
    },
  }
}
