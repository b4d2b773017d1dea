/**
 * The operator's grammar (after OpenSMTPD's smtpctl): each command is a pattern of words and typed holes, such as
 * `flush [ID|DOMAIN]` or `hold ID…`. From the one table come matching, completion and help, for shell and console alike.
 */

/** What may stand in a hole; its name is what help shows. */
export type Hole = 'ID' | 'DOMAIN' | 'MAILBOX' | 'UID' | 'ADDRESS' | 'ISP' | 'NAME' | 'WORD'

export type Option = {
  /** With its dashes: `--json`, `-n`. */
  readonly name: string
  /** What follows it, if something does; help shows it. */
  readonly value?: string
}

export type Pattern = {
  /** `flush [ID|DOMAIN]`: words in lower case, holes in capitals, `[…]` may be absent, `…` may be repeated. */
  readonly pattern: string
  readonly options?: readonly Option[]
  readonly help: string
}

export type Match<P extends Pattern> = {
  readonly command: P
  readonly values: readonly string[]
  /** By name; true for an option without a value. */
  readonly options: ReadonlyMap<string, string | true>
}

export type Mistake = { readonly mistake: string }

type Piece = { readonly word: string } | { readonly holes: readonly string[]; readonly optional: boolean; readonly repeated: boolean }

/** Finds the command that the words mean, or says what was expected instead. */
export function match<P extends Pattern>(table: readonly P[], words: readonly string[]): Match<P> | Mistake {
  const candidates = table.filter(({ pattern }) => pattern.split(' ')[0] === words[0])
  if (words[0] === undefined) return { mistake: `a command is expected: ${names(table).join(' ')}` }
  if (candidates.length === 0) return { mistake: `no such command: ${words[0]}${suggestion(words[0], names(table))}` }
  const results = candidates.map((command) => matchOne(command, words))
  return results.find((result) => !('mistake' in result)) ?? results[0] ?? { mistake: 'no such command' }
}

/** What may come next, given the words so far of which the last may be half typed. `holes` lists candidates for a hole. */
export function complete(
  table: readonly Pattern[],
  words: readonly string[],
  holes: (hole: string) => readonly string[],
): readonly string[] {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const next = table.flatMap(({ pattern, options = [] }) => {
    const pieces = parse(pattern)
    if (!before.every((word, at) => fits(pieceAt(pieces, at), word))) return []
    const piece = pieceAt(pieces, before.length)
    const here = piece === undefined ? [] : 'word' in piece ? [piece.word] : piece.holes.flatMap((hole) => holes(hole))
    return before.length === 0 ? here : [...here, ...options.map(({ name }) => name)]
  })
  return [...new Set(next.filter((candidate) => candidate.startsWith(last)))].sort()
}

/** One line a command, the patterns in a column. */
export function help(table: readonly Pattern[]): string {
  const rows = table.map((command) => [usage(command), command.help] as const)
  const width = Math.min(30, Math.max(...rows.map(([left]) => left.length)))
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join('\n')
}

/** `queue [--json]`. */
export function usage({ pattern, options = [] }: Pattern): string {
  return [pattern, ...options.map(({ name, value }) => `[${value === undefined ? name : `${name} ${value}`}]`)].join(' ')
}

/** The nearest of the names, if one is near enough to be meant. */
export function suggestion(word: string, among: readonly string[]): string {
  const near = among.map((name) => ({ name, far: distance(word, name) })).sort((a, b) => a.far - b.far)[0]
  return near && near.far <= Math.max(1, Math.floor(near.name.length / 3)) ? `; did you mean ${near.name}?` : ''
}

function matchOne<P extends Pattern>(command: P, words: readonly string[]): Match<P> | Mistake {
  const known = command.options ?? []
  const options = new Map<string, string | true>()
  const plain: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const [name, inline] =
      word.startsWith('--') && word.includes('=')
        ? [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]
        : [word, undefined]
    const option = known.find((one) => one.name === name)
    if (!option) {
      if (/^-[^-\d]|^--./.test(word)) return wrong(command, `${word} is no option here`)
      plain.push(word)
    } else if (option.value === undefined) options.set(name, true)
    else {
      const value = inline ?? words[++at]
      if (value === undefined) return wrong(command, `${name} wants ${option.value}`)
      options.set(name, value)
    }
  }
  const pieces = parse(command.pattern)
  const misfit = plain.findIndex((word, at) => !fits(pieceAt(pieces, at), word))
  if (misfit >= 0) return wrong(command, `${plain[misfit]} is not expected`)
  const missing = pieces.slice(plain.length).find((piece) => 'word' in piece || !piece.optional)
  if (missing) return wrong(command, `${'word' in missing ? missing.word : missing.holes.join(' or ')} is missing`)
  return { command, values: plain.filter((_, at) => !('word' in (pieceAt(pieces, at) ?? { word: '' }))), options }
}

function wrong(command: Pattern, what: string): Mistake {
  return { mistake: `${what}; usage: ${usage(command)}` }
}

function parse(pattern: string): readonly Piece[] {
  return pattern.split(' ').map((part) => {
    const bare = part.replace(/[[\]…]/g, '')
    if (bare === bare.toLowerCase()) return { word: bare }
    return { holes: bare.split('|'), optional: part.startsWith('['), repeated: part.includes('…') }
  })
}

/** A repeated hole, always the last piece, takes every further word. */
function pieceAt(pieces: readonly Piece[], at: number): Piece | undefined {
  const last = pieces.at(-1)
  return pieces[at] ?? (last && !('word' in last) && last.repeated ? last : undefined)
}

function fits(piece: Piece | undefined, word: string): boolean {
  if (piece === undefined) return false
  return 'word' in piece ? piece.word === word : piece.holes.some((hole) => shapes[hole as Hole]?.test(word) ?? true)
}

const shapes: Partial<Record<Hole, RegExp>> = {
  ID: /^[0-9a-f]+$/i,
  DOMAIN: /^[\w-]+(\.[\w-]+)+$/,
}

function names(table: readonly Pattern[]): readonly string[] {
  return [...new Set(table.map(({ pattern }) => pattern.split(' ')[0] ?? ''))]
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
