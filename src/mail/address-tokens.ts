/**
 * The words and signs of an address field (RFC 5322 §3.2), with their places in its raw octets. Blanks, folds and
 * comments are skipped, and so is what nobody could mean: a stray bracket, a quote that never closes. Never backs up
 * further than one such quote, so any field costs time in proportion to its length.
 */
import { decodeText } from './header.ts'

export type Token = {
  readonly kind: 'atom' | 'quoted' | 'literal' | '<' | '>' | ',' | ';' | ':' | '@' | 'end'
  /** Offsets in the field: first octet, and the one behind the last. */
  readonly start: number
  readonly end: number
}

const quote = 0x22
const open = 0x28
const close = 0x29
const bracket = 0x5b
const backslash = 0x5c
const signs = new Map(['<', '>', ',', ';', ':', '@'].map((sign) => [sign.charCodeAt(0), sign as Token['kind']]))
const breaks = new Set([...signs.keys(), quote, open, close, bracket, 0x5d, 0x09, 0x0a, 0x0d, 0x20])

/** The first token at or behind `from`. Dots belong to their atom: `john.doe` is one, and so is a lone `.`. */
export function nextToken(octets: Uint8Array, from: number): Token {
  let at = from
  while (at < octets.length) {
    const octet = octets[at] ?? 0
    const sign = signs.get(octet)
    if (sign) return { kind: sign, start: at, end: at + 1 }
    if (!breaks.has(octet)) return { kind: 'atom', start: at, end: atomEnd(octets, at) }
    if (octet === open) {
      at = commentEnd(octets, at)
      continue
    }
    const end = octet === quote ? quotedEnd(octets, at) : octet === bracket ? literalEnd(octets, at) : undefined
    if (end !== undefined) return { kind: octet === quote ? 'quoted' : 'literal', start: at, end }
    at++
  }
  return { kind: 'end', start: octets.length, end: octets.length }
}

/** What a word says: without quotes, escapes and folds. */
export function wordText(octets: Uint8Array, { kind, start, end }: Token): string {
  const text = decodeText(kind === 'quoted' ? octets.subarray(start + 1, end - 1) : octets.subarray(start, end))
  return text.replace(/\r?\n(?=[ \t])/g, '').replace(/\\([^])/g, '$1')
}

function atomEnd(octets: Uint8Array, start: number): number {
  let at = start
  while (at < octets.length && !breaks.has(octets[at] ?? 0)) at += octets[at] === backslash ? 2 : 1
  return Math.min(at, octets.length)
}

/** Undefined if it never closes: then the rest of the field has no other quote, so this is looked for once. */
function quotedEnd(octets: Uint8Array, start: number): number | undefined {
  for (let at = start + 1; at < octets.length; at++) {
    if (octets[at] === backslash) at++
    else if (octets[at] === quote) return at + 1
  }
  return undefined
}

/** Nested; one that never closes takes the rest of the field with it. */
function commentEnd(octets: Uint8Array, start: number): number {
  let depth = 0
  for (let at = start; at < octets.length; at++) {
    if (octets[at] === backslash) at++
    else if (octets[at] === open) depth++
    else if (octets[at] === close && --depth === 0) return at + 1
  }
  return octets.length
}

function literalEnd(octets: Uint8Array, start: number): number | undefined {
  for (let at = start + 1; at < octets.length; at++) {
    const octet = octets[at] ?? 0
    if (octet === 0x5d) return at + 1
    if (breaks.has(octet) && octet !== 0x3a) return undefined
  }
  return undefined
}
