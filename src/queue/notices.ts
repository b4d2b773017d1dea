/**
 * Which senders are owed a word: gathers what is owed on the deliveries of one letter with one reverse path into one notice, and
 * waits a little for those that are still being tried. What is owed stands in the deliveries' rows; this is only who asks for it when.
 */
import type { Clock } from '../clock.ts'
import { formatPath } from '../mail/address.ts'
import type { ReversePath } from '../mail/address.ts'
import { reply } from '../mail/reply.ts'
import { isSettled, type NoticeKind } from './delivery.ts'
import type { Notice, Reported } from './notice.ts'
import { agesIn, type RetryPolicy, type Spent } from './retry.ts'
import { copyOf, type Head, type Row, type Store } from './store.ts'
import { deliveryOf, messageOf } from './views.ts'
import type { Stamps } from './stamps.ts'

export interface Notices {
  /** Something is owed on this letter. */
  owe(letter: number): void
  /** Notices that are ripe and nobody has in hand. Each is handed out once; again if it is not reported within minutes. */
  ripe(): readonly Notice[]
  /** `clock.elapsed()` at which to look again; undefined if nothing is owed. */
  next(): number | undefined
}

export type NoticesOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly stamps: Stamps
  readonly policy: RetryPolicy
  readonly spent: () => Spent
  /** The delivery is in a courier's hands. */
  readonly taken: (delivery: number) => boolean
}

/** A notice does not wait longer than this for the letter's other recipients. */
const patience = 30_000
/** Whoever has a notice in hand and does not report it in this time is asked again. */
const again = 300_000

type Owed = { readonly since: number; readonly handed: Map<string, number> }

export function notices({ store, clock, stamps, policy, spent, taken }: NoticesOptions): Notices {
  const owed = new Map<number, Owed>()

  function ofLetter(letter: number, { since, handed }: Owed): readonly Notice[] {
    const head = store.head(letter)
    const rows = store.rows(letter)
    const owing = rows.filter(({ state }) => state.owes.length > 0)
    if (!head || owing.length === 0) {
      owed.delete(letter)
      return []
    }
    const late = clock.elapsed() - since >= patience
    return [...byNotice(head, owing)].flatMap(([key, { kind, from, rows: told }]) => {
      const at = handed.get(key)
      if (at !== undefined && clock.elapsed() - at < again) return []
      const busy = rows.some(
        (row) => samePath(head, row, from) && (row.state.kind === 'trying' || (taken(row.id) && !isSettled(row.state))),
      )
      if (busy && !late) return []
      handed.set(key, clock.elapsed())
      return [notice(letter, head, kind, from, told)]
    })
  }

  function notice(letter: number, head: Head, kind: NoticeKind, from: ReversePath, rows: readonly Row[]): Notice {
    return {
      kind,
      from,
      message: messageOf(letter, head, stamps),
      deliveries: rows.map((row) => reported(head, row, kind)),
      content: () => store.content(letter),
    }
  }

  function reported(head: Head, row: Row, kind: NoticeKind): Reported {
    const { state } = row
    const counter = agesIn(state.courier)
    const age = spent()[counter] - state.kept[counter]
    const outcome = state.outcome ?? { kind: 'deferred', reply: reply(451, '4.4.7', 'Not delivered yet') }
    const left = kind === 'delay' ? { left: Math.max(0, Math.round((policy.returnAfter - age) / 1000)) } : {}
    return { ...deliveryOf(head, row), outcome, spent: Math.round(age / 1000), ...left }
  }

  return {
    owe(letter) {
      if (!owed.has(letter)) owed.set(letter, { since: clock.elapsed(), handed: new Map() })
    },
    ripe: () => [...owed].flatMap(([letter, entry]) => ofLetter(letter, entry)),
    next() {
      const times = [...owed.values()].map(({ since, handed }) => {
        const last = Math.max(...handed.values(), Number.NEGATIVE_INFINITY)
        return last + again > clock.elapsed() ? last + again : since + patience
      })
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}

function byNotice(head: Head, owing: readonly Row[]): Map<string, { kind: NoticeKind; from: ReversePath; rows: Row[] }> {
  const groups = new Map<string, { kind: NoticeKind; from: ReversePath; rows: Row[] }>()
  for (const row of owing) {
    const from = head.copies[copyOf(row.id)]?.from ?? null
    for (const kind of row.state.owes) {
      const key = `${kind} ${formatPath(from)}`
      const group = groups.get(key) ?? { kind, from, rows: [] }
      group.rows.push(row)
      groups.set(key, group)
    }
  }
  return groups
}

function samePath(head: Head, row: Row, from: ReversePath): boolean {
  return formatPath(head.copies[copyOf(row.id)]?.from ?? null) === formatPath(from)
}
