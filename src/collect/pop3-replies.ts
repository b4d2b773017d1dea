/**
 * What a POP3 server's octets say (RFC 1939 §3): status lines, and bodies that end at CRLF.CRLF with their dot-stuffing
 * taken back. Octets come in any pieces, bodies leave as they come, byte for byte; nothing but an unfinished line is held.
 */

/** A reader that is told octets and asked for what they mean; the asker knows whether a line or a body is due. */
export interface ReplyReader {
  /** Takes the chunk over and may change it. All of the previous one must have been read. */
  push(octets: Uint8Array): void
  /** The next line without its end (LF alone is forgiven here), 'overlong', or undefined: more octets are needed. */
  line(): { readonly text: string } | 'overlong' | undefined
  /** The next piece of the body, 'end' behind its last, or undefined: more octets are needed. One piece a chunk. */
  body(): Uint8Array | 'end' | undefined
  /** Forgets what was pushed and not read: plaintext injected ahead of TLS (RFC 2595 §4). True if there was any. */
  drop(): boolean
}

/** RFC 2449 §4 says 512; a server that says more than this is not talking POP3. */
const longestLine = 4096

/** Where in a body we stand: `middle` of a line, behind its `cr`, at the `start` of one, behind a `dot` that starts it, behind that dot's `dotcr`. */
type Place = 'middle' | 'cr' | 'start' | 'dot' | 'dotcr'

const [CR, LF, DOT] = [0x0d, 0x0a, 0x2e]
const lineThenDot = Buffer.from('\r\n.')

export function replyReader(): ReplyReader {
  let buffer: Buffer = Buffer.alloc(0)
  let at = 0
  let partial = ''
  let place: Place = 'start'

  const line: ReplyReader['line'] = () => {
    const end = buffer.indexOf(LF, at)
    partial += buffer.toString('latin1', at, Math.min(end < 0 ? buffer.length : end, at + longestLine + 1))
    at = end < 0 ? buffer.length : end + 1
    if (partial.length > longestLine) return 'overlong'
    if (end < 0) return undefined
    const text = Buffer.from(partial.replace(/\r$/, ''), 'latin1').toString('utf8')
    partial = ''
    return { text }
  }

  /** Walks to the end of the chunk or of the body, closing the gaps that taken-back dots leave. */
  const body: ReplyReader['body'] = () => {
    if (place === 'dotcr' && at < buffer.length && buffer[at] !== LF) {
      place = 'cr'
      return Buffer.of(CR)
    }
    const begin = at
    let written = at
    const keep = (end: number) => {
      if (written !== at) buffer.copyWithin(written, at, end)
      written += end - at
      at = end
    }
    while (at < buffer.length) {
      const octet = buffer[at]
      if (place === 'start' && octet === DOT) {
        at += 1
        place = 'dot'
      } else if (place === 'dot' && octet === CR && at + 1 === buffer.length) {
        at += 1
        place = 'dotcr'
      } else if (place === 'dotcr' || (place === 'dot' && octet === CR && buffer[at + 1] === LF)) {
        if (written > begin) break
        at += place === 'dot' ? 2 : 1
        place = 'start'
        return 'end'
      } else if (place === 'cr' && octet === LF) {
        keep(at + 1)
        place = 'start'
      } else {
        const stop = buffer.indexOf(lineThenDot, at)
        place = stop < 0 ? placeAfter(buffer) : 'start'
        keep(stop < 0 ? buffer.length : stop + 2)
      }
    }
    return written > begin ? buffer.subarray(begin, written) : undefined
  }

  return {
    push(octets) {
      buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
      at = 0
    },
    line,
    body,
    drop() {
      const any = at < buffer.length || partial !== ''
      at = buffer.length
      partial = ''
      return any
    },
  }
}

function placeAfter(chunk: Buffer): Place {
  if (chunk[chunk.length - 1] === CR) return 'cr'
  return chunk[chunk.length - 1] === LF && chunk[chunk.length - 2] === CR ? 'start' : 'middle'
}

