/** The way in: turns a door's draft into a letter of the store, with the ledger's row and what it reports in the same record. */
import type { Log } from '../log/events.ts'
import type { CourierName } from '../mail/message.ts'
import type { Draft, Intake } from './intake.ts'
import type { Ledger } from './ledger.ts'
import type { Report } from './notice.ts'
import type { Spent } from './retry.ts'
import type { Stamps } from './stamps.ts'
import { type Change, formatId, type Head, type Store } from './store.ts'

export type ArrivalsOptions = {
  readonly store: Store
  readonly log: Log
  readonly stamps: Stamps
  readonly spent: () => Spent
  /** A letter is ours. */
  readonly kept: (couriers: ReadonlySet<CourierName>, reports: Report | undefined) => void
  readonly flushSoon: () => void
}

export function arrivals(options: ArrivalsOptions): { open(): Intake; readonly ledger: Ledger } {
  const { store, log, stamps, spent, kept, flushSoon } = options
  let next = store.found.next

  function open(): Intake {
    const letter = next
    const writing = store.open(letter)
    next++
    const id = formatId(letter)
    return {
      id,
      write: (octets) => writing.write(octets),
      async keep(draft) {
        const head = headOf(draft, writing.size())
        await writing.keep(head, changesOf(draft, id))
        if (draft.reports) log.instant('reported', { id, notice: draft.reports.kind })
        kept(new Set(draft.copies.map(({ to }) => to.courier)), draft.reports)
      },
      discard: () => writing.discard(),
    }
  }

  function headOf(draft: Draft, size: number): Head {
    const { from, copies, parameters, origin, priority, messageId, subject } = draft
    return {
      from,
      copies,
      parameters,
      origin,
      priority,
      ...(messageId === undefined ? {} : { messageId }),
      ...(subject === undefined ? {} : { subject }),
      size,
      kept: stamps.now(),
      spent: spent(),
    }
  }

  const ledger: Ledger = {
    entries: (account) => store.ledger(account),
    async mark(account, uidls, state) {
      if (uidls.length === 0) return
      store.record([{ kind: 'ledger', account, uidls, state }], spent())
      await store.flush()
      log.instant('ledger-marked', { account, state, letters: uidls.length })
    },
    forget(account, uidls) {
      if (uidls.length === 0) return
      store.record([{ kind: 'forget', account, uidls }], spent())
      flushSoon()
    },
    served: (fingerprint) => store.served(fingerprint),
  }

  return { open, ledger }
}

function changesOf({ ledger, origin, reports }: Draft, message: string): readonly Change[] {
  const changes: Change[] = []
  if (ledger && origin.door === 'collect') {
    changes.push({ kind: 'ledger', account: origin.account, uidls: [origin.uidl], state: ledger.state, message })
    if (ledger.fingerprint !== undefined) changes.push({ kind: 'served', fingerprint: ledger.fingerprint, who: ledger.served ?? [] })
  }
  if (reports) changes.push({ kind: 'reported', notice: reports.kind, deliveries: reports.deliveries })
  return changes
}
