/**
 * What can still be read of a file with broken lines, so that one slip does not hide the others: each statement that the
 * parser refuses is reported and blanked, with everything under it if it is the head of a table.
 */

/** The parser: a tree, or the first mistake with its line (from 1). */
export type Parse = (toml: string) => { readonly tree: Readonly<Record<string, unknown>> } | Broken
export type Broken = { readonly line: number; readonly complaint: string }

/** `text` has as many lines as the document, and parses. */
export type Salvage = { readonly text: string; readonly broken: readonly Broken[] }

export function salvage(toml: string, parse: Parse): Salvage {
  const lines = toml.split('\n')
  const broken: Broken[] = []
  // Every turn blanks one line at least, and ends when nothing is refused any more.
  for (;;) {
    const whole = parse(lines.join('\n'))
    if ('tree' in whole) return { text: lines.join('\n'), broken }
    const found = culprit(lines, parse) ?? lineOf(whole, lines)
    const at = found.mistake.line - 1
    broken.push({ line: found.mistake.line, complaint: explain(found.mistake.complaint, lines[at] ?? '') })
    blank(lines, found.from, isHeader(lines[found.from - 1] ?? '') ? endOfTable(lines, found.to) : found.to)
  }
}

type Culprit = { readonly from: number; readonly to: number; readonly mistake: Broken }

/** For what no statement alone explains: the line itself, or the last one before it that still says something. */
function lineOf(mistake: Broken, lines: readonly string[]): Culprit {
  const last = lines.findLastIndex((text, index) => index < mistake.line && text.trim() !== '') + 1
  return { from: Math.max(1, last), to: Math.max(1, last), mistake }
}

/** The first statement that is refused even by itself: lines `from` to `to`, both counted from 1 and included. */
function culprit(lines: readonly string[], parse: Parse): Culprit | undefined {
  const starts = lines.flatMap((text, index) => (isHeader(text) || isPair(text) ? [index] : []))
  for (let n = 0; n < starts.length; ) {
    const from = starts[n] ?? 0
    const alone = parse(piece(lines, from, starts[n + 1]))
    if ('tree' in alone) {
      n++
      continue
    }
    const length = joined(lines, starts.slice(n), parse)
    if (length === undefined)
      return {
        from: from + 1,
        to: starts[n + 1] ?? lines.length,
        mistake: { ...alone, line: Math.min(from + alone.line, starts[n + 1] ?? lines.length) },
      }
    n += length
  }
  return undefined
}

/** A long string or list may look like several statements: how many of them together are one that parses. */
function joined(lines: readonly string[], starts: readonly number[], parse: Parse): number | undefined {
  for (let length = 2; length <= Math.min(40, starts.length); length++) {
    if ('tree' in parse(piece(lines, starts[0] ?? 0, starts[length]))) return length
  }
  return undefined
}

function piece(lines: readonly string[], from: number, to: number | undefined): string {
  return lines.slice(from, to).join('\n')
}

function isHeader(line: string): boolean {
  return /^\s*\[\[?\s*[A-Za-z_"']/.test(line) && !/^\s*\[\s*["'][^\]]*,/.test(line)
}

function isPair(line: string): boolean {
  return /^\s*(?:[\w.-]+|"[^"]*"|'[^']*')[ \t\w]*[=:]/.test(line) || /^\s*[A-Za-z_][\w.-]*\s*(?:["'[{].*|\s\d.*)?$/.test(line)
}

function endOfTable(lines: readonly string[], from: number): number {
  const next = lines.findIndex((line, index) => index >= from && isHeader(line))
  return next < 0 ? lines.length : next
}

function blank(lines: string[], from: number, to: number): void {
  lines.fill('', from - 1, Math.max(from, to))
}

/** The parser's words, or better ones where the line shows what was meant. */
function explain(complaint: string, line: string): string {
  const [, key = '', whole = ''] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
  const value = /^["']/.test(whole) ? whole : whole.replace(/\s*#.*$/, '')
  if (/redefin/.test(complaint)) return repeated(line)
  if (/^\s*\[/.test(line) && key === '') return `the head of the table is broken; write it as [name] or [[name]] on a line of its own`
  if (/^\s*[\w.-]+\s*:/.test(line)) return `settings are written with =, not with a colon: name = value`
  if (key === '') return `${complaint}; write each setting on its own line as name = value`
  if (value === '') return `${key} has no value; write one behind the =`
  if (/^(?:yes|no|on|off|true|false)$/i.test(value))
    return `${value} is no value; write ${/^(?:yes|on|true)$/i.test(value) ? 'true' : 'false'}, in small letters and without quotes`
  if (/[“”„‘’]/.test(value)) return `the quotes around ${key} are typographic; write plain ones: "`
  if (/^(?:"(?:[^"\\]|\\.)*|'[^']*)$/.test(value)) return `the text behind ${key} has no closing quote; write ${value[0]} at its end`
  if (/^["']/.test(value) && /escape/.test(complaint))
    return `the text behind ${key} has a backslash that means nothing; write \\\\, or put the text in '…'`
  if (/^[[{]/.test(value))
    return `the ${value.startsWith('[') ? 'list' : 'table'} behind ${key} is broken; write its elements with commas between, and close it with ${value.startsWith('[') ? ']' : '}'}`
  if (/^["']/.test(value)) return `something stands behind the text of ${key}; write one value on the line`
  return /pass|secret/i.test(key) ? `the value of ${key} is not in quotes` : `${value} is not in quotes; write ${key} = "${value}"`
}

function repeated(line: string): string {
  const header = /^\s*\[\s*([\w.-]+)\s*\]/.exec(line)
  if (header)
    return `the table [${header[1]}] stands here a second time; write its settings under the first, or [[${header[1]}]] at both where there may be several`
  const key = /^\s*([\w.-]+)/.exec(line)?.[1] ?? 'this'
  return `${key} is set a second time; write it once`
}
