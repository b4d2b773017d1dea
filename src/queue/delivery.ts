/**
 * One recipient of one letter, as a state machine: waiting | trying | held | done | failed | dropped. Pure; no timers, no
 * hidden data. Whatever the queue does to a delivery it does by `step`, and what the disk has is what `step` returned.
 * done, failed and dropped are for ever; what is not known for certain goes back to waiting.
 */
import type { Copy, CourierName, Priority } from '../mail/message.ts'
import type { Outcome } from '../mail/outcome.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Notice } from './notice.ts'
import { backOff, flap, type RetryPolicy, type Spent, verdict } from './retry.ts'

export type NoticeKind = Notice['kind']

/** A stamp as stored: `boot` is the boot that did not know the time when it was taken. */
export type Moment = { readonly wall: number; readonly boot?: number }

export type Now = Spent & { readonly at: Moment }

/** One line of a delivery's history. */
export type Past = {
  readonly at: Moment
  readonly what: Outcome['kind'] | 'interrupted' | 'held' | 'released' | 'late' | 'expired' | 'dropped'
  readonly said?: string
}

type Facts = {
  readonly courier: CourierName
  /** The counters when the letter was kept. */
  readonly kept: Spent
  /** Of what its sender wants to hear (RFC 3461 NOTIFY). */
  readonly tells: readonly NoticeKind[]
  /** Attempts that ended. */
  readonly attempts: number
  /** Running time at the end of the last one, -1 for none. */
  readonly tried: number
  /** Running time from which it may be tried in any case. */
  readonly due: number
  /** It may have arrived (RFC 1047): last in line, and no new call cuts its wait short. */
  readonly unsure?: true
  /** What `trying` noted before the process or the power died. */
  readonly interrupted?: string
  readonly warned?: true
  /** Notices its sender is still to get. */
  readonly owes: readonly NoticeKind[]
  /** The last answer. */
  readonly outcome?: Outcome
  /** The last few things that befell it, oldest first. */
  readonly past: readonly Past[]
}

export type State = Facts &
  (
    | { readonly kind: 'waiting' | 'held' | 'done' | 'failed' | 'dropped' }
    | {
        readonly kind: 'trying'
        readonly note: string /** What the operator wants if this attempt does not settle it. */
        readonly wish?: 'held' | 'dropped'
      }
  )

export type Event =
  | { readonly kind: 'trying'; readonly note: string }
  | { readonly kind: 'settled'; readonly outcome: Outcome }
  | { readonly kind: 'hold' | 'release' | 'drop' | 'hurry' }
  /** The daemon has started: whoever was trying is no more. */
  | { readonly kind: 'started' }
  /** The courier had it noted ahead of need and gives it back before it began. */
  | { readonly kind: 'returned' }
  /** Time was spent. */
  | { readonly kind: 'aged' }
  | { readonly kind: 'reported'; readonly notice: NoticeKind }

export type Effect =
  /** A line for the log: this was answered, by a courier or by the queue itself (expired). */
  | { readonly kind: 'settled'; readonly outcome: Outcome }
  | { readonly kind: 'notice'; readonly notice: NoticeKind }
  /** Look again when that much running time is spent. */
  | { readonly kind: 'wake'; readonly at: number }
  /** Nothing is left to do, and nothing to tell. */
  | { readonly kind: 'over' }

export type Step = { readonly state: State; readonly effects: readonly Effect[] }

/** Events remembered for each delivery. */
export const pastLimit = 8
const saidLimit = 200

/** The state in which a copy begins. */
export function arrived(copy: Copy, kept: Spent): State {
  return { kind: 'waiting', courier: copy.to.courier, kept, tells: tellsOf(copy), attempts: 0, tried: -1, due: 0, owes: [], past: [] }
}

export function step(state: State, event: Event, now: Now, policy: RetryPolicy): Step {
  if (event.kind === 'reported') return reported(state, event.notice)
  if (isSettled(state)) return unchanged(state)
  if (event.kind === 'trying') return just({ ...state, kind: 'trying', note: event.note, ...wished(state) })
  if (event.kind === 'settled') return settled(state, event.outcome, now, policy)
  return acts[event.kind](state, now, policy)
}

/** Settled for ever. */
export function isSettled(state: State): boolean {
  return state.kind === 'done' || state.kind === 'failed' || state.kind === 'dropped'
}

/** Settled, and nobody is owed a word. */
export function isOver(state: State): boolean {
  return isSettled(state) && state.owes.length === 0
}

/** The sender was told, so this notice is not owed any more. */
export function told(state: State, notice: NoticeKind): State {
  return state.owes.includes(notice) ? { ...state, owes: state.owes.filter((kind) => kind !== notice) } : state
}

/**
 * When waiting deliveries may be tried: all that are due at `running`; those last tried before `call` (running time at which this
 * call began, -1 for none) and not just now; and whatever was last tried before `hurried`.
 */
export type Due = { readonly running: number; readonly call: number; readonly hurried: number }

