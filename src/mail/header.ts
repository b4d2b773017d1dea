/**
 * A message header as raw octets, one slice a field (RFC 5322 §2.2): reading it changes nothing, so what is not edited
 * leaves as it came. Tolerates bare LF, lines without a colon (a field named '') and octets that are no ASCII.
 * A header is bounded, a body is not: this is the only part of a letter that is ever held in memory.
 */

/** More than this is no header but an attack, or a body without one. */
export const headerLimit: number = 256 * 1024

export type Field = {
  /** Lower case; '' for a line that is no field. */
  readonly name: string
  /** The whole field: name, folds, final line end. */
  readonly raw: Uint8Array
  /** Unfolded and trimmed, UTF-8 where it is valid, else Latin-1; encoded words stay encoded. */
  readonly value: string
}

export type Header = readonly Field[]

/** Parses a header, with or without the blank line that ends it. */
export function parseHeader(octets: Uint8Array): Header {
  const fields: Field[] = []
  let start = 0
  while (start < octets.length) {
    let end = lineEnd(octets, start)
    if (isBlank(octets, start, end)) break
    while (end < octets.length && isFold(octets, end)) end = lineEnd(octets, end)
    fields.push(field(octets.subarray(start, end)))
    start = end
  }
  return fields
}

/** Every value of the fields with this (lower-case) name, in order. */
export function valuesOf(header: Header, name: string): readonly string[] {
  return header.filter((field) => field.name === name).map((field) => field.value)
}

/** The first value of the fields with this (lower-case) name. */
export function valueOf(header: Header, name: string): string | undefined {
  return header.find((field) => field.name === name)?.value
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const latin1 = new TextDecoder('latin1')

/** Octets of a header as text: UTF-8 where they are valid as such, else Latin-1. */
export function decodeText(octets: Uint8Array): string {
  try {
    return utf8.decode(octets)
  } catch {
    return latin1.decode(octets)
  }
}

/** Collects a stream's header: push octets until `push` says that the header is whole, or that there is more of it than `headerLimit`. */
export interface HeaderCollector {
  /** True once the header is whole or too long; push no more then. */
  push(octets: Uint8Array): boolean
  /** The header's octets so far, the blank line included. */
  octets(): Uint8Array
  /** What was pushed behind the header. */
  rest(): Uint8Array
  /** The limit was met before the blank line. */
  tooLong(): boolean
}

export function collectHeader(limit: number = headerLimit): HeaderCollector {
  let buffer: Uint8Array = new Uint8Array(0)
  let length = 0
  let line = 0
  let searched = 0
  let end: number | undefined
  return {
    push(octets) {
      // Most headers come whole, in one piece, which is looked at where it is.
      if (length === 0) buffer = octets
      else {
        buffer = withRoom(buffer, length, octets.length)
        buffer.set(octets, length)
      }
      length += octets.length
      while (end === undefined) {
        const next = buffer.subarray(0, length).indexOf(0x0a, searched)
        searched = next < 0 ? length : next + 1
        if (next < 0) break
        if (isBlank(buffer, line, next + 1)) end = next + 1
        line = next + 1
      }
      if (end !== undefined && end > limit) end = undefined
      return end !== undefined || length > limit
    },
    octets: () => buffer.subarray(0, end ?? Math.min(length, limit)),
    rest: () => buffer.subarray(end ?? Math.min(length, limit), length),
    tooLong: () => end === undefined && length > limit,
  }
}

function field(raw: Uint8Array): Field {
  const text = decodeText(raw)
  const named = /^([!-9;-~]+)[ \t]*:/.exec(text)
  const value = (named ? text.slice(named[0].length) : text).replace(/\r?\n(?=[ \t])/g, '').trim()
  return { name: named?.[1]?.toLowerCase() ?? '', raw, value }
}

function lineEnd(octets: Uint8Array, from: number): number {
  const end = octets.indexOf(0x0a, from)
  return end < 0 ? octets.length : end + 1
}

function isBlank(octets: Uint8Array, start: number, end: number): boolean {
  return end - start === 1 ? octets[start] === 0x0a : end - start === 2 && octets[start] === 0x0d && octets[start + 1] === 0x0a
}

function isFold(octets: Uint8Array, at: number): boolean {
  return octets[at] === 0x20 || octets[at] === 0x09
}

/** The buffer, or a copy of it that is at least twice as large: many small pushes cost no more than one large one. */
function withRoom(buffer: Uint8Array, length: number, more: number): Uint8Array {
  if (length + more <= buffer.length) return buffer
  const larger = new Uint8Array(Math.max(4096, 2 * buffer.length, length + more))
  larger.set(buffer.subarray(0, length))
  return larger
}
