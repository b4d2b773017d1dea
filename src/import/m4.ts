/**
 * m4(1), as far as sendmail's .mc files use it: quotes, comments, dnl, define and undefine, ifdef and ifelse, divert, changequote. What is not
 * m4's own is a call of a macro of sendmail's (`FEATURE(…)`), or text. Nothing is included, and nothing is run. Ends, however a file is. Pure.
 */
import { between, type Source, step, take } from './m4-source.ts'
import type { Mistake } from './mistake.ts'

/**
 * A macro of sendmail's, or define, undefine and include, with its arguments as they are in the end: m4 reads once more what it puts in, so that
 * names in quotes become what they stand for. None without parentheses.
 */
export type Call = { readonly name: string; readonly args: readonly string[]; readonly line: number }

/** What is to stand in sendmail.cf. */
export type CfLine = { readonly text: string; readonly line: number }

export type M4 = { readonly pieces: readonly (Call | CfLine)[]; readonly mistakes: readonly Mistake[] }

type End = ',' | ')' | 'end'
type Out = (text: string, line: number) => void

/** Deeper nests nobody, and a macro that expands to itself would. */
const deepest = 60
/** Characters that macros may expand to, in all. */
const longest = 1_000_000

const word = /[A-Za-z_]\w*/y
const digits = /\d\w*/y
const silentOnes = new Set(['divert', 'undivert', 'changequote', 'changecom', 'errprint'])
const own = new Set([...silentOnes, 'define', 'undefine', 'pushdef', 'popdef', 'include', 'sinclude', 'ifdef', 'ifelse'])
const defining = new Set(['define', 'pushdef'])
/** Their first argument is a name, and stays one though it has been defined. */
const naming = new Set(['define', 'undefine', 'pushdef', 'popdef', 'ifdef'])
const sendmails = /^[A-Z][A-Z_]+$/
/** Macros that may stand without arguments. */
const alone = /^(?:divert|undivert|changequote|MAILER_DEFINITIONS|LOCAL_CONFIG|LOCAL_NET_CONFIG|LOCAL_RULESETS|LOCAL_RULE_[0-3])$/

export function readM4(text: string): M4 {
  const pieces: (Call | CfLine)[] = []
  const defined = new Map<string, string>()
  let quotes: readonly [string, string] = ['`', "'"]
  let silent = false
  let spent = 0
  let mistake: Mistake | undefined

  const cf = rows((row) => pieces.push(row))
  scan({ text, at: 0, line: 1, still: false }, 0, false, true, (piece, line) => {
    if (!silent && !piece.startsWith('#')) cf.write(piece, line)
  })
  cf.end()
  // What is defined is read once more where it is used, which sendmail does behind all of the file.
  const last = pieces.map((piece) =>
    'name' in piece && defining.has(piece.name)
      ? { ...piece, args: [piece.args[0] ?? '', ...again(piece.args.slice(1), piece.line)] }
      : piece,
  )
  return { pieces: last, mistakes: mistake ? [mistake] : [] }

  function fail(line: number, message: string): 'end' {
    mistake ??= { line, message }
    return 'end'
  }

  /** Reads to the end, or of an argument to its end. `names`: whether words may be macros. */
  function scan(source: Source, depth: number, argument: boolean, names: boolean, out: Out): End {
    if (depth > deepest) return fail(source.line, 'a simpler expression is expected: this nests too deeply, or a macro stands for itself')
    let open = 0
    while (source.at < source.text.length && !mistake) {
      const { line } = source
      const next = source.text[source.at] ?? ''
      if (quotes[0] !== '' && source.text.startsWith(quotes[0], source.at)) {
        const quoted = between(source, quotes)
        if (quoted === undefined) return fail(line, `the quote that begins here has no end; ${quotes[1]} is expected behind it`)
        out(quoted, line)
      } else if (next === '#') out(take(source, /#[^\n]*/y), line)
      else if (argument && open === 0 && (next === ',' || next === ')')) {
        source.at++
        return next
      } else {
        open += next === '(' ? 1 : next === ')' ? -1 : 0
        const name = take(source, word)
        if (name === '') out(take(source, digits) || step(source), line)
        else macro(name, { source, line, depth, names }, out)
      }
    }
    return 'end'
  }

  type Place = { readonly source: Source; readonly line: number; readonly depth: number; readonly names: boolean }

  /** A word: a macro, if it is known as one and, where it takes arguments, a parenthesis follows at once. */
  function macro(name: string, place: Place, out: Out): void {
    const { source, line, depth, names } = place
    if (name === 'dnl') return void take(source, /[^\n]*\n?/y, true)
    const called = source.text[source.at] === '('
    const value = names ? defined.get(name) : undefined
    if (value === undefined && !alone.test(name) && !(called && (own.has(name) || sendmails.test(name)))) return out(name, line)
    const args = called ? argumentsOf(name, place) : []
    if (mistake) return
    const result = value === undefined ? perform({ name, args, line }) : value.replace(/\$(\d)/g, (_, nth) => args[Number(nth) - 1] ?? '')
    if (result === '') return
    spent += result.length
    if (spent > longest) return void fail(line, 'simpler macros are expected: these stand for too much text')
    scan({ text: result, at: 0, line, still: true }, depth + 1, false, true, (text) => out(text, line))
  }

  function argumentsOf(name: string, { source, line, depth }: Place): readonly string[] {
    const args: string[] = []
    let end: End = ','
    source.at++
    while (end === ',') {
      take(source, /\s+/y, true)
      const parts: string[] = []
      end = scan(source, depth + 1, true, args.length > 0 || !naming.has(name), (text) => parts.push(text))
      args.push(parts.join(''))
    }
    if (end === 'end') fail(line, `${name}( is never closed; ) is expected behind its arguments`)
    return args
  }

  /** What m4's own stand for; what is sendmail's is noted, and stands for nothing. */
  function perform(call: Call): string {
    const { name, args } = call
    const [first = '', second = '', third = ''] = args
    if (name === 'ifdef') return defined.has(first) ? second : third
    if (name === 'ifelse') return chosen(args)
    if (name === 'divert') silent = Number(first || '0') < 0
    else if (name === 'changequote') quotes = [first || '`', second || (first === '' ? "'" : first)]
    else if (name === 'define' || name === 'pushdef') defined.set(first, second)
    else if (name === 'undefine' || name === 'popdef') defined.delete(first)
    if (!silentOnes.has(name)) pieces.push(sendmails.test(name) && name !== 'VERSIONID' ? { ...call, args: again(args, call.line) } : call)
    return ''
  }

  function again(args: readonly string[], line: number): readonly string[] {
    return args.map((arg) => {
      const parts: string[] = []
      scan({ text: arg, at: 0, line, still: true }, 1, false, true, (text) => parts.push(text))
      return parts.join('')
    })
  }
}

function chosen(args: readonly string[]): string {
  let at = 0
  for (; args.length - at > 2; at += 3) if (args[at] === args[at + 1]) return args[at + 2] ?? ''
  return args.length - at === 1 ? (args[at] ?? '') : ''
}

/** Puts together what stands on one line. */
function rows(full: (row: CfLine) => void): { write: Out; end(): void } {
  let parts: string[] = []
  let at = 1
  const end = (): void => {
    const text = parts.join('').trimEnd()
    if (text !== '') full({ text, line: at })
    parts = []
  }
  return {
    end,
    write(piece, line) {
      if (line !== at || piece === '\n') end()
      at = line
      if (piece !== '\n') parts.push(piece)
    },
  }
}