export function isDue(state: State, { running, call, hurried }: Due): boolean {
  if (state.kind !== 'waiting') return false
  if (state.due <= running || state.tried < hurried) return true
  return !state.unsure && state.tried < call && state.tried + flap <= running
}

/** The running time at which a waiting delivery becomes due, if nothing else happens. */
export function dueAt(state: State, { call, hurried }: Due): number {
  if (state.tried < hurried) return 0
  return !state.unsure && state.tried < call ? Math.min(state.due, state.tried + flap) : state.due
}

/** The order within a courier's load: the sure before the unsure, urgent before normal before bulk, small before large, old before young. */
export type Rank = { readonly unsure: 0 | 1; readonly priority: 0 | 1 | 2; readonly size: number; readonly id: number }

export function rankOf(state: State, priority: Priority, size: number, id: number): Rank {
  return { unsure: state.unsure ? 1 : 0, priority: priority === 'urgent' ? 0 : priority === 'normal' ? 1 : 2, size, id }
}

export function byRank(a: Rank, b: Rank): number {
  return a.unsure - b.unsure || a.priority - b.priority || a.size - b.size || a.id - b.id
}

/** In the words that console, page and log all print. */
export function describe(state: State): string {
  const answer = state.outcome ? `: ${formatReply(state.outcome.reply)}` : ''
  const words: Readonly<Record<State['kind'], string>> = {
    waiting: waits(state) + (state.interrupted === undefined ? answer : ''),
    trying: 'being delivered',
    held: `held${answer}`,
    done: `delivered${answer}`,
    failed: `failed${answer}`,
    dropped: 'deleted',
  }
  return words[state.kind]
}

function waits(state: State): string {
  if (state.interrupted !== undefined) return 'waiting; the last attempt was cut off, and it may have arrived'
  if (state.unsure) return 'waiting; it may have arrived'
  return state.attempts === 0 ? 'waiting' : 'deferred'
}

type Act = (state: State, now: Now, policy: RetryPolicy) => Step

const acts: Readonly<Record<Exclude<Event['kind'], 'trying' | 'settled' | 'reported'>, Act>> = {
  started: (state, now) => (state.kind === 'trying' ? interrupted(state, state.note, now) : unchanged(state)),
  returned,
  aged,
  hold,
  release,
  drop,
  hurry: (state) => (state.kind === 'waiting' && state.due > 0 ? just({ ...state, due: 0 }, { kind: 'wake', at: 0 }) : unchanged(state)),
}

function settled(state: State, outcome: Outcome, now: Now, policy: RetryPolicy): Step {
  const { interrupted: _, unsure: __, ...rest } = state
  const facts = remember(
    { ...plain(rest), attempts: state.attempts + 1, tried: now.running, outcome: short(outcome) },
    now,
    outcome.kind,
    formatReply(outcome.reply),
  )
  const said: Effect = { kind: 'settled', outcome }
  if (outcome.kind === 'refused' && stopped(state) === 'dropped') return closed(facts, 'dropped', [said])
  if (outcome.kind !== 'deferred') return closed(facts, outcome.kind === 'accepted' ? 'done' : 'failed', [said])
  const unsure = outcome.unsure ? ({ unsure: true } as const) : {}
  const due = now.running + backOff(state.courier, facts.attempts, outcome.unsure === true)
  const back = { ...facts, ...unsure, ...stillToAsk(state), due }
  if (stopped(state) === 'dropped') return closed(back, 'dropped', [said])
  if (stopped(state) === 'held') return just({ ...back, kind: 'held' }, said)
  const next = aged({ ...back, kind: 'waiting' }, now, policy)
  return { state: next.state, effects: [said, ...next.effects, ...(next.state.kind === 'waiting' ? [wake(next.state)] : [])] }
}

/** A mailbox that could not be asked, being locked, was not tried either: it is asked by the same note next time. */
function stillToAsk({ kind, courier, interrupted }: State): { readonly interrupted?: string } {
  return kind === 'trying' || courier === 'smarthost' || interrupted === undefined ? {} : { interrupted }
}

/** The process died while it was being tried. A smarthost may have it: that is as unsure as a lost reply; a mailbox can be asked. */
function interrupted(state: State, note: string, now: Now): Step {
  const facts = remember({ ...plain(state), attempts: state.attempts + 1, tried: now.running, interrupted: note }, now, 'interrupted')
  const unsure = state.courier === 'smarthost' ? ({ unsure: true } as const) : {}
  const due = state.courier === 'smarthost' ? now.running + backOff('smarthost', facts.attempts, true) : 0
  const back = { ...facts, ...unsure, due }
  if (stopped(state) === 'dropped') return closed(back, 'dropped', [])
  if (stopped(state) === 'held') return just({ ...back, kind: 'held' })
  const waiting: State = { ...back, kind: 'waiting' }
  return just(waiting, wake(waiting))
}

/** As if it had never been tried. */
function returned(state: State): Step {
  if (state.kind !== 'trying') return unchanged(state)
  if (stopped(state) === 'dropped') return closed(plain(state), 'dropped', [])
  const back: State = { ...plain(state), kind: stopped(state) === 'held' ? 'held' : 'waiting' }
  return back.kind === 'waiting' ? just(back, wake(back)) : just(back)
}

