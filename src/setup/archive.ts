/**
 * The settings folder as one plain text, to be kept, read, printed and pasted:
 *
 *   dialpost settings 1 moriah.shire.lan
 *   file 644 text box
 *   |HOSTNAME=moriah.shire.lan
 *   |PEOPLE=a line that is longer than a row of a terminal goes on in the
 *   + next one
 *   file 600 base64 dialpost.d/isp
 *   |c2VjcmV0
 *   without dialpost.d/lan.pem
 *   sha256 5b1c…
 *   end
 *
 * The sum is that of all lines before its own, each with its line feed; so a terminal may do what it likes to line ends, and nothing else. Pure
 * but for the sum.
 */
import { createHash } from 'node:crypto'
import { cells, fitted } from '../console/cells.ts'
import { type Folder, isName, isSecret, type Kept } from './folder.ts'

export type Archive = {
  readonly folder: Folder
  /** Secrets that were left out. */
  readonly without: readonly string[]
}

const first = 'dialpost settings 1'
/** Cells of a row, with its mark: no terminal breaks it. */
const longestRow = 78
export const last = 'end'

export function archiveOf(
  folder: Folder,
  { secrets, of }: { readonly secrets: boolean /** Whose they are, for people. */; readonly of: string },
): string {
  const entries = [...folder].sort(([one], [other]) => (one < other ? -1 : 1))
  const lines = [
    `${first} ${of}`.trimEnd(),
    ...entries.flatMap(([name, file]) => (isSecret(name, file) && !secrets ? [`without ${name}`] : fileLines(name, file))),
  ]
  return `${[...lines, `sha256 ${sum(lines)}`, last].join('\n')}\n`
}

/** What stands before the first line or behind the last does not count: a prompt, a greeting, a mail's header. */
export function readArchive(text: string): Archive | { readonly trouble: string } {
  const all = text.split('\n').map((line) => line.replace(/\r+$/, ''))
  const start = all.findIndex((line) => line.startsWith(first))
  if (start < 0) return { trouble: 'this is no export of settings: no line begins with "dialpost settings 1"' }
  const end = all.indexOf(last, start)
  if (end < 0) return { trouble: 'the end is missing: it is cut off; take the whole file, to the line "end"' }
  const lines = all.slice(start, end - 1)
  const given = /^sha256 ([\da-f]{64})$/.exec(all[end - 1] ?? '')?.[1]
  if (given !== sum(lines))
    return { trouble: 'the sum does not fit: something was changed or lost on the way; take it from its source again' }
  return filesIn(lines.slice(1))
}

function filesIn(lines: readonly string[]): Archive | { readonly trouble: string } {
  const folder = new Map<string, Kept>()
  const without: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const left = /^without (\S+)$/.exec(line)?.[1]
    if (left !== undefined) {
      without.push(left)
      continue
    }
    const [, mode = '', form, name = ''] = /^file ([0-7]{3}) (text|base64) (\S+)$/.exec(line) ?? []
    if (!isName(name) || folder.has(name)) return { trouble: `what does this line mean: ${JSON.stringify(line.slice(0, 60))}?` }
    const length = lines.slice(at + 1).findIndex((one) => !/^[|+]/.test(one))
    const rows = lines.slice(at + 1, length < 0 ? undefined : at + 1 + length)
    folder.set(name, { mode: Number.parseInt(mode, 8), octets: octetsOf(form, unfolded(rows)) })
    at += rows.length
  }
  return { folder, without }
}

function octetsOf(form: string | undefined, content: readonly string[]): Uint8Array {
  return form === 'base64' ? Buffer.from(content.join(''), 'base64') : Buffer.from(content.map((line) => `${line}\n`).join(''))
}

function fileLines(name: string, { mode, octets }: Kept): readonly string[] {
  const text = plainText(octets)
  const head = `file ${mode.toString(8).padStart(3, '0')} ${text === undefined ? 'base64' : 'text'} ${name}`
  const content =
    text === undefined
      ? (Buffer.from(octets)
          .toString('base64')
          .match(/.{1,76}/g) ?? [])
      : text.split('\n').slice(0, -1)
  return [head, ...content.flatMap(folded)]
}

/** A blank at the end of a row could be lost on the way: it begins the next one. */
function folded(line: string): readonly string[] {
  const rows: string[] = []
  let rest = line
  while (cells(rest) >= longestRow) {
    const row = fitted(rest, longestRow - 1).trimEnd()
    rows.push(row)
    rest = rest.slice(row.length)
  }
  return [...rows, rest].map((row, at) => (at === 0 ? '|' : '+') + row)
}

function unfolded(rows: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const row of rows) lines.push(row.startsWith('+') ? (lines.pop() ?? '') + row.slice(1) : row.slice(1))
  return lines
}

/** What looks the same after any terminal: UTF-8 in whole lines, without control characters, blanks at the end of a line, or a row full of them. */
function plainText(octets: Uint8Array): string | undefined {
  const text = Buffer.from(octets).toString('utf8')
  const same = Buffer.from(text).equals(octets)
  return same && (text === '' || text.endsWith('\n')) && !/[\p{Cc}--\n]|\p{Cf}|[^\S\n]\n|\s{60}/v.test(text) ? text : undefined
}

function sum(lines: readonly string[]): string {
  return createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex')
}
