/**
 * On which line of a TOML file each key and each element of a list stands, since the parser does not say.
 * Expects a document that the parser has taken; anything else gives lines that are merely near.
 */

/** From the top of the document: keys, and the index in an array or an array of tables. */
export type Path = readonly (string | number)[]

/** Line of the path, or of the nearest table around it; 1 for the document itself. Any index 0 also finds a `[table]` that stands for a list of one. */
export type Lines = (path: Path) => number

type Reader = { readonly text: string; at: number; line: number; readonly found: Map<string, number> }

export function positions(toml: string): Lines {
  const reader: Reader = { text: toml, at: 0, line: 1, found: new Map() }
  const counts = new Map<string, number>()
  let table: Path = []
  for (skip(reader, /\s/); reader.at < toml.length; skip(reader, /\s/)) {
    if (toml[reader.at] === '[') table = header(reader, counts)
    else pair(reader, table)
    toEndOfLine(reader)
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const around = path.slice(0, length)
      const [line] = withoutFirsts(around).flatMap((way) => reader.found.get(keyOf(way)) ?? [])
      if (line !== undefined) return line
    }
    return 1
  }
}

/** The path itself, and without some of its 0s: each may be the index of a list that was written as one table. */
function withoutFirsts([first, ...rest]: Path): readonly Path[] {
  if (first === undefined) return [[]]
  const ways = withoutFirsts(rest)
  return [...ways.map((way) => [first, ...way]), ...(first === 0 ? ways : [])]
}

/** `[a.b]` or `[[a.b]]`: the path of what follows. Names of arrays of tables on the way mean their last element. */
function header(reader: Reader, counts: Map<string, number>): Path {
  const isArray = reader.text.startsWith('[[', reader.at)
  reader.at += isArray ? 2 : 1
  const names = keys(reader, ']')
  let path: Path = []
  for (const [depth, name] of names.entries()) {
    path = [...path, name]
    const key = keyOf(path)
    const last = depth === names.length - 1
    if (last && isArray) counts.set(key, (counts.get(key) ?? 0) + 1)
    note(reader, path)
    const count = counts.get(key)
    if (count === undefined) continue
    path = [...path, count - 1]
    if (last && isArray) note(reader, path)
  }
  return path
}

/** `a.b = value`. */
function pair(reader: Reader, table: Path): void {
  const start = reader.at
  let path = table
  for (const name of keys(reader, '=')) {
    path = [...path, name]
    note(reader, path)
  }
  if (reader.text[reader.at] === '=') {
    reader.at++
    value(reader, path)
  } else if (reader.at === start) reader.at++
}

function value(reader: Reader, path: Path): void {
  skip(reader, /[ \t]/)
  const sign = reader.text[reader.at]
  if (sign === '"' || sign === "'") quoted(reader)
  else if (sign === '[') elements(reader, path)
  else if (sign === '{') members(reader, path)
  else skip(reader, /[^\s,\]}#]/)
}

function elements(reader: Reader, path: Path): void {
  reader.at++
  for (let index = 0; nextItem(reader, ']'); index++) {
    note(reader, [...path, index])
    const start = reader.at
    value(reader, [...path, index])
    if (reader.at === start) return
  }
}

function members(reader: Reader, path: Path): void {
  reader.at++
  while (nextItem(reader, '}')) {
    const start = reader.at
    pair(reader, path)
    if (reader.at === start) return
  }
}

/** Moves over blanks, commas, line ends and comments; false when the closing sign or the end has been passed. */
function nextItem(reader: Reader, end: string): boolean {
  for (;;) {
    skip(reader, /[\s,]/)
    if (reader.text[reader.at] !== '#') break
    toEndOfLine(reader)
  }
  if (reader.at >= reader.text.length) return false
  if (reader.text[reader.at] !== end) return true
  reader.at++
  return false
}

/** The parts of a dotted key, up to the sign that ends it. */
function keys(reader: Reader, end: string): readonly string[] {
  const names: string[] = []
  for (;;) {
    skip(reader, /[ \t.]/)
    const sign = reader.text[reader.at]
    if (sign === undefined || sign === end || sign === '\n') return names
    const start = reader.at
    if (sign === '"' || sign === "'") {
      quoted(reader)
      names.push(unquoted(reader.text.slice(start, reader.at)))
    } else {
      skip(reader, /[\w-]/)
      if (reader.at === start) return names
      names.push(reader.text.slice(start, reader.at))
    }
  }
}

/** A string of any of the four kinds; the short ones end with their line if nothing else ends them. */
function quoted(reader: Reader): void {
  const sign = reader.text[reader.at] ?? ''
  const long = reader.text.startsWith(sign.repeat(3), reader.at)
  const end = long ? sign.repeat(3) : sign
  reader.at += end.length
  while (reader.at < reader.text.length && !reader.text.startsWith(end, reader.at)) {
    if (!long && reader.text[reader.at] === '\n') return
    if (sign === '"' && reader.text[reader.at] === '\\') step(reader)
    step(reader)
  }
  reader.at += end.length
  // A long string may end in one or two signs of its own.
  if (long) skip(reader, new RegExp(sign))
}

function unquoted(key: string): string {
  if (key.startsWith("'")) return key.slice(1, -1)
  try {
    return String(JSON.parse(key))
  } catch {
    return key.slice(1, -1)
  }
}

function toEndOfLine(reader: Reader): void {
  skip(reader, /[^\n]/)
}

function skip(reader: Reader, over: RegExp): void {
  while (reader.at < reader.text.length && over.test(reader.text[reader.at] ?? '')) step(reader)
}

function step(reader: Reader): void {
  if (reader.text[reader.at] === '\n') reader.line++
  reader.at++
}

/** The first place counts: a table may be reopened below by a dotted name. */
function note(reader: Reader, path: Path): void {
  const key = keyOf(path)
  if (!reader.found.has(key)) reader.found.set(key, reader.line)
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String))
}
