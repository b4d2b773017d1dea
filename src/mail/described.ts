/** What a letter's header tells those who list, sort and log it. Pure. */
import type { Header } from './header.ts'
import { valueOf, valuesOf } from './header.ts'
import type { Priority } from './message.ts'

/** How many hops it has behind it. */
export function hopsOf(header: Header): number {
  return valuesOf(header, 'received').length
}

const bulk: ReadonlySet<string> = new Set(['bulk', 'list', 'junk'])

/** What fields say of a letter's haste, the first that says anything counting. */
const hastes: readonly (readonly [string, Readonly<Record<string, Priority>>])[] = [
  ['precedence', { 'special-delivery': 'urgent', 'first-class': 'normal' }],
  ['priority', { urgent: 'urgent', normal: 'normal', 'non-urgent': 'bulk' }],
  ['importance', { high: 'urgent', normal: 'normal', low: 'bulk' }],
  ['x-priority', { '1': 'urgent', '2': 'urgent', '3': 'normal', '4': 'bulk', '5': 'bulk' }],
]

/** RFC 2076 §3.9: what a list or a robot sends is bulk, whatever else it says; then Priority, Importance and X-Priority in that order. */
export function priorityOf(header: Header): Priority {
  const said = (name: string): string => (valueOf(header, name) ?? '').toLowerCase().trim()
  if (bulk.has(said('precedence'))) return 'bulk'
  for (const [name, meanings] of hastes) {
    const value = name === 'x-priority' ? said(name).slice(0, 1) : said(name)
    const meaning = Object.hasOwn(meanings, value) ? meanings[value] : undefined
    if (meaning) return meaning
  }
  return 'normal'
}

/** `<id@host>`, or what stands in its place, in one word and at most 250 characters. */
export function messageIdOf(header: Header): string | undefined {
  const value = valueOf(header, 'message-id')
  const found = /<[^<>\s]+>/.exec(value ?? '')?.[0] ?? value?.replace(/\s+/g, '')
  return found === undefined || found === '' ? undefined : found.slice(0, 250)
}

/** Raw, at most 200 octets of UTF-8, cut between characters. */
export function subjectOf(header: Header): string | undefined {
  const value = valueOf(header, 'subject')
  const octets = new TextEncoder().encode(value ?? '')
  return octets.length <= 200 ? value : new TextDecoder().decode(octets.subarray(0, 200)).replace(/\uFFFD+$/, '')
}
