/**
 * The index over the spool's log, in SQLite. Changes gather in one open transaction, since the log has them already: `commit`
 * writes many of them at the price of a few pages (page size 1024, WAL), and `sync` is the flush that synchronous=FULL
 * would make of every commit, asked for only before the log forgets what the index must know.
 * Promises to put a damaged database aside and never to repair it in place.
 */
import Database from 'better-sqlite3'
import { closeSync, existsSync, fdatasync, fsyncSync, openSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Log } from '../log/events.ts'
import type { CourierName } from '../mail/message.ts'
import type { Catalogue, Lying, Mark } from './catalogue.ts'
import { type Due, type Rank, type State, told } from './delivery.ts'
import { isFull, SpoolFull } from './intake.ts'
import type { LedgerEntry } from './ledger.ts'
import { flap } from './retry.ts'
import { schema } from './schema.ts'
import { type StatementName, texts } from './statements.ts'
import { type Backlog, type Change, type Counts, deliveryId, letterOf, type Row, servedLimit, type Within } from './store.ts'
import { forgetRoom, giveBackRoom, openWal, pageSize } from './wal.ts'

export type CatalogueOptions = {
  readonly directory: string
  readonly log: Log
  /** better-sqlite3's addon, loaded already: a single executable has no file to search for. */
  readonly addon?: object
}

type Stored = { id: number; unsure: 0 | 1; priority: 0 | 1 | 2; size: number; facts: string }
type Placed = { place: number; segments: string | null; size: number }

const version = 1
/** Pages, dirty ones included, that a transaction may hold in RAM: only what is larger is written before its commit. */
const cachePages = 2048
const many = 100
const anything: Within = { most: Number.MAX_SAFE_INTEGER, paid: Number.MAX_SAFE_INTEGER, since: -1, alone: Number.MAX_SAFE_INTEGER }
const none: Rank = { unsure: 0, priority: 0, size: -1, id: -1 }

const sync = promisify(fdatasync)

export function openCatalogue(options: CatalogueOptions): Catalogue {
  return catalogue(openSound(options), options.directory)
}

