/**
 * The end of DATA and its transparency (RFC 5321 §4.5.2). Only CR LF . CR LF ends a letter, and only a dot behind CR LF
 * is taken off: a bare LF is no line end here, so no client's text can end a letter early or lose a dot (lines.ts
 * repairs it afterwards). Knows octets in any cut, and holds at most the three that may still become the end.
 */

export type Undotted = {
  /** What the letter gained; empty if nothing is certain yet. */
  readonly content: Uint8Array
  /** Set once the end was met: what the client sent behind it. */
  readonly rest?: Uint8Array
}

/** `line`: within one · `cr` · `start`: of a line · `dot`: at the start · `dotCr`: and CR behind it. */
type Place = 'line' | 'cr' | 'start' | 'dot' | 'dotCr'

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const lineWithDot = Buffer.from('\r\n.')

/** Takes the dots off, octets in, content out, until `rest` is there. */
export function dotDecoder(): (octets: Uint8Array) => Undotted {
  let place: Place = 'start'
  return (octets) => {
    const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
    const pieces: Uint8Array[] = []
    let from = 0
    let at = 0
    while (at < buffer.length) {
      if (place === 'line') {
        const next = buffer.indexOf(lineWithDot, at)
        if (next < 0) {
          place = placeAtEnd(buffer, at)
          break
        }
        pieces.push(buffer.subarray(from, next + 2))
        at = next + 3
        from = at
        place = 'dot'
        continue
      }
      const octet = buffer[at] ?? 0
      if (place === 'dotCr' && octet === LF) {
        return { content: joined(pieces), rest: octets.subarray(at + 1) }
      }
      if (place === 'start' && octet === DOT) {
        pieces.push(buffer.subarray(from, at))
        from = at + 1
      }
      if (place === 'dot' && octet === CR) {
        from = at + 1
      }
      if (place === 'dotCr') {
        pieces.push(Uint8Array.of(CR))
        from = at
      }
      place = step(place, octet)
      at++
    }
    if (from < buffer.length) pieces.push(buffer.subarray(from))
    return { content: joined(pieces) }
  }
}

function step(place: Place, octet: number): Place {
  if (octet === CR) return place === 'dot' ? 'dotCr' : 'cr'
  if (octet === LF) return place === 'cr' ? 'start' : 'line'
  return place === 'start' && octet === DOT ? 'dot' : 'line'
}

/** Where a piece without any CR LF . leaves off. */
function placeAtEnd(buffer: Buffer, from: number): Place {
  const last = buffer.length - 1
  if (buffer[last] === CR) return 'cr'
  return buffer[last] === LF && last > from && buffer[last - 1] === CR ? 'start' : 'line'
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces)
}
