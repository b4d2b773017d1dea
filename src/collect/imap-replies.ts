/**
 * What an IMAP server's octets say (RFC 9051 §2.2.2, RFC 3501 §7): responses, which are lines that literals may interrupt. Octets
 * come in any pieces; literals leave as they come, byte for byte, and nothing but an unfinished line is held, which is bounded.
 */

/** What is to be read next: a response's last line, all of its text together, or a literal ahead of which `before` was said. */
export type Heard =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'literal'; readonly before: string; readonly size: number }

/** A reader that is told octets and asked for what they mean. Text is Latin-1, so that every octet survives. */
export interface ResponseReader {
  /** All of the previous chunk must have been read. */
  push(octets: Uint8Array): void
  /** 'nonsense' is a response without end; undefined: more octets are needed. Behind a literal: when all of it has been read. */
  next(): Heard | 'nonsense' | undefined
  /** The next piece of the literal, 'end' behind its last, or undefined: more octets are needed. */
  literal(): Uint8Array | 'end' | undefined
  /** What was pushed and not read; it is forgotten here. */
  rest(): Uint8Array
}

/** Octets of a response, literals not counted: some 10,000 numbers. A server that says more is not answering us. */
const longestResponse = 128 * 1024

/** Literals in one response. */
const mostLiterals = 32

/** What stands in a response's text where a literal was. */
export const literalMark = '{}'

const LF = 0x0a

export function responseReader(): ResponseReader {
  let buffer: Buffer = Buffer.alloc(0)
  let at = 0
  let text = ''
  let left = 0
  let literals = 0

  return {
    push(octets) {
      buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
      at = 0
    },
    next() {
      const end = buffer.indexOf(LF, at)
      const stop = end < 0 ? buffer.length : end + 1
      if (text.length + stop - at > longestResponse || literals > mostLiterals) return 'nonsense'
      text += buffer.toString('latin1', at, stop)
      at = stop
      if (end < 0) return undefined
      const line = text.replace(/\r?\n$/, '')
      const size = literalAhead(line)
      text = ''
      literals = size === undefined ? 0 : literals + 1
      if (size === undefined) return { kind: 'line', text: line }
      const before = line.slice(0, line.lastIndexOf('{'))
      left = size
      text = before + literalMark
      return { kind: 'literal', before, size }
    },
    literal() {
      if (left === 0) return 'end'
      const piece = buffer.subarray(at, at + left)
      at += piece.length
      left -= piece.length
      return piece.length === 0 ? undefined : piece
    },
    rest() {
      const rest = buffer.subarray(at)
      at = buffer.length
      text = ''
      return rest
    },
  }
}

/** The octets of a literal that follows this line. Only data have any: what a status says for people may end as it likes. */
function literalAhead(line: string): number | undefined {
  if (!line.endsWith('}') || !/^\* (?!(?:OK|NO|BAD|BYE|PREAUTH) )/i.test(line)) return undefined
  const size = /\{(\d{1,12})\+?\}$/.exec(line)?.[1]
  return size === undefined ? undefined : Number(size)
}

/** One response without its literals. */
export type Response =
  | { readonly kind: 'tagged'; readonly tag: string; readonly status: Status }
  | { readonly kind: 'status'; readonly status: Status }
  /** Without the `* `. */
  | { readonly kind: 'data'; readonly text: string }
  | { readonly kind: 'continue'; readonly text: string }

export type Status = {
  readonly word: 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH'
  /** What stands in brackets: `UIDVALIDITY 7`, `AUTHENTICATIONFAILED`; '' for none. */
  readonly code: string
  /** For people and logs. */
  readonly text: string
}

/** Undefined for what is none. */
export function responseOf(line: string): Response | undefined {
  const plus = /^\+(?: (.*))?$/s.exec(line)
  if (plus) return { kind: 'continue', text: plus[1] ?? '' }
  const [, tag, rest] = /^(\*|[!-~]{1,20}) (.+)$/s.exec(line) ?? []
  if (tag === undefined || rest === undefined) return undefined
  const status = statusOf(rest)
  if (tag === '*') return status ? { kind: 'status', status } : { kind: 'data', text: rest }
  return status && { kind: 'tagged', tag, status }
}

function statusOf(text: string): Status | undefined {
  const [, word, code, rest] = /^(OK|NO|BAD|BYE|PREAUTH)(?: +\[([^\]]*)\])?(?: +(.*))?$/is.exec(text) ?? []
  if (word === undefined) return undefined
  return { word: word.toUpperCase() as Status['word'], code: code?.trim() ?? '', text: speakable(rest ?? '') }
}

/** The server's words as a log may carry them. */
export function speakable(text: string): string {
  const clean = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim()
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean
}
