/** Letters given back from the log: what was said of each, and its octets. Promises that nothing is written over while somebody reads it. */
import type { Catalogue } from './catalogue.ts'
import { read, type Said, segmentOf } from './said.ts'
import type { Position, Segments } from './segments.ts'
import { formatId } from './store.ts'

/** What a letter's record says, and where that lies. */
export type Known = Said & { readonly at: Position }

export interface Reading {
  /** Throws if the disk gives something else back than was written. */
  head(letter: number): Known | undefined
  content(letter: number, from?: number): AsyncIterable<Uint8Array>
  remember(letter: number, said: Known): void
  /** It is gone, or lies elsewhere now. */
  forget(letter: number): void
}

/** Heads kept parsed, more than a courier has in hand at once, and how many copies one may have for that. */
const rememberedHeads = 64
const rememberedCopies = 100

/** `chunk`: octets of a letter in one record. */
export function reading(
  segments: Pick<Segments, 'read' | 'readNow' | 'pin' | 'unpin' | 'size'>,
  catalogue: Pick<Catalogue, 'place'>,
  chunk: number,
): Reading {
  const heads = new Map<number, Known>()

  function head(letter: number): Known | undefined {
    const known = heads.get(letter)
    if (known) return known
    const place = catalogue.place(letter)
    if (!place) return undefined
    const said = { ...read(segments.readNow(place.at)), at: place.at }
    remember(letter, said)
    return said
  }

  function remember(letter: number, said: Known): void {
    if ((said.letter?.copies.length ?? 0) <= rememberedCopies) heads.set(letter, said)
    for (const first of heads.keys()) if (heads.size > rememberedHeads) heads.delete(first)
  }

  async function* content(letter: number, from = 0): AsyncIterable<Uint8Array> {
    const said = head(letter)
    if (!said) throw new Error(`letter ${formatId(letter)} is not there`)
    const all = [...(said.chunks ?? []), said.at]
    const first = Math.min(Math.floor(from / chunk), all.length - 1)
    for (const at of all) segments.pin(segmentOf(at, segments.size))
    try {
      for (const [n, at] of all.slice(first).entries()) {
        const { body, letter: owner } = await segments.read(at)
        if (owner !== letter) throw new Error(`the spool holds letter ${formatId(owner)} where ${formatId(letter)} should be`)
        const skipped = Math.max(0, from - (first + n) * chunk)
        if (skipped < body.length) yield body.subarray(skipped)
      }
    } finally {
      for (const at of all) segments.unpin(segmentOf(at, segments.size))
    }
  }

  return { head, content, remember, forget: (letter) => void heads.delete(letter) }
}
