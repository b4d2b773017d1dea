/**
 * sendmail's command line (sendmail 8's own getopt: one letter an option, bundled, and none behind the first recipient), turned
 * into what is wished. Options that only tune sendmail are taken and mean nothing; unknown `-o` options are passed over, as
 * everybody who stands in for sendmail does. Pure.
 */
import type { Notify, Parameters } from '../mail/envelope.ts'

export const programNames = ['sendmail', 'mailq', 'newaliases'] as const

export type ProgramName = (typeof programNames)[number]

/** A letter to be read from standard input. */
export type Asked = {
  /** As typed: an address each, or a list. */
  readonly recipients: readonly string[]
  /** -t */
  readonly recipientsInHeader: boolean
  /** -i: a line with nothing but a dot is a line like others, and not the end. */
  readonly dotIsData: boolean
  /** -f as typed; '' and '<>' are the null sender. */
  readonly sender?: string
  /** -F */
  readonly fullName?: string
  readonly parameters: Pick<Parameters, 'body' | 'ret' | 'envid'>
  /** -N */
  readonly notify?: readonly Notify[]
}

/** Letters of the queue whose id, recipient or sender contains the text, whatever its case (-qI, -qR, -qS); `not` those that do not. */
export type Selection = { readonly by: 'id' | 'recipient' | 'sender'; readonly text: string; readonly not: boolean }

export type Wish =
  | { readonly kind: 'letter'; readonly asked: Asked }
  /** -bs: SMTP on standard input and output. */
  | { readonly kind: 'session' }
  /** -bv */
  | { readonly kind: 'verify'; readonly addresses: readonly string[] }
  /** -bp; all the selections hold of a letter. */
  | { readonly kind: 'print'; readonly selections: readonly Selection[] }
  /** -q */
  | { readonly kind: 'flush'; readonly selections: readonly Selection[] }
  /** -bi */
  | { readonly kind: 'aliases' }
  /** Cannot be meant, or is another command's: what to say. */
  | { readonly kind: 'mistake'; readonly text: string }

export type Arguments = {
  readonly wish: Wish
  /** -C */
  readonly file?: string
  readonly verbose: boolean
  /** -oeq: exit codes alone speak. */
  readonly quiet: boolean
}

export function parseArguments(name: ProgramName, words: readonly string[]): Arguments {
  const given: Given = { mode: modeOf[name], selections: [], verbose: false, quiet: false, t: false, i: false, parameters: {} }
  const { rest, mistake } = readOptions(given, words)
  const { file, verbose, quiet } = given
  const wish: Wish = mistake === undefined ? wishOf(given, rest) : { kind: 'mistake', text: mistake }
  return { wish, verbose, quiet, ...(file === undefined ? {} : { file }) }
}

type Given = {
  mode: string
  /** -q was given, with these. */
  flush?: true
  selections: Selection[]
  file?: string
  verbose: boolean
  quiet: boolean
  t: boolean
  i: boolean
  sender?: string
  fullName?: string
  parameters: { -readonly [K in 'body' | 'ret' | 'envid']?: NonNullable<Parameters[K]> }
  notify?: readonly Notify[]
}

const modeOf: Readonly<Record<ProgramName, string>> = { sendmail: 'm', mailq: 'p', newaliases: 'i' }

/** Takes the option in, or says what is wrong with it. */
type Take = (given: Given, value: string) => string | undefined

const nothing: Take = () => undefined

/** Without a value. */
const flags: Readonly<Record<string, Take>> = {
  t: noting((given) => (given.t = true)),
  i: noting((given) => (given.i = true)),
  v: noting((given) => (given.verbose = true)),
  I: noting((given) => (given.mode = 'i')),
  ...ignored('cEGJmnsTUx'),
}

/** With a value, attached or in the next word. */
const valued: Readonly<Record<string, Take>> = {
  b: noting((given, value) => (given.mode = value)),
  C: noting((given, value) => (given.file = value)),
  f: noting((given, value) => (given.sender = value.trim())),
  r: noting((given, value) => (given.sender = value.trim())),
  F: noting((given, value) => (given.fullName = value)),
  e: noting((given, value) => (given.quiet = value === 'q')),
  B: body,
  N: notify,
  R: returned,
  V: envelopeId,
  o: shortOption,
  O: longOption,
  ...ignored('ADhLMpX'),
}

/** With a value only if it is attached. */
const perhaps: Readonly<Record<string, Take>> = { q: queueRun, d: nothing, Q: nothing }

function noting(take: (given: Given, value: string) => void): Take {
  return (given, value) => {
    take(given, value)
    return undefined
  }
}

function ignored(letters: string): Readonly<Record<string, Take>> {
  return Object.fromEntries(letters.split('').map((letter) => [letter, nothing]))
}

