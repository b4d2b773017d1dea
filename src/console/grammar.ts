/**
 * The operator's grammar (after OpenSMTPD's smtpctl): each command is a pattern of words and typed holes, such as
 * `flush [ID|DOMAIN]` or `hold ID…`. From the one table come matching, completion and help, for shell and console alike.
 */

/** What may stand in a hole; its name is what help shows. */
export type Hole = 'ID' | 'DOMAIN' | 'MAILBOX' | 'UID' | 'ADDRESS' | 'ISP' | 'NAME' | 'FILE' | 'TTY' | 'WORD'

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
  // Of `link up` and `link down` the one that was begun tells what is wrong.
  const begun = candidates.filter(({ pattern }) => pattern.split(' ')[1] === words[1])
  const results = (begun.length > 0 ? begun : candidates).map((command) => matchOne(command, words))
  return results.find((result) => !('mistake' in result)) ?? results[0] ?? { mistake: 'no such command' }
}

/** What may come next, given the words so far of which the last may be half typed. `holes` lists what may stand in a hole and begins like that. */
export function complete(
  table: readonly Pattern[],
  words: readonly string[],
  holes: (hole: string, begun: string) => readonly string[],
): readonly string[] {
  const last = words.at(-1) ?? ''
  const next = table.flatMap((command) => candidates(command, words.slice(0, -1), last, holes))
  return [...new Set(next.filter((candidate) => beginsWith(candidate, last)))].sort()
}

/** In small letters or capitals. */
export function beginsWith(candidate: string, begun: string): boolean {
  return candidate.slice(0, begun.length).toLowerCase() === begun.toLowerCase()
}

/** Its usage and help, of all patterns that begin with this word; a sentence if there is none. */
export function helpOn(table: readonly Pattern[], word: string): string {
  const found = table.filter(({ pattern }) => pattern.split(' ')[0] === word)
  if (found.length > 0) return help(found)
  const near = suggestion(word, names(table))
  return `There is no command ${word}${near === '' ? '.' : near}`
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
  const begun = among.filter((name) => word.length > 1 && name.startsWith(word))
  if (begun.length === 1) return `; did you mean ${begun[0]}?`
  const near = among.map((name) => ({ name, far: distance(word, name) })).sort((a, b) => a.far - b.far)[0]
  return near && near.far <= Math.max(1, Math.floor(near.name.length / 3)) ? `; did you mean ${near.name}?` : ''
}

/** Options aside, the words before stand where the pattern has them: what may stand there next. */
function candidates(
  { pattern, options = [] }: Pattern,
  before: readonly string[],
  last: string,
  holes: (hole: string, begun: string) => readonly string[],
): readonly string[] {
  const plain: string[] = []
  const left = new Set(options)
  let open: Option | undefined
  for (const word of before) {
    const option = open === undefined ? options.find(({ name }) => name === word) : undefined
    if (option) left.delete(option)
    else if (open === undefined) plain.push(word)
    open = option?.value === undefined ? undefined : option
  }
  const pieces = parse(pattern)
  if (!plain.every((word, at) => fits(pieceAt(pieces, at), word))) return []
  if (open?.value !== undefined) return holes(open.value, last)
  const piece = pieceAt(pieces, plain.length)
  const here = piece === undefined ? [] : 'word' in piece ? [piece.word] : piece.holes.flatMap((hole) => holes(hole, last))
  // Options are offered to whoever asks for one, or where there is nothing else.
  const offered = plain.length > 0 && (last.startsWith('-') || here.length === 0)
  return offered ? [...here, ...[...left].map(({ name }) => name)] : here
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
