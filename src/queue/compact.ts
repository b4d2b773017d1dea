/**
 * Letters that stay for days must not keep whole segments of what has long left from being used again: when the log has outgrown its
 * pool and is mostly empty, the few letters of its emptiest segment are written again at its end. A letter is never in one place only
 * by half: the index learns of the new place when it has been flushed, and a start that finds both takes the later.
 */
import type { Catalogue, Lying, Place } from './catalogue.ts'
import { SpoolFull } from './intake.ts'
import type { LogRecord } from './record.ts'
import type { Spent } from './retry.ts'
import { placeOf, read, segmentOf, segmentsOf, write } from './said.ts'
import type { Position, Segments } from './segments.ts'
import type { Change } from './store.ts'

export type CompactOptions = {
  readonly segments: Segments
  readonly catalogue: Catalogue
  /** Octets of content of all letters. */
  readonly living: number
  /** Letter records that were written and are not yet in the index. */
  readonly arriving: Set<Position>
  readonly now: () => { readonly spent: Spent; readonly next: number }
  readonly moved: (letter: number) => void
}

/** Letters are moved if less than this part of the log is in use. */
const emptyEnough = 0.5
/** Nor is a segment emptied that is fuller than this. */
const sparse = 0.25

/** Empties one segment, if that is worth while. */
export async function compact(options: CompactOptions): Promise<void> {
  const { segments, catalogue, living } = options
  // While the log is full of letters, as in a rush, none of them is looked at.
  if (!segments.isCrowded() || living > segments.used() * segments.size * emptyEnough) return
  for (const place of emptiest(segments, catalogue)) if (!(await move(place, options))) return
}

type Use = { octets: number; readonly places: Lying[] }

/** The letters of the segment with the fewest octets in use; none if it is the segment being written. */
function emptiest(segments: Segments, catalogue: Catalogue): readonly Lying[] {
  const uses = new Map<number, Use>()
  for (const place of catalogue.places()) {
    const own = segmentsOf(place, segments.size)
    for (const segment of own) {
      const use = uses.get(segment) ?? { octets: 0, places: [] }
      use.octets += place.size / own.length
      use.places.push(place)
      uses.set(segment, use)
    }
  }
  uses.delete(segmentOf(segments.end(), segments.size))
  const few = [...uses.values()].filter(({ octets }) => octets < segments.size * sparse)
  const [least] = few.filter(({ places }) => places.every((place) => place.size <= segments.size)).sort((a, b) => a.octets - b.octets)
  return least?.places ?? []
}

/** False if there is no room to move. */
async function move(place: Place, options: CompactOptions): Promise<boolean> {
  const copies: Position[] = []
  try {
    return await moveLetter(place, options, copies)
  } finally {
    for (const at of copies) options.segments.unpin(segmentOf(at, options.segments.size))
  }
}

async function moveLetter(
  place: Place,
  { segments, catalogue, arriving, now, moved }: CompactOptions,
  copies: Position[],
): Promise<boolean> {
  const { letter } = place
  const stays = (): boolean => catalogue.place(letter)?.at === place.at
  const last = await readable(segments, place.at)
  if (!last) return true
  const said = read(last)
  for (const at of said.chunks ?? []) {
    const chunk = await readable(segments, at)
    if (!chunk) return true
    const copied = copy(chunk, segments, copies)
    if (!copied) return false
    await copied.done
  }
  if (!stays()) return true
  const changes = catalogue.rows(letter).map(({ id, state }): Change => ({ kind: 'delivery', id, state }))
  const written = copy({ ...last, head: write({ ...said, ...now(), chunks: [...copies], moved: true, changes }) }, segments, copies)
  if (!written) return false
  arriving.add(written.at)
  await written.done
  await segments.flush()
  arriving.delete(written.at)
  if (!stays()) return true
  const there = placeOf(letter, written.at, copies, segments.size)
  catalogue.move(there)
  for (const segment of segmentsOf(there, segments.size)) segments.pin(segment)
  for (const segment of segmentsOf(place, segments.size)) segments.unpin(segment)
  moved(letter)
  return true
}

/** Writes a record again and pins it; undefined if there is no room. */
function copy(record: LogRecord, segments: Segments, copies: Position[]): ReturnType<Segments['write']> | undefined {
  try {
    const written = segments.write(record)
    segments.pin(segmentOf(written.at, segments.size))
    copies.push(written.at)
    return written
  } catch (cause) {
    if (cause instanceof SpoolFull) return undefined
    throw cause
  }
}

/** What is damaged stays where it is: whoever wants to read it will say so. */
async function readable(segments: Segments, at: Position): Promise<LogRecord | undefined> {
  try {
    return await segments.read(at)
  } catch {
    return undefined
  }
}
