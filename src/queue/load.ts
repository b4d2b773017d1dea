/**
 * What a courier carries: letters one after another in order of rank, each with those of its deliveries that may be tried now.
 * What is in a courier's hands is known here, in RAM: nobody else is given it, and what an operator wants of it waits for the answer.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { CourierName, Message } from '../mail/message.ts'
import { isFit, type RoomFor } from '../mail/room.ts'
import { choice } from './choice.ts'
import type { Delivery, Letter, Load } from './courier.ts'
import { type Due, isDue, isSettled } from './delivery.ts'
import type { Happened } from './settle.ts'
import type { SpentTime } from './spent.ts'
import type { Stamps } from './stamps.ts'
import { formatId, type Row, type Store } from './store.ts'
import { deliveryOf, messageOf } from './views.ts'

export type LoadOptions = {
  /** Letters that this load may carry; all, if it does not say. */
  readonly wanted?: (message: Message) => boolean
  /** What the call has room for; without it for all. What is passed over stays as it is, and due. */
  readonly room?: RoomFor | undefined
}

/** A load, and what its owner must do when the courier has come back. */
export type OpenLoad = Load & {
  /** What was taken and neither settled nor put back. */
  left(): readonly Row[]
}

export interface Hands {
  load(courier: CourierName, options?: LoadOptions): OpenLoad
  /** `clock.elapsed()` since when a courier has it. */
  since(delivery: number): number | undefined
  /** The courier has it but is not yet trying: the event waits until it tries, settles or puts back. */
  wish(delivery: number, event: 'hold' | 'drop' | undefined): void
  /** Something came before what loads have passed by: they look from the top again. */
  again(): void
  /** Nobody carries it any more. */
  drop(delivery: number): void
}

export type HandsOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly stamps: Stamps
  readonly due: (courier: CourierName) => Due
  readonly spent: SpentTime
  readonly happen: (events: readonly Happened[]) => void
}

type Taken = { readonly since: number; wish?: 'hold' | 'drop' }

export function hands({ store, clock, log, stamps, due, spent, happen }: HandsOptions): Hands {
  const taken = new Map<number, Taken>()
  let round = 0

  function load(courier: CourierName, { wanted = () => true, room }: LoadOptions = {}): OpenLoad {
    const own = new Set<number>()
    const chosen = choice({ store, courier, due, spent, room })
    let seen = round

    function next(ahead = 0): Letter | undefined {
      for (;;) {
        if (seen !== round) chosen.fromTheTop()
        seen = round
        const row = chosen.next(ahead)
        if (!row) return undefined
        const letter = taken.has(row.id) ? undefined : letterWith(row)
        if (letter) return letter
      }
    }

    function letterWith(first: Row): Letter | undefined {
      const head = headOf(first)
      if (!head) return undefined
      const message = messageOf(first.letter, head, stamps)
      if (!wanted(message)) return undefined
      const now = due(courier)
      const rows = store.rows(first.letter).filter(({ id, state }) => state.courier === courier && isDue(state, now) && !taken.has(id))
      for (const { id } of rows) {
        taken.set(id, { since: clock.elapsed() })
        own.add(id)
      }
      return { message, deliveries: rows.map((row) => deliveryOf(head, row)), content: (from) => store.content(first.letter, from) }
    }

    function give(id: number): void {
      taken.delete(id)
      own.delete(id)
    }

    function isStillWanted({ message, deliveries: [first] }: Letter, ahead: number): boolean {
      const now = room?.(ahead)
      const row = first && store.row(first.id)
      if (!now || !row) return true
      const since = spent.elapsedOf(Math.max(row.state.kept.running, row.state.tried))
      return isFit({ size: message.size, since, urgent: message.priority === 'urgent' }, now)
    }

    return {
      next,
      isStillWanted,
      async trying(deliveries, note) {
        happen(rowsOf(deliveries).map((row) => ({ row, event: { kind: 'trying', note } })))
        for (const row of rowsOf(deliveries)) grant(row)
        await store.flush()
        log.instant('trying-noted', { deliveries: deliveries.length })
      },
      settle(delivery, outcome) {
        if (outcome.kind !== 'accepted') for (const row of rowsOf([delivery])) grant(row)
        happen(rowsOf([delivery]).map((row) => ({ row, event: { kind: 'settled', outcome } })))
        give(delivery.id)
        log.instant('settled', { id: delivery.message, delivery: delivery.id, kind: outcome.kind })
      },
      putBack(letter) {
        for (const row of rowsOf(letter.deliveries)) grant(row)
        happen(rowsOf(letter.deliveries).flatMap((row) => (row.state.kind === 'trying' ? [{ row, event: { kind: 'returned' } }] : [])))
        for (const { id } of letter.deliveries) give(id)
        chosen.anew()
        round++
      },
      left: () => [...own].map((id) => store.row(id)).filter((row) => row !== undefined),
    }
  }

  /** What the operator wanted meanwhile. */
  function grant(row: Row): void {
    const entry = taken.get(row.id)
    if (!entry?.wish) return
    const kind = entry.wish
    delete entry.wish
    happen([{ row, event: { kind } }])
  }

  /** A letter that the disk does not give back blocks nobody: its delivery is parked and an operator told. */
  function headOf(row: Row): ReturnType<Store['head']> {
    try {
      return store.head(row.letter)
    } catch (cause) {
      log.error('letter-unreadable', `${formatId(row.letter)} cannot be read and is held: ${String(cause)}`, { id: formatId(row.letter) })
      happen([{ row, event: { kind: 'hold' } }])
      return undefined
    }
  }

  function rowsOf(deliveries: readonly Delivery[]): readonly Row[] {
    return deliveries.map(({ id }) => store.row(id)).filter((row) => row !== undefined && !isSettled(row.state)) as readonly Row[]
  }

  return {
    load,
    since: (delivery) => taken.get(delivery)?.since,
    wish(delivery, event) {
      const entry = taken.get(delivery)
      if (!entry) return
      if (event) entry.wish = event
      else delete entry.wish
    },
    again() {
      round++
    },
    drop(delivery) {
      const row = store.row(delivery)
      if (row) grant(row)
      taken.delete(delivery)
    },
  }
}
