/**
 * The store on flash: log and index put together. Every letter and every change goes to the log first and is then applied to the index;
 * a start reads again what the index had not yet committed. Measured on ext4 (test/bench/flash.ts), this writes a third less than notes
 * and settlements committed in SQLite would, lets them share their flush with the letters that come in, and never blocks on it.
 * Promises the table in store.ts.
 */
import type { Log } from '../log/events.ts'
import type { Catalogue } from './catalogue.ts'
import { compact } from './compact.ts'
import { fullness } from './fullness.ts'
import { gather } from './gather.ts'
import { SpoolFull } from './intake.ts'
import type { LogRecord } from './record.ts'
import { reading } from './reading.ts'
import { recover } from './recover.ts'
import type { Spent } from './retry.ts'
import { latest, placeOf, type Said, segmentOf, segmentsOf, write } from './said.ts'
import type { Placed, Position, Segments } from './segments.ts'
import { type Change, firstRows, type Store, type Writing } from './store.ts'

export type SpoolOptions = {
  readonly segments: Segments
  readonly catalogue: Catalogue
  readonly log: Log
  /** Told once when the disk breaks a promise; afterwards everything rejects. By default the process ends. */
  readonly broken?: (cause: unknown) => void
  /** Octets of a letter in one record; the same for all of a spool's life. */
  readonly chunk?: number
}

/** A chunk's record is a whole number of blocks if it could not be packed. */
const usualChunk = 64 * 1024 - 64

/** Applied changes that a kill -9 may make the next start read again. */
const commitEvery = 64
/** Spare segments from which on old ones need not be looked for. */
const enoughSpares = 4
const nothing = new Uint8Array(0)

