/** What an operator may ask of the queue: what is in it, and to park, free, throw away or hurry. */
import type { MessageId } from '../mail/message.ts'
import type { Event } from './delivery.ts'
import { isSettled } from './delivery.ts'
import type { Hands } from './load.ts'
import type { Happened } from './settle.ts'
import type { Stamps } from './stamps.ts'
import { copyOf, type Head, parseId, type Row, type Store } from './store.ts'
import { type Entry, entryOf, type Recent } from './views.ts'

export interface Operator {
  /** Every letter in the order of ids, read as the list is walked. */
  list(): Iterable<Entry>
  /** One letter, or one of the last that left. */
  find(id: MessageId): Entry | undefined
  /** The last letters that left, oldest first. */
  lately(): readonly Entry[]
  /** Parks, frees, throws away; how many deliveries that touched, 0 for an unknown id. What a courier has in hand is parked or thrown away if this attempt does not settle it. */
  hold(id: MessageId): number
  release(id: MessageId): number
  remove(id: MessageId): number
  /** One letter, all recipients of a domain, or everything becomes due; how many deliveries. */
  makeDue(what?: MessageId | { readonly domain: string }): number
}

export type OperatorOptions = {
  readonly store: Store
  readonly stamps: Stamps
  readonly hands: Hands
  readonly recent: Recent
  readonly happen: (events: readonly Happened[]) => void
  /** `clock.elapsed()` at which it may be tried. */
  readonly due: (row: Row) => number
  /** From here on everything last tried before now is due; how many wait. */
  readonly hurryAll: () => number
}

export function operator({ store, stamps, hands, recent, happen, due, hurryAll }: OperatorOptions): Operator {
  function view(letter: number): Entry | undefined {
    const rows = store.rows(letter)
    const head = rows.length === 0 ? undefined : store.head(letter)
    return head && entryOf(letter, head, rows, stamps, due)
  }

  function* letters(): Iterable<number> {
    for (let after = 0; ; ) {
      const found = store.letters(after)
      yield* found
      after = found.at(-1) ?? after
      if (found.length === 0) return
    }
  }

  function each(id: MessageId, kind: 'hold' | 'release' | 'drop' | 'hurry'): number {
    const letter = parseId(id)
    const rows = letter === undefined ? [] : store.rows(letter).filter(({ state }) => !isSettled(state))
    act(rows, kind)
    return rows.length
  }

  function act(rows: readonly Row[], kind: 'hold' | 'release' | 'drop' | 'hurry'): void {
    const inHand = (row: Row): boolean => row.state.kind !== 'trying' && hands.since(row.id) !== undefined
    for (const row of rows.filter(inHand)) hands.wish(row.id, kind === 'hold' || kind === 'drop' ? kind : undefined)
    const event: Event = { kind }
    happen(rows.filter((row) => !inHand(row)).map((row) => ({ row, event })))
  }

  function hurryDomain(domain: string): number {
    let touched = 0
    for (const letter of letters()) {
      const head = store.head(letter)
      const rows = store.rows(letter).filter((row) => row.state.kind === 'waiting' && head && isFor(row, head, domain.toLowerCase()))
      act(rows, 'hurry')
      touched += rows.length
    }
    return touched
  }

  return {
    *list() {
      for (const letter of letters()) {
        const entry = view(letter)
        if (entry) yield entry
      }
    },
    find: (id) => {
      const letter = parseId(id)
      return (letter === undefined ? undefined : view(letter)) ?? recent.find(id.toUpperCase())
    },
    lately: () => recent.all(),
    hold: (id) => each(id, 'hold'),
    release: (id) => each(id, 'release'),
    remove: (id) => each(id, 'drop'),
    makeDue: (what) => (what === undefined ? hurryAll() : typeof what === 'string' ? each(what, 'hurry') : hurryDomain(what.domain)),
  }
}

function isFor(row: Row, head: Head, domain: string): boolean {
  return head.copies[copyOf(row.id)]?.recipient.domain === domain
}
