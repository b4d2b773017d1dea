/**
 * What stands in a .fetchmailrc: its `set` statements and its servers with their users, each option with its line, nothing merged and nothing
 * judged. One mistake does not hide the next: reading goes on at the next statement. Pure.
 */
import { authentications, optionOf, protocols, type Option } from './fetchmail-options.ts'
import { type Token, tokens } from './fetchmail-tokens.ts'
import type { Mistake } from './mistake.ts'

/** `names`: a list of local names, each with its name at the ISP; `*` is every other one. */
export type Value =
  | boolean
  | number
  | string
  | readonly string[]
  | { readonly names: readonly (readonly [remote: string, local: string])[] }

export type Given = { readonly name: string; readonly value: Value; readonly line: number }

/** What is a text or a number, as a text; '' for all else. */
export function textOf(given: Given | undefined): string {
  return typeof given?.value === 'string' || typeof given?.value === 'number' ? String(given.value) : ''
}

export type Statement =
  | { readonly kind: 'set'; readonly given: Given }
  | {
      readonly kind: 'poll' | 'skip' | 'defaults'
      readonly name: string
      readonly line: number
      readonly server: readonly Given[]
      /** Options of each user, in order; one without any if there is no user. */
      readonly users: readonly (readonly Given[])[]
    }

export function readFetchmailrc(text: string): { readonly statements: readonly Statement[]; readonly mistakes: readonly Mistake[] } {
  const scanned = tokens(text)
  if ('mistake' in scanned) return { statements: [], mistakes: [scanned.mistake] }
  const read = reader(scanned.tokens)
  const statements: Statement[] = []
  const mistakes: Mistake[] = []
  while (read.peek().kind !== 'end') {
    const statement = readStatement(read, statements)
    if ('message' in statement) {
      mistakes.push(statement)
      while (read.peek().kind !== 'end' && !begins(read.peek())) read.next()
    } else statements.push(statement)
  }
  return { statements, mistakes }
}

type Reader = { peek(ahead?: number): Token; next(): Token; took(keyword: string): boolean }

function reader(all: readonly Token[]): Reader {
  let at = 0
  const peek = (ahead = 0): Token => all[at + ahead] ?? { kind: 'end', line: all.at(-1)?.line ?? 1 }
  const next = (): Token => all[at++] ?? peek()
  return { peek, next, took: (keyword) => isKeyword(peek(), keyword) && next() !== undefined }
}

function readStatement(read: Reader, before: readonly Statement[]): Statement | Mistake {
  const first = read.next()
  if (isKeyword(first, 'set')) {
    const given = readSet(read)
    return 'message' in given ? given : { kind: 'set', given }
  }
  if (isKeyword(first, 'defaults')) {
    const late = before.some(({ kind }) => kind !== 'set')
    const entry = readServer(read, 'defaults', '', first.line)
    return late ? wrong(first, 'defaults may stand but once, before the first poll') : entry
  }
  if (first.kind === 'keyword' && (first.text === 'poll' || first.text === 'skip')) {
    const name = read.peek()
    if (name.kind !== 'string') return wrong(name, `the name of a server is expected after ${first.text}, ${foundAs(name)}`)
    read.next()
    return readServer(read, first.text, name.text, first.line)
  }
  return wrong(first, `poll, skip, defaults or set is expected here, ${foundAs(first)}`)
}

function readSet(read: Reader): Given | Mistake {
  const denied = read.took('no')
  const word = read.next()
  const option = word.kind === 'keyword' ? optionOf(word.text, true) : undefined
  if (word.kind !== 'keyword' || !option)
    return wrong(word, `an option such as daemon or postmaster is expected after set, ${foundAs(word)}`)
  if (option.takes !== 'flag' && read.peek().kind === 'maps') read.next()
  return readOption(read, word.text, option, denied, word.line)
}

function readServer(read: Reader, kind: 'poll' | 'skip' | 'defaults', name: string, line: number): Statement | Mistake {
  const server: Given[] = []
  const users: Given[][] = []
  let explicit = false
  for (;;) {
    const word = read.peek()
    if (word.kind === 'end' || begins(word)) return { kind, name, line, server, users: users.length === 0 ? [[]] : users }
    read.next()
    const denied = isKeyword(word, 'no')
    const named = denied ? read.next() : word
    const option = named.kind === 'keyword' ? optionOf(named.text, false) : undefined
    if (named.kind !== 'keyword' || !option) return wrong(named, `an option is expected here, ${foundAs(named)}`)
    if (option.place === 'server' && users.length > 0)
      return wrong(named, `${named.text} is an option of the server, and is expected before those of its users`)
    if (named.text === 'user' && users.length > 0 && !explicit) return wrong(named, 'user is expected before the other options of the user')
    const given = readOption(read, named.text, option, denied, word.line)
    if ('message' in given) return given
    if (named.text === 'user') explicit = true
    if (option.place === 'server') server.push(given)
    else if (named.text === 'user' || users.length === 0) users.push([given])
    else users.at(-1)?.push(given)
  }
}