export async function openStore({
  segments,
  catalogue,
  log,
  broken = endProcess,
  chunk: chunkSize = usualChunk,
}: SpoolOptions): Promise<Store> {
  const { found, ...counted } = recover(segments, catalogue, log)
  let { next, spent } = found
  let { living } = counted
  let failure: { readonly cause: unknown } | undefined
  let checking: Promise<void> | undefined
  /** Something came meanwhile that makes another check worth while. */
  let again = false
  let tended = segmentOf(segments.end(), segments.size)
  /** Records that the log had no room for: the index alone has them. And how many of them are on the disk there. */
  let unsaid = 0
  let indexed = 0
  /** Changes pending when the index found no room; it asks again after as many more, or when a flush is wanted. */
  let refused = 0
  const arriving = new Set<Position>()
  const letters = reading(segments, catalogue, chunkSize)
  const disk = fullness(log, segments.room)

  await segments.flush()
  commitIfRoom()
  if (catalogue.mark === undefined) await catalogue.sync()

  /** A broken machine: no promise is kept after this. */
  function fail(cause: unknown): never {
    if (!failure) {
      failure = { cause }
      log.error('spool-broken', `The spool cannot be written: ${String(cause)}. Nothing is accepted any more.`)
      broken(cause)
    }
    throw cause
  }

  function guarded<T>(act: () => T): T {
    if (failure) throw failure.cause
    try {
      return act()
    } catch (cause) {
      if (cause instanceof SpoolFull || cause instanceof RangeError) throw cause
      return fail(cause)
    }
  }

  function hasRoom(): boolean {
    if (guarded(segments.hasRoom)) return true
    makeRoom()
    return false
  }

  function writing(letter: number): Writing {
    if (!hasRoom()) throw disk.full()
    const buffer = gather(chunkSize)
    const chunks: Position[] = []
    let size = 0
    let over = false
    next = Math.max(next, letter + 1)

    /** Gives the letter's next record its place. One that finds none spoils the letter: octets of it are lost. */
    function put(record: Pick<LogRecord, 'kind' | 'head'>, how: 'write' | 'join'): Placed {
      try {
        return guarded(() => segments[how]({ ...record, letter, body: buffer.take() }))
      } catch (cause) {
        discard()
        if (cause instanceof SpoolFull) {
          disk.full()
          makeRoom()
        }
        throw cause
      }
    }

    async function chunk(): Promise<void> {
      const { at, done } = put({ kind: 'chunk', head: nothing }, 'write')
      segments.pin(segmentOf(at, segments.size))
      chunks.push(at)
      tend()
      await done.catch(fail)
    }

    function discard(): void {
      over = true
      buffer.take()
      unpinAll(chunks.splice(0))
    }

    return {
      size: () => size,
      async write(octets) {
        for (let rest = octets; rest.length > 0; ) {
          if (over) throw new Error('the letter is closed')
          const taken = buffer.add(rest)
          rest = rest.subarray(taken)
          size += taken
          if (rest.length > 0) await chunk()
        }
      },
      async keep(head, changes) {
        if (over) throw new Error('the letter is closed')
        const rows = firstRows(letter, head)
        const said: Said = { letter: head, chunks, changes, spent: head.spent, next }
        const { at, done } = put({ kind: 'letter', head: write(said) }, 'join')
        over = true
        segments.pin(segmentOf(at, segments.size))
        arriving.add(at)
        await Promise.all([done.then(() => log.instant('intake-written', { letter })), segments.flush()]).catch(fail)
        log.instant('kept', { letter })
        disk.over()
        arriving.delete(at)
        spent = latest(spent, head.spent)
        guarded(() => {
          const place = placeOf(letter, at, chunks, segments.size)
          catalogue.insert(place, rows)
          if (rows.length > 0) {
            living += head.size
            letters.remember(letter, { ...said, at })
            for (const segment of segmentsOf(place, segments.size)) segments.pin(segment)
          }
          unpinAll([...chunks, at])
          applyAll(changes)
        })
        log.instant('indexed', { letter })
        const reported = changes.filter((change) => change.kind === 'reported')
        if (reported.length > 0) record(reported, head.spent)
        tend()
      },
      discard: () => {
        if (!over) discard()
      },
    }
  }

  function unpinAll(positions: readonly Position[]): void {
    for (const at of positions) segments.unpin(segmentOf(at, segments.size))
  }

  /** Never refuses: what the log has no room for is in the index, which is then committed and flushed in its stead. */
  function record(changes: readonly Change[], now: Spent): void {
    guarded(() => {
      const said: Said = { changes, spent: now, next }
      spent = latest(spent, now)
      if (!sayNow(said)) unsaid++
      applyAll(changes)
    })
    if (unsaid > indexed || (isGone(changes) && guarded(segments.isTight))) makeRoom()
    else tend()
  }

  function sayNow(said: Said): boolean {
    try {
      segments.writeNow({ kind: 'changes', letter: 0, head: write(said), body: nothing })
      return true
    } catch (cause) {
      if (cause instanceof SpoolFull) return false
      throw cause
    }
  }

  async function flush(): Promise<void> {
    if (failure) throw failure.cause
    await segments.flush().catch(fail)
    await heard(unsaid)
  }

  /** Of the records that only the index has, so many are on the disk. */
  async function heard(wanted: number): Promise<void> {
    if (indexed >= wanted) return
    await (checking ?? check())
    return heard(wanted)
  }

  function applyAll(changes: readonly Change[]): void {
    for (const change of changes) {
      const place = change.kind === 'gone' ? catalogue.place(change.letter) : undefined
      catalogue.apply(change)
      if (!place) continue
      letters.forget(place.letter)
      living -= place.size
      for (const segment of segmentsOf(place, segments.size)) segments.unpin(segment)
    }
  }

  /** Commits now and then; and makes the index durable when spare segments run low, so that old ones can be used again. */
  function tend(): void {
    if (failure) return
    if (catalogue.pending() >= refused + commitEvery) commitIfRoom()
    const segment = segmentOf(segments.end(), segments.size)
    if (segment === tended || checking || segments.spares() >= enoughSpares) return
    tended = segment
    void check().catch(() => undefined)
  }

  /** Rejects with SpoolFull if the index finds no room. */
  function check(): Promise<void> {
    const checked = checkpoint()
      .catch((cause: unknown) => {
        orFull(cause)
        throw cause
      })
      .finally(() => {
        checking = undefined
        if (!again) return
        again = false
        makeRoom()
      })
    checking = checked.catch(() => undefined)
    return checked
  }

  /** Commits what the index has seen; throws SpoolFull if it cannot now. */
  function commit(): Position {
    const seen = Math.min(segments.end(), ...arriving)
    try {
      guarded(() => catalogue.commit({ seen, next, spent }))
      refused = 0
      return seen
    } catch (cause) {
      refused = catalogue.pending()
      throw cause
    }
  }

  function commitIfRoom(): void {
    try {
      commit()
    } catch (cause) {
      orFull(cause)
    }
  }

  /** A full disk is no broken one. */
  function orFull(cause: unknown): void {
    if (!(cause instanceof SpoolFull)) fail(cause)
    disk.full()
  }

  async function checkpoint(): Promise<void> {
    const seen = commit()
    const [told, dead] = [unsaid, segments.dead(seen)]
    await catalogue.sync()
    indexed = told
    segments.reuse(dead)
    await compact({ segments, catalogue, living, arriving, now: () => ({ spent, next }), moved: letters.forget })
  }

  /** Somebody was refused or would be, or a letter has left a full disk: looks for segments to use again even though the log did not go on to another, and though there are spare ones. */
  function makeRoom(): void {
    if (failure) return
    if (checking) again = true
    else if (segments.isCrowded() || unsaid > indexed || segments.dead(segments.end()).length > 0) void check().catch(() => undefined)
  }

  if (segments.dead(segments.end()).length > 0) await check().catch(() => undefined)
  if (!segments.hasRoom()) disk.full()

  return {
    found,
    open: writing,
    record,
    flush,
    head: (letter) => letters.head(letter)?.letter,
    content: letters.content,
    row: catalogue.row,
    rows: catalogue.rows,
    lasts: catalogue.lasts,
    next: catalogue.next,
    earliest: catalogue.earliest,
    waitsSince: catalogue.waitsSince,
    aged: catalogue.aged,
    unfinished: catalogue.unfinished,
    letters: catalogue.letters,
    counts: catalogue.counts,
    backlog: catalogue.backlog,
    ledger: catalogue.ledger,
    served: catalogue.served,
    fact: catalogue.fact,
    facts: catalogue.facts,
    room: segments.room,
    hasRoom,
    written() {
      const [a, b] = [segments.written(), catalogue.written()]
      return { octets: a.octets + b.octets, flushes: a.flushes + b.flushes }
    },
    async close() {
      if (!failure) {
        await flush().catch(orFull)
        commitIfRoom()
      }
      again = false
      await checking
      failure ??= { cause: new Error('the spool is closed') }
      catalogue.close()
      segments.close()
    },
  }
}

function isGone(changes: readonly Change[]): boolean {
  return changes.some(({ kind }) => kind === 'gone')
}

function endProcess(cause: unknown): void {
  queueMicrotask(() => {
    throw cause
  })
}
