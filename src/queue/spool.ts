/**
 * The store on flash: log and index put together. Every letter and every change goes to the log first and is then applied to the index;
 * a start reads again what the index had not yet committed. Measured on ext4 (test/bench/flash.ts), this writes a third less than notes
 * and settlements committed in SQLite would, lets them share their flush with the letters that come in, and never blocks on it.
 * Promises the table in store.ts.
 */
import type { Log } from '../log/events.ts'
import type { Catalogue } from './catalogue.ts'
import { compact } from './compact.ts'
import { gather } from './gather.ts'
import { SpoolFull } from './intake.ts'
import type { LogRecord } from './record.ts'
import { recover } from './recover.ts'
import type { Spent } from './retry.ts'
import { latest, placeOf, read, type Said, segmentOf, segmentsOf, write } from './said.ts'
import type { Placed, Position, Segments } from './segments.ts'
import { type Change, firstRows, formatId, type Store, type Writing } from './store.ts'

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
const enoughSpares = 3
/** Heads kept parsed, more than a courier has in hand at once, and how many copies one may have for that. */
const rememberedHeads = 64
const rememberedCopies = 100
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
  let tended = segmentOf(segments.end(), segments.size)
  const arriving = new Set<Position>()
  const heads = new Map<number, Said & { readonly at: Position }>()

  await segments.flush()
  catalogue.commit({ seen: segments.end(), next, spent })
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

  function writing(letter: number): Writing {
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
        if (cause instanceof SpoolFull) makeRoom()
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
        arriving.delete(at)
        spent = latest(spent, head.spent)
        guarded(() => {
          const place = placeOf(letter, at, chunks, segments.size)
          catalogue.insert(place, rows)
          if (rows.length > 0) {
            living += head.size
            rememberHead(letter, { ...said, at })
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

  function record(changes: readonly Change[], now: Spent): void {
    guarded(() => {
      const said: Said = { changes, spent: now, next }
      spent = latest(spent, now)
      segments.writeNow({ kind: 'changes', letter: 0, head: write(said), body: nothing })
      applyAll(changes)
    })
    tend()
  }

  function applyAll(changes: readonly Change[]): void {
    for (const change of changes) {
      const place = change.kind === 'gone' ? catalogue.place(change.letter) : undefined
      catalogue.apply(change)
      if (!place) continue
      heads.delete(place.letter)
      living -= place.size
      for (const segment of segmentsOf(place, segments.size)) segments.unpin(segment)
    }
  }

  /** Commits now and then; and makes the index durable when spare segments run low, so that old ones can be used again. */
  function tend(): void {
    if (failure) return
    if (catalogue.pending() >= commitEvery) guarded(commit)
    const segment = segmentOf(segments.end(), segments.size)
    if (segment === tended || checking || segments.spares() >= enoughSpares) return
    tended = segment
    checking = checkpoint()
      .catch(fail)
      .catch(() => undefined)
      .finally(() => {
        checking = undefined
      })
  }

  function commit(): Position {
    const seen = Math.min(segments.end(), ...arriving)
    catalogue.commit({ seen, next, spent })
    return seen
  }

  async function checkpoint(): Promise<void> {
    const seen = guarded(commit)
    const dead = segments.dead(seen)
    await catalogue.sync()
    segments.reuse(dead)
    await compact({ segments, catalogue, living, arriving, now: () => ({ spent, next }), moved: (letter) => heads.delete(letter) })
  }

  /** Somebody was refused: looks for segments to use again even though the log did not go on to another. */
  function makeRoom(): void {
    tended = 0
    tend()
  }

  function headOf(letter: number): (Said & { readonly at: Position }) | undefined {
    const known = heads.get(letter)
    if (known) return known
    const place = catalogue.place(letter)
    if (!place) return undefined
    const said = { ...read(segments.readNow(place.at)), at: place.at }
    rememberHead(letter, said)
    return said
  }

  function rememberHead(letter: number, said: Said & { readonly at: Position }): void {
    if ((said.letter?.copies.length ?? 0) <= rememberedCopies) heads.set(letter, said)
    for (const first of heads.keys()) if (heads.size > rememberedHeads) heads.delete(first)
  }

  /** While somebody reads, nothing of the letter is written over, even if it leaves. */
  async function* content(letter: number, from = 0): AsyncIterable<Uint8Array> {
    const said = headOf(letter)
    if (!said) throw new Error(`letter ${formatId(letter)} is not there`)
    const all = [...(said.chunks ?? []), said.at]
    const first = Math.min(Math.floor(from / chunkSize), all.length - 1)
    for (const at of all) segments.pin(segmentOf(at, segments.size))
    try {
      for (const [n, at] of all.slice(first).entries()) {
        const { body, letter: owner } = await segments.read(at)
        if (owner !== letter) throw new Error(`the spool holds letter ${formatId(owner)} where ${formatId(letter)} should be`)
        const skipped = Math.max(0, from - (first + n) * chunkSize)
        if (skipped < body.length) yield body.subarray(skipped)
      }
    } finally {
      unpinAll(all)
    }
  }

  if (segments.dead(segments.end()).length > 0) await checkpoint()

  return {
    found,
    open: writing,
    record,
    flush: () => (failure ? Promise.reject(failure.cause) : segments.flush().catch(fail)),
    head: (letter) => headOf(letter)?.letter,
    content,
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
    written() {
      const [a, b] = [segments.written(), catalogue.written()]
      return { octets: a.octets + b.octets, flushes: a.flushes + b.flushes }
    },
    async close() {
      await checking
      if (!failure) {
        await segments.flush().catch(fail)
        guarded(commit)
        failure = { cause: new Error('the spool is closed') }
      }
      catalogue.close()
      segments.close()
    },
  }
}

function endProcess(cause: unknown): void {
  queueMicrotask(() => {
    throw cause
  })
}
