/** Rows and heads of the store in the words of the ports: messages, deliveries, and what lists and `show` print. Pure. */
import type { Message, MessageId, Stamp } from '../mail/message.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { Delivery } from './courier.ts'
import { describe, type Past, type State } from './delivery.ts'
import type { Stamps } from './stamps.ts'
import { copyOf, formatId, type Head, type Row } from './store.ts'

/** A letter in the queue, or one that lately left it. */
export type Entry = { readonly message: Message; readonly deliveries: readonly Listed[] }

export type Listed = Delivery & {
  readonly state: State['kind']
  /** Its state in words. */
  readonly words: string
  /** `clock.elapsed()` at which it may be tried again; only while it waits. */
  readonly due?: number
  readonly unsure?: true
  /** The last answer. */
  readonly outcome?: Outcome
  /** What befell it, oldest first; the last few. */
  readonly history: readonly { readonly at: Stamp; readonly what: Past['what']; readonly said?: string }[]
}

export function messageOf(letter: number, head: Head, stamps: Stamps): Message {
  const { from, size, priority, parameters, origin, messageId, subject } = head
  return {
    id: formatId(letter),
    from,
    size,
    kept: stamps.read(head.kept),
    priority,
    parameters,
    origin,
    ...(messageId === undefined ? {} : { messageId }),
    ...(subject === undefined ? {} : { subject }),
  }
}

export function deliveryOf(head: Head, { id, letter, state }: Row): Delivery {
  const copy = head.copies[copyOf(id)]
  if (!copy) throw new Error(`letter ${formatId(letter)} has no copy ${copyOf(id)}`)
  const { attempts, interrupted } = state
  return { ...copy, id, message: formatId(letter), attempts, ...(interrupted === undefined ? {} : { interrupted }) }
}

/** `due` turns running time into elapsed time. */
export function entryOf(letter: number, head: Head, rows: readonly Row[], stamps: Stamps, due: (row: Row) => number): Entry {
  return { message: messageOf(letter, head, stamps), deliveries: rows.map((row) => listed(head, row, stamps, due)) }
}

function listed(head: Head, row: Row, stamps: Stamps, due: (row: Row) => number): Listed {
  const { state } = row
  return {
    ...deliveryOf(head, row),
    state: state.kind,
    words: describe(state),
    ...(state.kind === 'waiting' ? { due: due(row) } : {}),
    ...(state.unsure ? { unsure: true } : {}),
    ...(state.outcome ? { outcome: state.outcome } : {}),
    history: state.past.map(({ at, ...past }) => ({ at: stamps.read(at), ...past })),
  }
}

/** The last letters that left the queue, for whoever asks what became of one; in RAM alone. */
export interface Recent {
  add(entry: Entry): void
  find(id: MessageId): Entry | undefined
  all(): readonly Entry[]
}

export function recentEntries(limit: number): Recent {
  const entries = new Map<MessageId, Entry>()
  return {
    add(entry) {
      entries.set(entry.message.id, entry)
      for (const first of entries.keys()) if (entries.size > limit) entries.delete(first)
    },
    find: (id) => entries.get(id),
    all: () => [...entries.values()],
  }
}
