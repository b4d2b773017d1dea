/**
 * The store on flash: log and index put together. Every letter and every change goes to the log first and is then applied to the index;
 * a start reads again what the index had not yet committed. Measured on ext4 (test/bench/flash.ts), this writes a third less than notes
 * and settlements committed in SQLite would, lets them share their flush with the letters that come in, and never blocks on it.
 * Promises the table in store.ts.
 */
import type { Log } from '../log/events.ts'
import type { Catalogue, Place } from './catalogue.ts'
import { SpoolFull } from './intake.ts'
import type { LogRecord } from './record.ts'
import type { Spent } from './retry.ts'
import type { Logged, Position, Segments } from './segments.ts'
import { type Change, firstRows, type Found, type Head, type Store, type Writing } from './store.ts'

export type SpoolOptions = {
  readonly segments: Segments
  readonly catalogue: Catalogue
  readonly log: Log
  /** Told once when the disk breaks a promise; afterwards everything rejects. By default the process ends. */
  readonly broken?: (cause: unknown) => void
  /** Octets of a letter in one record; the same for all of a spool's life. */
  readonly chunk?: number
}

/** What a letter record's head says; what a record of changes says, but for letter and chunks. */
type Said = {
  readonly letter?: Head
  /** Positions of the full chunks before the record's own octets. */
  readonly chunks?: readonly Position[]
  readonly changes: readonly Change[]
  readonly spent: Spent
  readonly next: number
}

/** A chunk's record is a whole number of blocks if it could not be packed. */
const usualChunk = 64 * 1024 - 64

/** Applied changes that a kill -9 may make the next start read again. */
const commitEvery = 64
/** Spare segments from which on old ones need not be looked for. */
const enoughSpares = 3
/** Letter numbers that may have been given out after the last one the log knows. */
const unknownIds = 256
/** Heads kept parsed, and how many copies one may have for that. */
const rememberedHeads = 16
const rememberedCopies = 100
const nothing = new Uint8Array(0)

