/**
 * The words of IMAP data (RFC 9051 §9): parentheses, atoms, quoted strings and NIL; and of them what a collector asks for: sizes by
 * UID, sets of UIDs, capabilities. A server's words are never trusted: what makes no sense is undefined.
 */
import { literalMark } from './imap-replies.ts'

/** null is NIL. A quoted string is an object, so that "NIL" and NIL differ. */
type Word = string | null | { readonly quoted: string } | readonly Word[]

const deepest = 8

export function wordsOf(text: string): readonly Word[] | undefined {
  const top: Word[] = []
  const open: Word[][] = [top]
  const token = /[ ]+|([()])|"((?:[^"\\\r\n]|\\["\\])*)"|((?:\[[^\]]*\]|[^\s()"[\]])+)/y
  while (token.lastIndex < text.length) {
    const found = token.exec(text)
    if (!found) return undefined
    const [, parenthesis, quoted, atom] = found
    if (parenthesis === '(') {
      if (open.length > deepest) return undefined
      const inner: Word[] = []
      open.at(-1)?.push(inner)
      open.push(inner)
    } else if (parenthesis === ')') {
      open.pop()
      if (open.length === 0) return undefined
    } else if (quoted !== undefined) open.at(-1)?.push({ quoted: quoted.replace(/\\(.)/g, '$1') })
    else if (atom !== undefined) open.at(-1)?.push(/^NIL$/i.test(atom) ? null : atom)
  }
  return open.length === 1 ? top : undefined
}

/** What one FETCH response says of a letter (RFC 9051 §7.5.2). */
export type Fetched = {
  readonly uid: number | undefined
  readonly size: number | undefined
  /** A body or a piece of one that came within the line; undefined where there is none, or where it came as a literal. */
  readonly body: string | undefined
}

export function fetchedOf(data: string): Fetched | undefined {
  const [number, fetch, items] = wordsOf(data) ?? []
  if (!isCount(number) || typeof fetch !== 'string' || fetch.toUpperCase() !== 'FETCH' || !Array.isArray(items)) return undefined
  const found: { uid?: number; size?: number; body?: string } = {}
  for (let at = 0; at + 1 < items.length; at += 2) {
    const [name, value] = [items[at], items[at + 1]] as [Word, Word]
    if (typeof name !== 'string') return undefined
    const item = name.toUpperCase()
    if (item === 'UID' && isCount(value)) found.uid = Number(value)
    else if (item === 'RFC822.SIZE' && isCount(value)) found.size = Number(value)
    else if (item.startsWith('BODY[') && value !== literalMark) found.body = textOf(value)
  }
  return { uid: found.uid, size: found.size, body: found.body }
}

function textOf(word: Word): string {
  return word !== null && typeof word === 'object' && 'quoted' in word ? word.quoted : ''
}

/** Of what stands ahead of a literal: whose body it is and from which octet on. Servers may name the UID only behind it. */
export function bodyAhead(before: string): { readonly uid: number | undefined; readonly origin: number } | undefined {
  const body = /^\* \d+ FETCH \((.* |)BODY\[[^\]]*\](?:<(\d{1,12})>)? $/is.exec(before)
  if (!body) return undefined
  const uid = /(?:^| )UID (\d{1,10}) /i.exec(body[1] ?? '')?.[1]
  return { uid: uid === undefined ? undefined : Number(uid), origin: Number(body[2] ?? 0) }
}

/** The UIDs that SEARCH, or ESEARCH (RFC 9051 §7.3.4) of that tag, found; undefined for other data and for more than `most` of them. */
export function foundBy(data: string, tag: string, most: number): readonly number[] | undefined {
  if (!/^E?SEARCH\b/i.test(data)) return undefined
  const [kind, ...rest] = wordsOf(data) ?? []
  if (typeof kind !== 'string') return undefined
  if (kind.toUpperCase() === 'SEARCH') return rest.every(isCount) && rest.length <= most ? rest.map(Number) : undefined
  const [correlator] = rest
  if (Array.isArray(correlator) && textOf(correlator[1] ?? null) !== tag) return undefined
  const all = rest.findIndex((word) => typeof word === 'string' && word.toUpperCase() === 'ALL')
  const set = all < 0 ? undefined : rest[all + 1]
  if (set === undefined) return []
  return typeof set === 'string' ? uidsIn(set, most) : undefined
}

/** Octets of a mailbox as STATUS tells them (RFC 8438). */
export function boxSizeOf(data: string): number | undefined {
  const [status, , items] = /^STATUS /i.test(data) ? (wordsOf(data) ?? []) : []
  const [name, size] = Array.isArray(items) ? (items as readonly Word[]) : []
  return typeof status === 'string' && typeof name === 'string' && name.toUpperCase() === 'SIZE' && isCount(size) ? Number(size) : undefined
}

/** `1:3,7` as numbers; undefined for what is no set, or too big a one. */
export function uidsIn(set: string, most: number): readonly number[] | undefined {
  const uids: number[] = []
  for (const range of set.split(',')) {
    const [, first, last = first] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(range) ?? []
    if (first === undefined) return undefined
    const [from, to] = [Math.min(Number(first), Number(last)), Math.max(Number(first), Number(last))]
    if (uids.length + to - from + 1 > most) return undefined
    for (let uid = from; uid <= to; uid++) uids.push(uid)
  }
  return uids
}

/** Numbers as the shortest sets, `1:3,7`, in as many commands as keep their lines short (RFC 2683 §3.2.1.5). */
export function setsOf(uids: Iterable<number>): readonly string[] {
  const ranges: [number, number][] = []
  for (const uid of [...new Set(uids)].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last[1] === uid - 1) last[1] = uid
    else ranges.push([uid, uid])
  }
  const sets: string[] = []
  for (const [from, to] of ranges) {
    const range = from === to ? `${from}` : `${from}:${to}`
    const last = sets.at(-1)
    if (last !== undefined && last.length + range.length < longestSet) sets[sets.length - 1] = `${last},${range}`
    else sets.push(range)
  }
  return sets
}

const longestSet = 900

/** Of what CAPABILITY lists, as data or as a status code, that which means something to us; upper case. */
export function capabilitiesIn(text: string): readonly string[] | undefined {
  const [kind, ...names] = text.toUpperCase().trim().split(/ +/)
  return kind === 'CAPABILITY' ? names.filter((name) => heeded.test(name)).slice(0, mostCapabilities) : undefined
}

const heeded = /^(?:AUTH=[\w-]{1,30}|STARTTLS|LOGINDISABLED|SASL-IR|LITERAL[+-]|COMPRESS=DEFLATE|UIDPLUS|ESEARCH|STATUS=SIZE)$/

const mostCapabilities = 40

/** A count within a status code: `UIDVALIDITY 7`. */
export function countIn(code: string, name: string): number | undefined {
  const [word, value] = code.split(' ')
  return word?.toUpperCase() === name && isCount(value) ? Number(value) : undefined
}

function isCount(word: unknown): word is string {
  return typeof word === 'string' && /^\d{1,15}$/.test(word)
}
