/**
 * The tokens of fetchmail's run-control files, as its own scanner finds them: the longest one wins, a keyword is one only where it stands alone
 * and no name is expected, quotes go over lines and know no escaped quote. Takes a comment at the end of a file without newline for one. Pure.
 */
import { authentications, deniedBy, keywordOf, noise, protocols } from './fetchmail-options.ts'
import type { Mistake } from './mistake.ts'

export type Token = { readonly line: number } & (
  | { readonly kind: 'keyword' | 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'maps' | 'end' }
)

/** What the next bare word is: a name whatever it looks like, a way to log in, or what it looks like. */
type Expecting = 'name' | 'auth' | undefined

const blank = /[ \t\r;:,]+|\\?\n|#[^\n]*/y
const bare = /[^=;:, \t\r\n]+/y
const quotes = { '"': /"[^"]*"/y, "'": /'[^']*'/y } as const
const namesFollow = new Set(['user', 'password', 'is', 'to'])

export function tokens(text: string): { readonly tokens: readonly Token[] } | { readonly mistake: Mistake } {
  const found: Token[] = []
  let [at, line]: [number, number] = [0, 1]
  let expecting: Expecting
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const pass = (piece: string): void => {
    at += piece.length
    for (const letter of piece) if (letter === '\n') line++
  }
  while (at < text.length) {
    const skipped = take(blank)
    if (skipped !== undefined) {
      pass(skipped)
      continue
    }
    if (text[at] === '=') {
      found.push({ kind: 'maps', line })
      at++
      expecting = 'name'
      continue
    }
    const word = take(bare) ?? ''
    const quote = quotes[text[at] as keyof typeof quotes]
    const string = quote && take(quote)
    if (quote && string === undefined)
      return { mistake: { line, message: `the string that begins here has no end; ${text[at]} is expected behind it` } }
    if (string !== undefined && string.length >= word.length) {
      found.push({ kind: 'string', text: unescaped(string.slice(1, -1)), line })
      pass(string)
      expecting = undefined
      continue
    }
    const token = tokenOf(word, expecting)
    found.push(...token.map((one) => ({ ...one, line })))
    expecting = expectedAfter(token.at(-1), expecting)
    at += word.length
  }
  return { tokens: [...found, { kind: 'end', line }] }
}

type Unplaced = { readonly kind: 'keyword' | 'string'; readonly text: string } | { readonly kind: 'number'; readonly value: number }

/** None for noise, two for `nokeep`. */
function tokenOf(word: string, expecting: Expecting): readonly Unplaced[] {
  const string = { kind: 'string', text: unescaped(word) } as const
  if (expecting === 'name') return [string]
  if (/^-?\d+$/.test(word)) return [{ kind: 'number', value: Number(word) }]
  if (noise.has(word)) return []
  const denied = deniedBy(word)
  if (denied !== undefined)
    return [
      { kind: 'keyword', text: 'no' },
      { kind: 'keyword', text: keywordOf(denied) ?? denied },
    ]
  // Behind auth it is a way to log in, and `pass` is short for nothing.
  if (expecting === 'auth' && word === 'pass') return [string]
  const text = keywordOf(word)
  return [text === undefined ? string : { kind: 'keyword', text }]
}

function expectedAfter(token: Unplaced | undefined, expecting: Expecting): Expecting {
  if (!token || token.kind === 'number') return expecting
  if (token.kind === 'string') return expecting === 'name' ? undefined : expecting
  if (expecting === 'auth' && token.text === 'password') return undefined
  if (namesFollow.has(token.text)) return 'name'
  if (token.text === 'authenticate') return 'auth'
  return authentications.has(token.text) || protocols.has(token.text) ? undefined : expecting
}

/** C's, but for decimal `\65`; a backslash before the end of a line joins the two, and at the end is dropped. */
function unescaped(text: string): string {
  return text.replace(/\\(?:[xX]([\da-fA-F]{0,2})|(0[0-7]{0,2})|([1-9]\d{0,2})|([^]?))/g, (_, hex, octal, decimal, other: string) => {
    const code = typeof hex === 'string' ? Number.parseInt(hex || '0', 16) : octal ? Number.parseInt(octal, 8) : Number(decimal)
    if (!Number.isNaN(code)) return code % 256 === 0 ? '' : String.fromCharCode(code % 256)
    return other === '\n' ? '' : ({ n: '\n', t: '\t', b: '\b', r: '\r' }[other] ?? other)
  })
}
