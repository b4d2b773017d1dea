/**
 * The addresses of a field such as To or From (RFC 5322 §3.4), each with its place in the field's raw octets, so that
 * one can be replaced while every other octet stays. Understands groups, comments, quoted names, folds and the obsolete
 * forms; tolerates missing commas and brackets. What is no address is passed over: nothing here refuses a letter.
 */
import type { Address } from './address.ts'
import { isDomain } from './address.ts'
import type { Token } from './address-tokens.ts'
import { nextToken, wordText } from './address-tokens.ts'
import { decodeText } from './header.ts'

/** One addr-spec: octets `start` to `end` (exclusive) of the field are `address`, and nothing else. */
export type Mention = {
  readonly start: number
  readonly end: number
  /** Domain '' for a bare name. */
  readonly address: Address
  /** The name of the group it is a member of. */
  readonly group?: string
}

/** Longer than this (octets) is no address that an envelope could carry (RFC 5321 §4.5.3.1.3). */
const longest = 320

/** The addresses of a whole raw field, its name and folds included. */
export function addressesIn(field: Uint8Array): readonly Mention[] {
  return scan(field, field.indexOf(0x3a) + 1)
}

/** The addresses of a list that stands by itself, such as a value or a line of an alias. */
export function addressesOf(list: string): readonly Address[] {
  return scan(new TextEncoder().encode(list), 0).map(({ address }) => address)
}

/** Between two commas: the words seen, and the addresses that a `<` behind them would make a mere display name. */
type Stretch = {
  start: number
  /** Words, where dotted ones count as one. */
  words: number
  /** The last word: atoms and quoted strings joined by dots, which an `@` would make a local part. */
  word: Token[]
  found: Mention[]
  angle: 'none' | 'open' | 'closed'
}

function scan(octets: Uint8Array, from: number): readonly Mention[] {
  const mentions: Mention[] = []
  let group: string | undefined
  let stretch = fresh(from)
  const end = () => {
    const bare =
      stretch.found.length === 0 && stretch.words === 1 && stretch.angle !== 'closed' ? mention(octets, stretch.word, []) : undefined
    for (const each of bare ? [bare] : stretch.found) mentions.push(group === undefined ? each : { ...each, group })
  }
  for (let at = from; ; ) {
    const token = nextToken(octets, at)
    at = token.end
    switch (token.kind) {
      case 'atom':
      case 'quoted':
        addWord(octets, stretch, token)
        break
      case 'literal':
        stretch.word = []
        stretch.words++
        break
      case '@':
        at = stretch.word.length > 0 ? addDomain(octets, stretch, at) : routeEnd(octets, at)
        break
      case '<':
        stretch = { ...fresh(at), angle: 'open' }
        break
      case '>':
        end()
        stretch = { ...fresh(at), angle: 'closed' }
        break
      case ':':
        if (stretch.angle !== 'open') group = groupName(octets.subarray(stretch.start, token.start))
        stretch = { ...fresh(at), angle: stretch.angle }
        break
      case ',':
      case ';':
        end()
        if (token.kind === ';') group = undefined
        stretch = fresh(at)
        break
      case 'end':
        end()
        return mentions
    }
  }
}

function fresh(start: number): Stretch {
  return { start, words: 0, word: [], found: [], angle: 'none' }
}

/** `john . doe` is one word, `john doe` is two. */
function addWord(octets: Uint8Array, stretch: Stretch, token: Token): void {
  if (joins(octets, stretch.word.at(-1), token)) {
    stretch.word.push(token)
  } else {
    stretch.word = [token]
    stretch.words++
  }
}

/** Behind the `@`: a literal, or atoms joined by dots. Gives the offset behind it. */
function addDomain(octets: Uint8Array, stretch: Stretch, from: number): number {
  const domain: Token[] = []
  let at = from
  for (;;) {
    const token = nextToken(octets, at)
    const belongs = domain.length === 0 ? token.kind === 'atom' || token.kind === 'literal' : joins(octets, domain.at(-1), token)
    if (!belongs) break
    domain.push(token)
    at = token.end
    if (token.kind === 'literal') break
  }
  const found = domain.length > 0 ? mention(octets, stretch.word, domain) : undefined
  if (found) stretch.found.push(found)
  stretch.word = []
  stretch.words++
  return at
}

/** A source route, `@hub,@relay:` (RFC 5322 §4.4), is skipped; an `@` that begins none is skipped alone. */
function routeEnd(octets: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    const token = nextToken(octets, at)
    if (token.kind === ':') return token.end
    const goesOn = token.kind === 'atom' || token.kind === 'literal' || token.kind === '@'
    if (!goesOn && !(token.kind === ',' && nextToken(octets, token.end).kind === '@')) return at
    at = token.end
  }
}

function joins(octets: Uint8Array, last: Token | undefined, next: Token): boolean {
  if (last === undefined || last.kind === 'literal' || (next.kind !== 'atom' && next.kind !== 'quoted')) return false
  return isDot(octets, last, last.end - 1) || isDot(octets, next, next.start)
}

function isDot(octets: Uint8Array, { kind }: Token, at: number): boolean {
  return kind === 'atom' && octets[at] === 0x2e
}

function mention(octets: Uint8Array, local: readonly Token[], domain: readonly Token[]): Mention | undefined {
  const start = local[0]?.start ?? 0
  const end = (domain.at(-1) ?? local.at(-1))?.end ?? 0
  const text = (tokens: readonly Token[]) => tokens.map((token) => wordText(octets, token)).join('')
  if (sum(local) + sum(domain) > longest) return undefined
  const address = { local: text(local), domain: text(domain).toLowerCase().replace(/\.$/, '') }
  const sound = address.local !== '' && !/[\x00-\x1f\x7f]/.test(address.local) && (domain.length === 0 || isDomain(address.domain))
  return sound ? { start, end, address } : undefined
}

function sum(tokens: readonly Token[]): number {
  return tokens.reduce((octets, { start, end }) => octets + end - start, 0)
}

function groupName(octets: Uint8Array): string {
  return decodeText(octets.subarray(0, longest))
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^"(.*)"$/, '$1')
}
