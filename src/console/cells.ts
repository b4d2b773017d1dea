/** How much room text takes on a terminal: cells of a row, rows of a screen. Two cells for what East Asia writes, none for what sits on the letter before. Pure. */

const none = /^\p{M}$/u
const two =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]$/u

/** Of one character (code point). */
export function cellsOf(point: string): 0 | 1 | 2 {
  if (point < '\u0300') return 1
  return none.test(point) ? 0 : two.test(point) ? 2 : 1
}

export function cells(points: Iterable<string>): number {
  let sum = 0
  for (const point of points) sum += cellsOf(point)
  return sum
}

/** How many rows a line fills, 1 at the least. */
export function rowsOf(text: string, columns: number): number {
  return Math.max(1, Math.ceil(cells(text) / columns))
}

/** Tabs as the blanks that they are on a terminal. */
export function withoutTabs(text: string): string {
  if (!text.includes('\t')) return text
  return text.split('\t').reduce((before, part) => before + ' '.repeat(8 - (cells(before) % 8)) + part)
}

/** As much of its beginning as fits; no more than that. */
export function fitted(text: string, columns: number): string {
  let room = columns
  let fits = ''
  for (const point of text) {
    room -= cellsOf(point)
    if (room < 0) break
    fits += point
  }
  return fits
}

/** As lines that fit, broken at blanks where there are any; in a table what follows stays in its column. */
export function wrapped(text: string, columns: number): readonly string[] {
  if (cells(text) <= columns) return [text]
  const indent = ' '.repeat(columnOf(text, columns))
  const lines: string[] = []
  let rest = text
  while (cells(rest) > columns) {
    const fits = fitted(rest, columns + 1)
    const at = fits.lastIndexOf(' ')
    const inText = rest.search(/[^ ]/)
    // A word that is longer than a row is cut by the terminal itself.
    const cut = at > inText && at > 0 ? at : nextBlank(rest, fits.length)
    if (cut < 0) break
    lines.push(rest.slice(0, cut).trimEnd())
    rest = indent + rest.slice(cut).trimStart()
  }
  return [...lines, rest]
}

function nextBlank(text: string, from: number): number {
  const at = text.indexOf(' ', from)
  return text.slice(at).trim() === '' ? -1 : at
}

/** Where the last column of a table begins, in the left half; where there is none, a little to the right. */
function columnOf(text: string, columns: number): number {
  const starts = [...text.slice(0, Math.floor(columns / 2)).matchAll(/ {2,}(?=[^ ])/g)].map(({ index, 0: blanks }) => index + blanks.length)
  return starts.at(-1) ?? Math.min(4, Math.floor(columns / 4))
}