function readOptions(given: Given, words: readonly string[]): { readonly rest: readonly string[]; readonly mistake?: string } {
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') return { rest: words.slice(at + 1) }
    if (!/^-./s.test(word)) break
    for (let letters = word.slice(1); letters !== ''; ) {
      const letter = letters[0] ?? ''
      letters = letters.slice(1)
      const attached = perhaps[letter] ?? (letters === '' ? undefined : valued[letter])
      const take = attached ?? valued[letter] ?? flags[letter]
      if (!take) return { rest: [], mistake: `invalid option -- ${letter}` }
      const wantsNext = !attached && valued[letter] !== undefined
      const value = attached ? letters : wantsNext ? words[++at] : ''
      if (value === undefined) return { rest: [], mistake: `option requires an argument -- ${letter}` }
      const mistake = take(given, value)
      if (mistake !== undefined) return { rest: [], mistake }
      if (attached) letters = ''
    }
  }
  return { rest: words.slice(at) }
}

function wishOf(given: Given, rest: readonly string[]): Wish {
  const { mode, selections } = given
  switch (mode) {
    case 'm':
      return given.flush ? { kind: 'flush', selections } : letterWish(given, rest)
    case 's':
      return { kind: 'session' }
    case 'v':
      return rest.length > 0 ? { kind: 'verify', addresses: rest } : { kind: 'mistake', text: 'Recipient names must be specified' }
    case 'p':
      return { kind: 'print', selections }
    case 'i':
      return { kind: 'aliases' }
    case 'd':
    case 'D':
      return { kind: 'mistake', text: 'the daemon is started by dialpost serve, and sends what waits by itself' }
    case 't':
      return { kind: 'mistake', text: 'addresses are tested by dialpost explain ADDRESS' }
    default:
      return { kind: 'mistake', text: `Invalid operation mode ${mode}` }
  }
}

function letterWish(given: Given, recipients: readonly string[]): Wish {
  const { t, i, sender, fullName, parameters, notify: asked } = given
  if (!t && recipients.length === 0) return { kind: 'mistake', text: 'Recipient names must be specified' }
  return {
    kind: 'letter',
    asked: {
      recipients,
      recipientsInHeader: t,
      dotIsData: i,
      parameters,
      ...(sender === undefined ? {} : { sender }),
      ...(fullName === undefined ? {} : { fullName }),
      ...(asked === undefined ? {} : { notify: asked }),
    },
  }
}

function body(given: Given, value: string): string | undefined {
  const type = value.toLowerCase()
  if (type !== '7bit' && type !== '8bitmime') return `Illegal body type ${value}; it is 7BIT or 8BITMIME`
  given.parameters.body = type
  return undefined
}

function notify(given: Given, value: string): string | undefined {
  const kinds = value.toLowerCase().split(',')
  const known = kinds.every((kind): kind is Notify => kind === 'never' || kind === 'success' || kind === 'failure' || kind === 'delay')
  if (!known || (kinds.length > 1 && kinds.includes('never'))) return `Invalid -N argument ${value}; it is never, or success,failure,delay`
  given.notify = [...new Set(kinds)]
  return undefined
}

function returned(given: Given, value: string): string | undefined {
  const part = value.toLowerCase()
  if (part !== 'full' && part !== 'hdrs') return `Invalid -R value ${value}; it is full or hdrs`
  given.parameters.ret = part
  return undefined
}

/** RFC 3461 §4.4: printable, at most 100 characters in xtext. */
function envelopeId(given: Given, value: string): string | undefined {
  if (!/^[\x20-\x7e]{1,33}$|^[!-*,-<>-~]{1,100}$/.test(value)) return `Invalid syntax in -V argument ${value}`
  given.parameters.envid = value
  return undefined
}

/** `-oi`, `-oem`, `-odb`. Of a boolean option, no value or one that begins with t or y is true. */
function shortOption(given: Given, value: string): undefined {
  const [letter, rest] = [value.slice(0, 1), value.slice(1)]
  if (letter === 'i') given.i = isTrue(rest)
  if (letter === 'v') given.verbose = isTrue(rest)
  if (letter === 'e') given.quiet = rest === 'q'
}

function longOption(given: Given, value: string): undefined {
  const [name = '', rest = ''] = value.split('=', 2)
  if (/^ignoredots$/i.test(name.trim())) given.i = isTrue(rest.trim())
  if (/^verbose$/i.test(name.trim())) given.verbose = isTrue(rest.trim())
  if (/^errormode$/i.test(name.trim())) given.quiet = /^q/i.test(rest.trim())
}

function isTrue(text: string): boolean {
  return text === '' || /^[ty]/i.test(text)
}

const kinds = { I: 'id', R: 'recipient', S: 'sender' } as const

/** `-q`, `-qf`, `-qR@far.example`, `-q!Seddy`, `-qI4F2`; `-q4F2` too, where that is no interval. */
function queueRun(given: Given, value: string): string | undefined {
  given.flush = true
  if (/^p?(\d+[smhdw]?)+$/i.test(value)) return 'the daemon, dialpost serve, sends what waits by itself; -q alone does it now'
  const [, not, kind, text = ''] = /^(!?)([IRS])(.+)$/s.exec(value) ?? []
  if (kind === 'I' || kind === 'R' || kind === 'S') given.selections.push({ by: kinds[kind], text, not: not === '!' })
  else if (/^[0-9A-F]+$/i.test(value) && !/^f$/.test(value)) given.selections.push({ by: 'id', text: value, not: false })
  else if (!/^(?:pf?|f|G.*)?$/.test(value))
    return `invalid argument of -q: ${value}; dialpost queue lists what waits, dialpost flush ID sends it`
  return undefined
}