function readOption(read: Reader, name: string, { takes }: Option, denied: boolean, line: number): Given | Mistake {
  const first = read.peek()
  if (denied && takes !== 'flag' && name !== 'envelope') return wrong(first, `no is not expected before ${name}`)
  if (denied || takes === 'flag' || name === 'lmtp') return { name, value: !denied, line }
  if (takes === 'names') return readNames(read, name, line)
  if (takes === 'envelope' && first.kind === 'number') {
    read.next()
    const header = read.next()
    if (header.kind !== 'string') return wrong(header, `the name of a header is expected after envelope and its number, ${foundAs(header)}`)
    return { name, value: [String(first.value), header.text], line }
  }
  if (takes === 'strings' || takes === 'numbers') return readList(read, name, takes === 'strings' ? 'string' : 'number', line)
  read.next()
  if (takes === 'protocol' || takes === 'auth' || takes === 'word') {
    const known = takes === 'protocol' ? protocols : takes === 'auth' ? authentications : undefined
    if (first.kind === 'keyword' && (known?.has(first.text) ?? true)) return { name, value: first.text, line }
    if (takes === 'auth' && isKeyword(first, 'password')) return { name, value: 'password', line }
    const choice = { protocol: 'a protocol such as pop3 or imap', auth: 'a way to log in such as password', word: 'a word such as accept' }[
      takes
    ]
    return wrong(first, `${choice} is expected after ${name}, ${foundAs(first)}`)
  }
  if (first.kind === 'number' && takes !== 'string') return { name, value: first.value, line }
  if (first.kind === 'string' && takes !== 'number') return { name, value: first.text, line }
  return wrong(first, `a ${takes === 'number' ? 'number' : 'name or a text'} is expected after ${name}, ${foundAs(first)}`)
}

function readList(read: Reader, name: string, kind: 'string' | 'number', line: number): Given | Mistake {
  const list: string[] = []
  for (let token = read.peek(); token.kind === kind; token = read.peek()) {
    list.push(token.kind === 'number' ? String(token.value) : token.kind === 'string' ? token.text : '')
    read.next()
  }
  const what = kind === 'number' ? 'a number' : 'a name'
  return list.length > 0 ? { name, value: list, line } : wrong(read.peek(), `${what} is expected after ${name}, ${foundAs(read.peek())}`)
}

/** `user X`, `user X there`, `is X there` name somebody at the ISP: a string; `is …`, `to …`, `user … here` people here. */
function readNames(read: Reader, name: string, line: number): Given | Mistake {
  const names: [string, string][] = []
  for (let token = read.peek(); token.kind === 'string'; token = read.peek()) {
    read.next()
    if (read.peek().kind === 'maps') {
      read.next()
      const local = read.next()
      if (local.kind !== 'string') return wrong(local, `a name of somebody here is expected after =, ${foundAs(local)}`)
      names.push([token.text, local.text])
    } else names.push([token.text, token.text])
  }
  const [only] = names
  if (only === undefined) return wrong(read.peek(), `a name is expected after ${name}, ${foundAs(read.peek())}`)
  const alone = names.length === 1 && only[0] === only[1]
  if (alone && name !== 'to' && read.took('there')) return { name: 'user', value: only[0], line }
  if (read.took('here') || name !== 'user') return { name: name === 'user' ? 'user' : 'to', value: { names }, line }
  return alone ? { name: 'user', value: only[0], line } : wrong(read.peek(), `here is expected after these names, ${foundAs(read.peek())}`)
}

function begins(token: Token): boolean {
  return token.kind === 'keyword' && ['poll', 'skip', 'defaults', 'set'].includes(token.text)
}

function isKeyword(token: Token, text: string): boolean {
  return token.kind === 'keyword' && token.text === text
}

function wrong({ line }: Token, message: string): Mistake {
  return { line, message }
}

/** What stands there; never its words, which may be somebody's password. */
function foundAs(token: Token): string {
  if (token.kind === 'end') return 'where the file ends'
  if (token.kind === 'keyword') return `not ${token.text}`
  return `not ${{ string: 'a text', number: 'a number', maps: '=' }[token.kind]}`
}