function aged(state: State, now: Now, policy: RetryPolicy): Step {
  if (state.kind !== 'waiting') return unchanged(state)
  const age = { line: now.line - state.kept.line, running: now.running - state.kept.running }
  const how = verdict(state.courier, age, state.attempts, policy)
  if (how === 'expired') {
    const outcome = expired(state.outcome)
    return closed(remember({ ...state, outcome: short(outcome) }, now, 'expired'), 'failed', [{ kind: 'settled', outcome }])
  }
  if (how === 'young' || state.warned) return unchanged(state)
  const owes = state.tells.includes('delay')
  const late: State = { ...remember(state, now, 'late'), warned: true, owes: owes ? ['delay'] : [] }
  return just(late, ...(owes ? [{ kind: 'notice', notice: 'delay' } as const] : []))
}

function hold(state: State, now: Now): Step {
  if (state.kind === 'trying') return state.wish ? unchanged(state) : just({ ...state, wish: 'held' })
  return state.kind === 'waiting' ? just({ ...remember(state, now, 'held'), kind: 'held' }) : unchanged(state)
}

function release(state: State, now: Now): Step {
  if (state.kind === 'trying') {
    const { wish, ...rest } = state
    return wish ? just(rest) : unchanged(state)
  }
  if (state.kind !== 'held') return unchanged(state)
  return just({ ...remember(state, now, 'released'), kind: 'waiting', due: 0 }, { kind: 'wake', at: 0 })
}

function drop(state: State, now: Now): Step {
  if (state.kind === 'trying') return state.wish === 'dropped' ? unchanged(state) : just({ ...state, wish: 'dropped' })
  return closed(remember(plain(state), now, 'dropped'), 'dropped', [])
}

function reported(state: State, notice: NoticeKind): Step {
  const next = told(state, notice)
  return { state: next, effects: next !== state && isOver(next) ? [{ kind: 'over' }] : [] }
}

/** From here nothing changes it but the notice that reports it. A delay is no news any more. */
function closed(facts: Facts, kind: 'done' | 'failed' | 'dropped', effects: readonly Effect[]): Step {
  const notice: NoticeKind | undefined = kind === 'done' ? 'success' : kind === 'failed' ? 'failure' : undefined
  const owes = notice !== undefined && facts.tells.includes(notice) ? [notice] : []
  const rest: readonly Effect[] = owes.length > 0 ? owes.map((notice) => ({ kind: 'notice', notice })) : [{ kind: 'over' }]
  return { state: { ...facts, kind, owes }, effects: [...effects, ...rest] }
}

function expired(last: Outcome | undefined): Outcome {
  const why = last ? `; the last answer was: ${formatReply(last.reply)}` : '; it could not even be tried'
  return {
    kind: 'refused',
    reply: reply(554, '5.4.7', `Delivery time expired${why}`),
    ...(last?.where === undefined ? {} : { where: last.where }),
  }
}

/** RFC 3461 §4.1: without NOTIFY failure and delay are told. A relayed copy's success is the next host's to tell; a null sender hears of no delay. */
function tellsOf({ notify, from, to }: Copy): readonly NoticeKind[] {
  const asked: readonly string[] = notify ?? ['failure', 'delay']
  const kinds: readonly NoticeKind[] = ['failure', 'delay', 'success']
  return kinds.filter(
    (kind) => asked.includes(kind) && (kind === 'failure' || from !== null) && (kind !== 'success' || to.courier !== 'smarthost'),
  )
}

function remember<F extends Facts>(facts: F, now: Now, what: Past['what'], said?: string): F {
  const entry: Past = { at: now.at, what, ...(said === undefined ? {} : { said: said.slice(0, saidLimit) }) }
  return { ...facts, past: [...facts.past, entry].slice(-pastLimit) }
}

/** What is stored of an answer is bounded: a server may say megabytes. */
function short(outcome: Outcome): Outcome {
  return outcome.reply.text.length <= 1000 ? outcome : { ...outcome, reply: { ...outcome.reply, text: outcome.reply.text.slice(0, 1000) } }
}

/** What the operator wanted of a delivery that was being tried, or in a courier's hands. */
function stopped(state: State): 'held' | 'dropped' | undefined {
  if (state.kind === 'trying') return state.wish
  return state.kind === 'held' ? 'held' : undefined
}

function wished(state: State): { wish?: 'held' | 'dropped' } {
  const wish = stopped(state)
  return wish ? { wish } : {}
}

function plain(state: State): Facts {
  const { kind: _, ...facts } = state
  if (state.kind !== 'trying') return facts
  const { note: __, wish: ___, ...rest } = facts as Omit<Extract<State, { kind: 'trying' }>, 'kind'>
  return rest
}

function wake(state: State): Effect {
  return { kind: 'wake', at: state.due }
}

function just(state: State, ...effects: Effect[]): Step {
  return { state, effects }
}

function unchanged(state: State): Step {
  return { state, effects: [] }
}
