/**
 * The store in RAM, the reference for the real one. It keeps the same promises: `kill` is a start after kill -9 (what was handed
 * over survives), `powerCut` a start after a power cut (what was flushed survives). `fail` lets the nth call of an operation fail.
 */
import type { CourierName } from '../../src/mail/message.ts'
import { byRank, type Due, dueAt, isDue, isOver, type Rank, type State, told } from '../../src/queue/delivery.ts'
import type { LedgerEntry } from '../../src/queue/ledger.ts'
import type { Spent } from '../../src/queue/retry.ts'
import {
  type Backlog,
  type Change,
  type Counts,
  firstRows,
  type Head,
  letterOf,
  type Row,
  row,
  servedLimit,
  type Store,
  type Writing,
  type Within,
} from '../../src/queue/store.ts'

type Entry = { letter?: { number: number; head: Head; content: Uint8Array }; changes: readonly Change[]; spent: Spent; flushed: boolean }
type Operation = 'write' | 'keep' | 'record' | 'flush'

export interface FakeStore extends Store {
  /** What a start after kill -9 finds. */
  kill(): FakeStore
  /** What a start after a power cut finds. */
  powerCut(): FakeStore
  /** The nth call from now (0: the next) fails with this. */
  fail(operation: Operation, nth: number, cause: unknown): void
}