export async function openStore({
  segments,
  catalogue,
  log,
  broken = endProcess,
  chunk: chunkSize = usualChunk,
}: SpoolOptions): Promise<Store> {
  const found = recover(segments, catalogue, log)
  let { next, spent } = found
  let failure: { readonly cause: unknown } | undefined
  let checking: Promise<void> | undefined
  let tended = segmentOf(segments.end())
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

    async function chunk(): Promise<void> {
      const { at, done } = guarded(() => segments.write({ kind: 'chunk', letter, head: nothing, body: buffer.take() }))
      segments.pin(segmentOf(at))
      chunks.push(at)
      tend()
      await done.catch(fail)
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
        over = true
        const rows = firstRows(letter, head)
        const said: Said = { letter: head, chunks, changes, spent: head.spent, next }
        const { at, done } = guarded(() => segments.write({ kind: 'letter', letter, head: json(said), body: buffer.take() }))
        segments.pin(segmentOf(at))
        arriving.add(at)
        await done.catch(fail)
        log.instant('intake-written', { letter })
        await segments.flush().catch(fail)
        log.instant('kept', { letter })
        arriving.delete(at)
        spent = latest(spent, head.spent)
        guarded(() => {
          catalogue.insert({ letter, at, segments: others(chunks, at) }, rows)
          const once = others(chunks, at).concat(segmentOf(at))
          for (const segment of chunks.map(segmentOf).concat(segmentOf(at))) segments.unpin(segment)
          if (rows.length > 0) for (const segment of once) segments.pin(segment)
          applyAll(changes)
        })
        log.instant('indexed', { letter })
        const reported = changes.filter((change) => change.kind === 'reported')
        if (reported.length > 0) record(reported, head.spent)
        tend()
      },
      discard() {
        if (over) return
        over = true
        buffer.take()
        for (const at of chunks) segments.unpin(segmentOf(at))
      },
    }
  }

  function record(changes: readonly Change[], now: Spent): void {
    guarded(() => {
      const said: Said = { changes, spent: now, next }
      spent = latest(spent, now)
      segments.writeNow({ kind: 'changes', letter: 0, head: json(said), body: nothing })
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
      for (const segment of segmentsOf(place)) segments.unpin(segment)
    }
  }

  /** Commits now and then; and makes the index durable when spare segments run low, so that old ones can be used again. */
  function tend(): void {
    if (failure) return
    if (catalogue.pending() >= commitEvery) guarded(commit)
    const segment = segmentOf(segments.end())
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
  }

  function segmentOf(at: Position): number {
    return Math.floor(at / segments.size)
  }

  function segmentsOf({ at, segments }: Place): readonly number[] {
    return [segmentOf(at), ...segments]
  }

  function others(chunks: readonly Position[], at: Position): number[] {
    return [...new Set(chunks.map(segmentOf))].filter((segment) => segment !== segmentOf(at))
  }

  function headOf(letter: number): (Said & { readonly at: Position }) | undefined {
    const known = heads.get(letter)
    if (known) return known
    const place = catalogue.place(letter)
    if (!place) return undefined
    const said = { ...parsed(segments.readNow(place.at)), at: place.at }
    if ((said.letter?.copies.length ?? 0) <= rememberedCopies) heads.set(letter, said)
    for (const first of heads.keys()) if (heads.size > rememberedHeads) heads.delete(first)
    return said
  }

  async function* content(letter: number, from = 0): AsyncIterable<Uint8Array> {
    const said = headOf(letter)
    if (!said) throw new Error(`letter ${letter} is not there`)
    const places = [...(said.chunks ?? []), said.at]
    for (let n = Math.min(Math.floor(from / chunkSize), places.length - 1); n < places.length; n++) {
      const { body, letter: owner } = await segments.read(places[n] ?? said.at)
      if (owner !== letter) throw new Error(`the spool holds letter ${owner} where letter ${letter} should be`)
      const skipped = Math.max(0, from - n * chunkSize)
      if (skipped < body.length) yield body.subarray(skipped)
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
    aged: catalogue.aged,
    unfinished: catalogue.unfinished,
    letters: catalogue.letters,
    counts: catalogue.counts,
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

/** Reads the log behind the index's mark and applies it; everything behind it was promised, or may as well be. */
function recover(segments: Segments, catalogue: Catalogue, log: Log): Found {
  const mark = catalogue.mark
  let { next, spent } = mark ?? { next: 1, spent: { line: 0, running: 0 } }
  let letters = 0
  let records = 0
  for (const record of segments.scan(mark?.seen ?? 0)) {
    records++
    if (record.kind === 'chunk') {
      next = Math.max(next, record.letter + 1)
      continue
    }
    const said = parsed(record)
    next = Math.max(next, said.next, record.letter + 1)
    spent = latest(spent, said.spent)
    if (said.letter) {
      if (!isWhole(segments, said, record.letter)) continue
      for (const at of said.chunks ?? []) segments.suspect(at)
      catalogue.insert(placeOf(segments, record, said), firstRows(record.letter, said.letter))
      letters++
    }
    for (const change of said.changes) catalogue.apply(change)
  }
  const rebuilt = mark === undefined && letters > 0
  if (rebuilt) doubt(catalogue)
  if (records > 0) next += unknownIds
  segments.begin(mark?.seen ?? 0)
  pinAll(segments, catalogue, log)
  if (letters > 0)
    log.notice('spool-recovered', `${letters} letters that the queue's index had not yet seen were found in its log.`, { letters })
  return { next, spent, rebuilt }
}

/** Chunks that a power cut kept from the disk were never promised. */
function isWhole(segments: Segments, { chunks = [] }: Said, letter: number): boolean {
  try {
    return chunks.every((at) => segments.readNow(at).letter === letter)
  } catch {
    return false
  }
}

function placeOf(segments: Segments, { at, letter }: Logged, { chunks = [] }: Said): Place {
  const own = Math.floor(at / segments.size)
  const all = new Set(chunks.map((chunk) => Math.floor(chunk / segments.size)))
  return { letter, at, segments: [...all].filter((segment) => segment !== own) }
}

/** Without the old index nobody knows which copies have been delivered since their last word in the log. */
function doubt(catalogue: Catalogue): void {
  for (const { letter } of Array.from(catalogue.places())) {
    for (const { id, state } of catalogue.rows(letter)) {
      if (state.kind === 'waiting' || state.kind === 'held') {
        catalogue.apply({ kind: 'delivery', id, state: { interrupted: 'index lost', ...state } })
      }
    }
  }
}

function pinAll(segments: Segments, catalogue: Catalogue, log: Log): void {
  for (const { letter, at, segments: others } of catalogue.places()) {
    try {
      for (const segment of [Math.floor(at / segments.size), ...others]) segments.pin(segment)
    } catch (cause) {
      log.error('letter-lost', `The spool no longer has letter ${letter.toString(16).toUpperCase()}: ${String(cause)}`)
    }
  }
}

/** Octets of one chunk on their way; grows to its size only when they do. */
function gather(chunkSize: number) {
  let octets = Buffer.alloc(0)
  let length = 0
  return {
    /** Takes what there is room for; how much that was. */
    add(more: Uint8Array): number {
      const taken = Math.min(more.length, chunkSize - length)
      if (length + taken > octets.length) {
        const larger = Buffer.alloc(Math.min(chunkSize, Math.max(8192, 2 * octets.length, length + taken)))
        larger.set(octets.subarray(0, length))
        octets = larger
      }
      octets.set(more.subarray(0, taken), length)
      length += taken
      return taken
    },
    take(): Uint8Array {
      const taken = octets.subarray(0, length)
      octets = Buffer.alloc(0)
      length = 0
      return taken
    },
  }
}

function latest(a: Spent, b: Spent): Spent {
  return { line: Math.max(a.line, b.line), running: Math.max(a.running, b.running) }
}

function parsed(record: LogRecord): Said {
  return JSON.parse(Buffer.from(record.head).toString()) as Said
}

function json(said: Said): Uint8Array {
  return Buffer.from(JSON.stringify(said))
}

function endProcess(cause: unknown): void {
  queueMicrotask(() => {
    throw cause
  })
}