export type Status = {
  readonly ok: boolean /** RFC 2449 §8, 3206: `IN-USE`, `SYS/TEMP`, upper case; '' for none. */
  readonly code: string
  readonly text: string
}

/** A status line; undefined for what is none. `+ …`, which only AUTH knows, is `challengeOf`'s. */
export function statusOf(line: string): Status | undefined {
  const parts = /^(\+OK|-ERR)(?:[ \t]+(.*))?$/i.exec(line)
  if (!parts) return undefined
  const rest = /^\[([^\]]{1,60})\]\s*(.*)$/.exec(parts[2] ?? '')
  return { ok: parts[1]?.startsWith('+') === true, code: rest?.[1]?.toUpperCase() ?? '', text: speakable(rest?.[2] ?? parts[2] ?? '') }
}

/** The base64 behind `+ ` (RFC 5034 §4). */
export function challengeOf(line: string): Uint8Array | undefined {
  const parts = /^\+(?: +([A-Za-z0-9+/=]*))?\s*$/.exec(line)
  return parts ? Buffer.from(parts[1] ?? '', 'base64') : undefined
}

/** The server's words as a log may carry them. */
export function speakable(text: string): string {
  const clean = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim()
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean
}

/** The timestamp in a greeting that allows APOP (RFC 1939 §7). */
export function timestampOf(greeting: string): string | undefined {
  return /<[^<>\s]+@[^<>\s]*>/.exec(greeting)?.[0]
}

/** Keyword → its parameters, as CAPA lists them (RFC 2449 §5), upper case. */
export type Capabilities = ReadonlyMap<string, readonly string[]>

export function capabilitiesOf(lines: readonly string[]): Capabilities {
  return new Map(
    lines.map((line) => line.trim().toUpperCase().split(/\s+/)).flatMap(([name, ...rest]) => (name ? [[name, rest] as const] : [])),
  )
}

/** What STAT says (RFC 1939 §5). */
export type Total = { readonly letters: number; readonly octets: number }

/** Undefined for what makes no sense, or is more than any box holds. */
export function totalOf(text: string): Total | undefined {
  const parts = /^(\d{1,6}) (\d{1,15})(?:\s|$)/.exec(text)
  return parts ? { letters: Number(parts[1]), octets: Number(parts[2]) } : undefined
}

/** `number octets` (LIST) as a map; lines that make no sense are left out. */
export function sizesOf(rows: readonly (readonly string[])[]): ReadonlyMap<number, number> {
  return new Map(rows.flatMap(([number, size]) => (isCount(number) && isCount(size) ? [[Number(number), Number(size)] as const] : [])))
}

/**
 * `number unique-id` (UIDL) as a map, holding only ids that can be relied on: a line without an id, an id too long for
 * anybody, and ids that two letters share are left out; and all of them where the ids are just the letters' numbers.
 */
export function uidlsOf(rows: readonly (readonly string[])[]): ReadonlyMap<number, string> {
  const pairs = rows.flatMap(([number, uidl]) =>
    isCount(number) && uidl !== undefined && isUidl(uidl) ? [[Number(number), uidl] as const] : [],
  )
  if (pairs.length > 0 && pairs.every(([number, uidl]) => String(number) === uidl)) return new Map()
  const seen = new Map<string, number>()
  for (const [, uidl] of pairs) seen.set(uidl, (seen.get(uidl) ?? 0) + 1)
  const numbers = new Map<number, number>()
  for (const [number] of pairs) numbers.set(number, (numbers.get(number) ?? 0) + 1)
  return new Map(pairs.filter(([number, uidl]) => seen.get(uidl) === 1 && numbers.get(number) === 1))
}

/** RFC 1939 §7 allows 70 characters; servers have been seen with more. */
function isUidl(text: string): boolean {
  return /^[\x21-\x7e]{1,250}$/.test(text)
}

function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,12}$/.test(text)
}