function catalogue(db: Database.Database, directory: string): Catalogue {
  const sql = prepared(db)
  const pages = db.prepare('PRAGMA page_count').pluck()
  const wal = openWal(fileIn(directory))
  /** Since the last commit: SQLite forgets it all when a commit finds no room. */
  const uncommitted: (() => void)[] = []
  let octets = 0
  let flushes = 0
  const seen = sql.fact.get('log') as { value: string } | undefined

  const begin = (): void => {
    if (!db.inTransaction) sql.begin.run()
  }
  const change = (make: () => void): void => {
    begin()
    make()
    uncommitted.push(make)
  }
  const placed = (letter: number): Lying | undefined => {
    const found = sql.place.get(deliveryId(letter, 0), deliveryId(letter + 1, 0)) as Placed | undefined
    return found && placeFrom(letter, found)
  }

  const applied = (change: Change): void => {
    switch (change.kind) {
      case 'delivery':
        return void sql.update.run({ id: change.id, ...columns(change.state) })
      case 'reported':
        for (const id of change.deliveries) {
          const found = sql.row.get(id) as Stored | undefined
          if (found) sql.update.run({ id, ...columns(told(rowOf(found).state, change.notice)) })
        }
        return
      case 'gone':
        return void sql.gone.run(deliveryId(change.letter, 0), deliveryId(change.letter + 1, 0))
      case 'ledger':
        for (const uidl of change.uidls) sql.mark.run(change.account, uidl, change.state, change.message ?? null)
        return
      case 'forget':
        for (const uidl of change.uidls) sql.forget.run(change.account, uidl)
        return
      case 'served':
        sql.serve.run(change.fingerprint, JSON.stringify(change.who))
        return void sql.prune.run(servedLimit)
      case 'fact':
        return void (change.value === null ? sql.erase.run(change.key) : sql.remember.run(change.key, change.value))
    }
  }

  return {
    mark: seen && (JSON.parse(seen.value) as Mark),
    insert({ at, segments }, rows) {
      const where = { place: at, segments: segments.length === 0 ? null : JSON.stringify(segments) }
      change(() => {
        for (const { id, rank, state } of rows) {
          const { line, running } = state.kept
          const placed = { id, courier: state.courier, priority: rank.priority, size: rank.size, line, running, ...where }
          sql.insert.run({ ...placed, ...columns(state) })
        }
      })
    },
    apply: (made) => change(() => applied(made)),
    move({ letter, at, segments }) {
      const others = segments.length === 0 ? null : JSON.stringify(segments)
      change(() => sql.move.run(at, others, deliveryId(letter, 0), deliveryId(letter + 1, 0)))
    },
    place: placed,
    *places() {
      for (let letter = 0; ; ) {
        const found = sql.places.all(deliveryId(letter + 1, 0), many) as (Placed & { id: number })[]
        for (const { id, ...where } of found) {
          letter = letterOf(id)
          yield placeFrom(letter, where)
        }
        if (found.length < many) return
      }
    },
    pending: () => uncommitted.length,
    commit(mark) {
      begin()
      wal.secure(pages.get() as number)
      try {
        sql.remember.run('log', JSON.stringify(mark))
        sql.commit.run()
      } catch (cause) {
        if (!isFull(cause)) throw cause
        redo()
        throw new SpoolFull('the queue’s index cannot be written: the disk is full')
      }
      uncommitted.length = 0
      octets += wal.grown()
    },
    async sync() {
      await sync(wal.fd)
      flushes++
    },

    row: (id) => one(sql.row.get(id)),
    rows: (letter) => all(sql.rows.all(deliveryId(letter, 0), deliveryId(letter + 1, 0))),
    lasts: (letter, besides = -1) => sql.lasts.get(deliveryId(letter, 0), deliveryId(letter + 1, 0), besides) !== undefined,
    next(courier, after = none, due, within = anything) {
      const asked = { courier, ...after, ...due, flap, ...within }
      return one(sql.level.get(asked)) ?? one(sql.next.get(asked))
    },
    earliest: (courier, due, within = anything) =>
      (sql.earliest.get({ courier, ...due, flap, ...within }) as { at: number | null }).at ?? undefined,
    waitsSince: (courier, since) => (sql.waitsSince.get({ courier, since }) as { at: number | null }).at ?? undefined,
    aged: ({ courier, late, expired }, after) =>
      all(
        sql.aged.all({
          courier,
          after,
          lateLine: late.line,
          lateRunning: late.running,
          line: expired.line,
          running: expired.running,
          many,
        }),
      ),
    unfinished: (after) => all(sql.unfinished.all(after, many)),
    letters,
    counts: (due) => counts(sql, due),
    backlog: (courier) => backlog(sql, courier),
    ledger(account) {
      const rows = sql.ledger.all(account) as { uidl: string; state: LedgerEntry['state']; message: string | null }[]
      return new Map(rows.map(({ uidl, state, message }) => [uidl, message === null ? { state } : { state, message }]))
    },
    served: (fingerprint) => JSON.parse((sql.served.get(fingerprint) as { who: string } | undefined)?.who ?? '[]') as string[],
    fact: (key) => (sql.fact.get(key) as { value: string } | undefined)?.value,
    facts: (prefix) =>
      new Map((sql.facts.all(prefix, `${prefix}\uffff`) as { key: string; value: string }[]).map(({ key, value }) => [key, value])),
    written: () => ({ octets, flushes }),
    close() {
      if (!db.open) return
      if (db.inTransaction) sql.rollback.run()
      db.close()
      wal.close()
    },
  }

  /** In RAM alone, as it was before a commit that failed. */
  function redo(): void {
    if (db.inTransaction) sql.rollback.run()
    begin()
    for (const make of uncommitted) make()
  }

  /** Each step finds one letter: no letter's recipients are read to get past it. */
  function letters(after: number, limit: number = many): readonly number[] {
    const found: number[] = []
    for (let last = after; found.length < limit; ) {
      const { id } = sql.above.get(deliveryId(last + 1, 0)) as { id: number | null }
      if (id === null) break
      last = letterOf(id)
      found.push(last)
    }
    return found
  }
}

type Statements = Readonly<Record<StatementName, Database.Statement>>

function prepared(db: Database.Database): Statements {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, db.prepare(text)])) as Statements
}

function columns(state: State): Record<string, string | number> {
  const { kind, unsure, due, tried, warned, owes } = state
  return {
    state: kind,
    unsure: unsure ? 1 : 0,
    due,
    tried,
    warned: warned ? 1 : 0,
    owes: owes.length > 0 ? 1 : 0,
    facts: JSON.stringify(state),
  }
}

