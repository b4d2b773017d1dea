/**
 * A letter's octets on their way to the wire, as they stream: every line ends with CRLF, so that no bare CR or LF can smuggle
 * a second letter past the next server, and the last line ends too. Then dots (RFC 5321 §4.5.2) or chunks (RFC 3030). Pure.
 */

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const lineEnd: Uint8Array = Buffer.from('\r\n')

/** The same content with CRLF alone as line end. Clean content passes through as the very same octets. */
export async function* cleaned(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = false
  let ended = true
  for await (const octets of content) {
    if (octets.length === 0) continue
    const whole: Uint8Array = held ? Buffer.concat([lineEnd.subarray(0, 1), octets]) : octets
    held = whole.at(-1) === CR
    const certain = held ? whole.subarray(0, -1) : whole
    if (certain.length === 0) continue
    ended = certain.at(-1) === LF
    yield isClean(certain) ? certain : mended(certain)
  }
  if (held || !ended) yield lineEnd
}

/** Dots at the beginning of a line doubled; the content must be clean. The final dot is the caller's. */
export async function* dotted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let fresh = true
  for await (const octets of content) {
    const pieces: Uint8Array[] = []
    let from = 0
    for (let at = fresh && octets[0] === DOT ? 0 : nextDot(octets, 0); at >= 0; at = nextDot(octets, at)) {
      pieces.push(octets.subarray(from, at + 1))
      from = at
    }
    fresh = octets.at(-1) === LF
    yield pieces.length === 0 ? octets : Buffer.concat([...pieces, octets.subarray(from)])
  }
}

export type Chunk = { readonly octets: Uint8Array; readonly last: boolean }

/** Pieces of exactly `size` octets, all but the last; a last one always comes, empty for an empty letter. */
export async function* chunked(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Chunk> {
  let held: Uint8Array[] = []
  let length = 0
  for await (const octets of content) {
    held.push(octets)
    length += octets.length
    if (length <= size) continue
    const all = Buffer.concat(held)
    let from = 0
    for (; all.length - from > size; from += size) yield { octets: all.subarray(from, from + size), last: false }
    held = [all.subarray(from)]
    length = all.length - from
  }
  yield { octets: Buffer.concat(held), last: true }
}

/** The place of the next dot that begins a line, behind `from`. */
function nextDot(octets: Uint8Array, from: number): number {
  for (let at = octets.indexOf(LF, from); at >= 0; at = octets.indexOf(LF, at + 1)) {
    if (octets[at + 1] === DOT) return at + 1
  }
  return -1
}

function isClean(octets: Uint8Array): boolean {
  for (let at = 0; at < octets.length; at++) {
    if (octets[at] === LF && octets[at - 1] !== CR) return false
    if (octets[at] === CR && octets[at + 1] !== LF) return false
  }
  return true
}

function mended(octets: Uint8Array): Uint8Array {
  const clean = new Uint8Array(octets.length * 2)
  let length = 0
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? 0
    if (octet === LF && octets[at - 1] === CR) continue
    if (octet === CR || octet === LF) {
      clean[length++] = CR
      clean[length++] = LF
    } else clean[length++] = octet
  }
  return clean.subarray(0, length)
}
