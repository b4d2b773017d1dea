/**
 * Where events meet deliveries: each is stepped, what changed is recorded as one, and the effects go where they belong
 * (log, notices, alarms). A letter whose last delivery is over leaves the queue here.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { CourierName } from '../mail/message.ts'
import type { Outcome } from '../mail/outcome.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { type Effect, type Event, isOver, type Now, step } from './delivery.ts'
import type { RetryPolicy } from './retry.ts'
import { type Change, copyOf, formatId, type Row, type Store } from './store.ts'

export type Happened = { readonly row: Row; readonly event: Event }

export interface Settlement {
  /** Applies events to deliveries; at once in the kernel's hands, on the disk with the next flush. */
  happen(events: readonly Happened[]): void
  /** Lets a letter go if all its deliveries are over. */
  sweep(letter: number): void
}

export type SettlementOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly policy: RetryPolicy
  readonly now: () => Now
  /** `clock.elapsed()` when the attempt at this delivery began; undefined for one that nobody carries. */
  readonly began: (delivery: number) => number | undefined
  readonly owe: (letter: number) => void
  /** Something becomes due at that running time. */
  readonly wake: (running: number) => void
  /** A letter is about to leave, with its rows as they ended. */
  readonly leaving: (letter: number, rows: readonly Row[]) => void
  /** Something was recorded, and these have delivered. */
  readonly done: (delivered: readonly CourierName[]) => void
}

export function settlement(options: SettlementOptions): Settlement {
  const { store, log, policy, owe, wake, leaving } = options

  function happen(events: readonly Happened[]): void {
    const now = options.now()
    const steps = events.map(({ row, event }) => ({ row, recipient: recipientOf(row), ...step(row.state, event, now, policy) }))
    const changed = steps.filter(({ row, state }) => state !== row.state)
    const [only] = changed
    if (only && changed.length === 1 && isOver(only.state) && !store.lasts(only.row.letter, only.row.id)) {
      leave(only.row.letter, now, [{ ...only.row, state: only.state }])
    } else if (changed.length > 0) {
      const changes = changed.map(({ row, state }): Change => ({ kind: 'delivery', id: row.id, state }))
      store.record(changes, now)
      for (const letter of new Set(changed.filter(({ state }) => isOver(state)).map(({ row }) => row.letter))) sweep(letter)
    }
    for (const { row, recipient, effects } of steps) for (const effect of effects) take(row, recipient, effect, now)
    if (changed.length > 0) options.done(changed.flatMap(({ state }) => (state.kind === 'done' ? [state.courier] : [])))
  }

  function sweep(letter: number): void {
    if (store.rows(letter).length > 0 && !store.lasts(letter)) leave(letter, options.now(), [])
  }

  /** The last change and the leaving are one record. */
  function leave(letter: number, now: Now, last: readonly Row[]): void {
    const ended = new Map(last.map((row) => [row.id, row]))
    leaving(
      letter,
      store.rows(letter).map((row) => ended.get(row.id) ?? row),
    )
    store.record([{ kind: 'gone', letter }], now)
  }

  function take(row: Row, recipient: Address, effect: Effect, now: Now): void {
    switch (effect.kind) {
      case 'settled':
        return say(row, recipient, effect.outcome, now)
      case 'notice':
        return owe(row.letter)
      case 'wake':
        return wake(effect.at)
      case 'over':
        return
    }
  }

  function say({ id, letter, state, rank }: Row, recipient: Address, outcome: Outcome, now: Now): void {
    const began = options.began(id)
    const transfer = began === undefined ? 0 : options.clock.elapsed() - began
    const delay = now.running - state.kept.running
    log.to({ id: formatId(letter), recipient, delay, transfer, courier: state.courier, size: rank.size, outcome })
    if (outcome.kind !== 'deferred' || !outcome.unsure) return
    const who = formatAddress(recipient)
    log.warn(
      'unsure',
      `${formatId(letter)} may have reached ${who}: the line died before the answer. It is tried again, last and after a wait.`,
      {
        id: formatId(letter),
        to: who,
      },
    )
  }

  /** A letter that the disk no longer gives back can be settled nevertheless. */
  function recipientOf({ id, letter }: Row): Address {
    try {
      return store.head(letter)?.copies[copyOf(id)]?.recipient ?? unreadable
    } catch {
      return unreadable
    }
  }

  return { happen, sweep }
}

const unreadable: Address = { local: 'unreadable', domain: '' }