function rowOf({ id, unsure, priority, size, facts }: Stored): Row {
  return { id, letter: letterOf(id), rank: { unsure, priority, size, id }, state: JSON.parse(facts) as State }
}

function placeFrom(letter: number, { place, segments, size }: Placed): Lying {
  return { letter, at: place, segments: segments === null ? [] : (JSON.parse(segments) as number[]), size }
}

function one(found: unknown): Row | undefined {
  return found === undefined ? undefined : rowOf(found as Stored)
}

function all(found: unknown[]): readonly Row[] {
  return (found as Stored[]).map(rowOf)
}

function counts(sql: Statements, due: (courier: CourierName) => Due): Counts {
  const states = sql.states.all() as { courier: CourierName; state: State['kind']; n: number }[]
  const { letters, octets, line, running } = sql.totals.get() as {
    letters: number
    octets: number | null
    line: number | null
    running: number | null
  }
  const of = (courier: CourierName) => {
    const number = (kind: State['kind']) => states.find((row) => row.courier === courier && row.state === kind)?.n ?? 0
    const waiting = number('waiting')
    const ready = waiting === 0 ? 0 : (sql.due.get({ courier, ...due(courier), flap }) as { n: number }).n
    return { waiting, due: ready, trying: number('trying'), held: number('held') }
  }
  return {
    letters,
    octets: octets ?? 0,
    oldest: line === null || running === null ? undefined : { line, running },
    couriers: { mailbox: of('mailbox'), smarthost: of('smarthost'), program: of('program'), file: of('file') },
  }
}

function backlog(sql: Statements, courier: CourierName): Backlog {
  const { letters, octets, bulk, since } = sql.backlog.get(courier) as {
    letters: number
    octets: number | null
    bulk: number
    since: number | null
  }
  const urgent = sql.urgent.get(courier) as { id: number } | undefined
  return {
    letters,
    octets: octets ?? 0,
    bulk,
    ...(since === null ? {} : { since }),
    ...(urgent === undefined ? {} : { urgent: letterOf(urgent.id) }),
  }
}

const fileIn = (directory: string): string => join(directory, 'queue.db')

/** Opens the database, or puts it aside and begins a new one if it is damaged. */
function openSound(options: CatalogueOptions): Database.Database {
  const file = fileIn(options.directory)
  giveBackRoom(file)
  try {
    return openChecked(file, options.addon)
  } catch (cause) {
    if (isCode(cause, /^SQLITE_BUSY/)) throw new Error(`${options.directory} is in use by another dialpost`, { cause })
    if (!isCode(cause, /^SQLITE_(CORRUPT|NOTADB|DAMAGED)/)) throw cause
    const aside = setAside(file)
    options.log.error(
      'index-damaged',
      `The queue's index is damaged (${String(cause)}). It is kept as ${aside}; the queue is made again from its log. No letter is lost, but one may be delivered twice.`,
      { aside },
    )
    return openChecked(file, options.addon)
  }
}

function openChecked(file: string, addon: object | undefined): Database.Database {
  const db = new Database(file, { timeout: 0, ...(addon ? { nativeBinding: addon as unknown as string } : {}) })
  try {
    db.pragma(`page_size = ${pageSize}`)
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma('cache_size = -384')
    db.pragma(`cache_spill = ${cachePages}`)
    db.pragma('mmap_size = 0')
    db.pragma('temp_store = MEMORY')
    const found = db.pragma('user_version', { simple: true }) as number
    if (found > version) throw new Error(`${file} was written by a newer dialpost`)
    const damage = db.pragma('quick_check(1)', { simple: true })
    if (damage !== 'ok') throw Object.assign(new Error(String(damage)), { code: 'SQLITE_DAMAGED' })
    db.exec('BEGIN IMMEDIATE')
    db.exec(schema)
    if (found < version) db.pragma(`user_version = ${version}`)
    db.exec('COMMIT')
    syncDirectory(file)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

/** The name of a new database and of its WAL. */
function syncDirectory(file: string): void {
  const fd = openSync(join(file, '..'), 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function setAside(file: string): string {
  let n = 1
  while (existsSync(`${file}.damaged-${n}`)) n++
  forgetRoom(file)
  for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) renameSync(file + suffix, `${file}.damaged-${n}${suffix}`)
  return `${file}.damaged-${n}`
}

function isCode(cause: unknown, pattern: RegExp): boolean {
  return cause instanceof Error && 'code' in cause && pattern.test(String(cause.code))
}
