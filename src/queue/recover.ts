/**
 * A start: reads the log behind the index's mark and applies it, so that the index is where the last life was. An index that was lost is
 * made again from the whole log; then every copy that the log does not prove settled may have been delivered before, and is marked so.
 */
import type { Log } from '../log/events.ts'
import type { Catalogue } from './catalogue.ts'
import { latest, placeOf, read, type Said, segmentsOf } from './said.ts'
import type { Segments } from './segments.ts'
import { firstRows, formatId, type Found } from './store.ts'

/** Letter numbers that may have been given out after the last one the log knows. */
const unknownIds = 256

/** What is behind the mark was promised, or may as well be: a letter that is whole is ours. Takes up the log and pins what is needed; `living` is how much that is, in octets of content. */
export function recover(segments: Segments, catalogue: Catalogue, log: Log): { readonly found: Found; readonly living: number } {
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
    const said = read(record)
    next = Math.max(next, said.next, record.letter + 1)
    spent = latest(spent, said.spent)
    if (said.letter) {
      if (!isWhole(segments, said, record.letter)) continue
      for (const at of said.chunks ?? []) segments.suspect(at)
      const place = placeOf(record.letter, record.at, said.chunks ?? [], segments.size)
      catalogue.insert(place, firstRows(record.letter, said.letter))
      if (said.moved) catalogue.move(place)
      letters++
    }
    for (const change of said.changes) catalogue.apply(change)
  }
  const rebuilt = mark === undefined && letters > 0
  if (rebuilt) doubt(catalogue)
  if (records > 0) next += unknownIds
  segments.begin(mark?.seen ?? 0)
  const living = pinAll(segments, catalogue, log)
  if (letters > 0)
    log.notice('spool-recovered', `${letters} letters that the queue's index had not yet seen were found in its log.`, { letters })
  return { found: { next, spent, rebuilt }, living }
}

/** Chunks that a power cut kept from the disk were never promised. */
function isWhole(segments: Segments, { chunks = [] }: Said, letter: number): boolean {
  try {
    return chunks.every((at) => segments.readNow(at).letter === letter)
  } catch {
    return false
  }
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

function pinAll(segments: Segments, catalogue: Catalogue, log: Log): number {
  let living = 0
  for (const place of catalogue.places()) {
    living += place.size
    try {
      for (const segment of segmentsOf(place, segments.size)) segments.pin(segment)
    } catch (cause) {
      log.error('letter-lost', `The spool no longer has letter ${formatId(place.letter)}: ${String(cause)}`)
    }
  }
  return living
}