export function fakeStore(log: readonly Entry[] = [], next = 1): FakeStore {
  const entries: Entry[] = []
  const letters = new Map<number, { head: Head; content: Uint8Array }>()
  const rows = new Map<number, Row>()
  const ledgers = new Map<string, Map<string, LedgerEntry>>()
  const served = new Map<string, readonly string[]>()
  const facts = new Map<string, string>()
  const faults = new Map<Operation, { left: number; cause: unknown }>()
  let octets = 0
  let flushes = 0

  for (const entry of log) {
    entries.push({ ...entry, flushed: true })
    apply(entry)
  }

  function trip(operation: Operation): void {
    const fault = faults.get(operation)
    if (!fault || fault.left-- > 0) return
    faults.delete(operation)
    throw fault.cause
  }

  function apply({ letter, changes }: Entry): void {
    if (letter) {
      for (const row of firstRows(letter.number, letter.head)) rows.set(row.id, row)
      letters.set(letter.number, letter)
    }
    for (const change of changes) applyChange(change)
  }

  function put(id: number, state: State): void {
    const letter = letters.get(letterOf(id))
    if (letter && rows.has(id)) rows.set(id, row(id, state, letter.head))
  }

  function applyChange(change: Change): void {
    switch (change.kind) {
      case 'delivery':
        return put(change.id, change.state)
      case 'reported':
        for (const id of change.deliveries) {
          const found = rows.get(id)
          if (found) put(id, told(found.state, change.notice))
        }
        return
      case 'gone':
        letters.delete(change.letter)
        for (const id of rows.keys()) if (letterOf(id) === change.letter) rows.delete(id)
        return
      case 'ledger': {
        const account = ledgers.get(change.account) ?? new Map<string, LedgerEntry>()
        ledgers.set(change.account, account)
        for (const uidl of change.uidls) {
          const message = change.message ?? account.get(uidl)?.message
          account.set(uidl, { state: change.state, ...(message === undefined ? {} : { message }) })
        }
        return
      }
      case 'forget':
        for (const uidl of change.uidls) ledgers.get(change.account)?.delete(uidl)
        return
      case 'served':
        served.set(change.fingerprint, change.who)
        for (const first of served.keys()) if (served.size > servedLimit) served.delete(first)
        return
      case 'fact':
        if (change.value === null) facts.delete(change.key)
        else facts.set(change.key, change.value)
    }
  }

  function open(number: number): Writing {
    const pieces: Buffer[] = []
    let over = false
    next = Math.max(next, number + 1)
    return {
      size: () => pieces.reduce((sum, piece) => sum + piece.length, 0),
      async write(more) {
        if (over) throw new Error('the letter is closed')
        trip('write')
        pieces.push(Buffer.from(more))
      },
      async keep(head, changes) {
        if (over) throw new Error('the letter is closed')
        over = true
        trip('keep')
        const entry: Entry = { letter: { number, head, content: Buffer.concat(pieces) }, changes, spent: head.spent, flushed: false }
        entries.push(entry)
        await flush()
        octets += entry.letter?.content.length ?? 0
        apply(entry)
      },
      discard() {
        over = true
      },
    }
  }

  async function flush(): Promise<void> {
    await Promise.resolve()
    trip('flush')
    if (entries.every((entry) => entry.flushed)) return
    for (const entry of entries) entry.flushed = true
    flushes++
  }

  const sorted = (which: (row: Row) => boolean): Row[] => [...rows.values()].filter(which).sort((a, b) => a.id - b.id)
  const waiting = (courier: CourierName): Row[] => sorted(({ state }) => state.kind === 'waiting' && state.courier === courier)

  function counts(due: (courier: CourierName) => Due): Counts {
    const of = (courier: CourierName) => {
      const number = (kind: State['kind']) => sorted(({ state }) => state.courier === courier && state.kind === kind).length
      const ready = waiting(courier).filter(({ state }) => isDue(state, due(courier))).length
      return { waiting: number('waiting'), due: ready, trying: number('trying'), held: number('held') }
    }
    const kept = [...letters.entries()]
      .filter(([number]) => sorted(({ letter }) => letter === number).length > 0)
      .map(([, letter]) => letter.head)
    const least = (counter: keyof Spent) => Math.min(...kept.map((head) => head.spent[counter]))
    return {
      letters: kept.length,
      octets: kept.reduce((sum, head) => sum + head.size, 0),
      oldest: kept.length === 0 ? undefined : { line: least('line'), running: least('running') },
      couriers: { mailbox: of('mailbox'), smarthost: of('smarthost'), program: of('program'), file: of('file') },
    }
  }

  function backlog(courier: CourierName): Backlog {
    const some = sorted(({ state }) => state.courier === courier && (state.kind === 'waiting' || state.kind === 'trying'))
    const numbers = [...new Set(some.map(({ letter }) => letter))]
    const since = Math.min(...some.map(({ state }) => Math.max(state.kept.running, state.tried)))
    const urgent = some.find(({ state, rank }) => state.kind === 'waiting' && !state.unsure && rank.priority === 0 && state.tried < 0)
    return {
      letters: numbers.length,
      octets: numbers.reduce((sum, number) => sum + (letters.get(number)?.head.size ?? 0), 0),
      bulk: numbers.filter((number) => letters.get(number)?.head.priority === 'bulk').length,
      ...(some.length === 0 ? {} : { since }),
      ...(urgent ? { urgent: urgent.letter } : {}),
    }
  }

  const last = entries.at(-1)
  return {
    found: { next, spent: last?.spent ?? { line: 0, running: 0 }, rebuilt: false },
    open,
    record(changes, spent) {
      trip('record')
      const entry: Entry = { changes, spent, flushed: false }
      entries.push(entry)
      apply(entry)
    },
    flush,
    head: (letter) => letters.get(letter)?.head,
    async *content(letter, from = 0) {
      const found = letters.get(letter)
      if (!found) throw new Error(`letter ${letter} is not there`)
      for (let at = from; at < found.content.length; at += 65536) yield found.content.subarray(at, at + 65536)
    },
    row: (id) => rows.get(id),
    rows: (letter) => sorted((row) => row.letter === letter),
    lasts: (letter, besides = -1) => sorted((row) => row.letter === letter && row.id !== besides && !isOver(row.state)).length > 0,
    next: (courier: CourierName, after: Rank | undefined, due: Due, within?: Within) =>
      waiting(courier)
        .filter((row) => isDue(row.state, due) && isWithin(row, within) && (!after || byRank(row.rank, after) > 0))
        .sort((a, b) => byRank(a.rank, b.rank))[0],
    earliest: (courier, due, within) => {
      const times = waiting(courier)
        .filter((row) => isWithin(row, within))
        .map(({ state }) => dueAt(state, due))
      return times.length === 0 ? undefined : Math.min(...times)
    },
    waitsSince: (courier, since) => {
      const times = waiting(courier)
        .map(waitsFrom)
        .filter((time) => time > since)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    aged: ({ courier, late, expired }, after) =>
      waiting(courier)
        .filter(({ id, state }) => id > after && (isBefore(state.kept, expired) || (!state.warned && isBefore(state.kept, late))))
        .slice(0, 100),
    unfinished: (after) =>
      sorted(({ id, state }) => id > after && (state.owes.length > 0 || !['waiting', 'held'].includes(state.kind))).slice(0, 100),
    letters: (after, limit = 100) =>
      [...new Set(sorted(() => true).map(({ letter }) => letter))].filter((letter) => letter > after).slice(0, limit),
    counts,
    backlog,
    ledger: (account) => new Map(ledgers.get(account) ?? []),
    served: (fingerprint) => served.get(fingerprint) ?? [],
    fact: (key) => facts.get(key),
    facts: (prefix) => new Map([...facts].filter(([key]) => key.startsWith(prefix))),
    room: () => ({ free: Number.MAX_SAFE_INTEGER, reserve: 0 }),
    hasRoom: () => true,
    written: () => ({ octets, flushes }),
    close: flush,
    kill: () => fakeStore(entries, next),
    powerCut: () =>
      fakeStore(
        entries.filter((entry) => entry.flushed),
        next,
      ),
    fail: (operation, nth, cause) => void faults.set(operation, { left: nth, cause }),
  }
}

function isBefore(kept: Spent, limit: Spent): boolean {
  return kept.line <= limit.line || kept.running <= limit.running
}

function waitsFrom({ state }: Row): number {
  return Math.max(state.kept.running, state.tried)
}

function isWithin(row: Row, within: Within | undefined): boolean {
  if (!within) return true
  const { size, priority } = row.rank
  return size > within.alone || (size <= within.most && (size <= within.paid || priority === 0 || waitsFrom(row) <= within.since))
}
