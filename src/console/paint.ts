/**
 * The typed line on one row of a VT100: what must be sent so that the row shows the line as it is now. As little as that takes, for the
 * line may be slow. What does not fit is scrolled sideways. Pure.
 */
import { cells, cellsOf } from './cells.ts'
import type { Line } from './editor.ts'

/** For a row that is empty from where the line begins, with the cursor there. `width`: its cells from there on. */
export function paint(line: Line, width: number): string {
  return repaint({ points: [], cursor: 0 }, line, width)
}

/** For a row that shows the line before. */
export function repaint(before: Line, after: Line, width: number): string {
  const [old, now] = [viewOf(before, width), viewOf(after, width)]
  const same = common(old.shown, now.shown)
  if (same === old.shown.length && same === now.shown.length) return moves(now.shown, old.cursor, now.cursor)
  const rest = now.shown.slice(same)
  return [
    moves(old.shown, old.cursor, same),
    rest.join(''),
    cells(now.shown) < cells(old.shown) ? '\x1b[K' : '',
    moves(now.shown, now.shown.length, now.cursor),
  ].join('')
}

type View = { readonly shown: readonly string[]; readonly cursor: number }

/** The part of the line that is seen: it stays where it is until the cursor leaves it, half a row at a time. */
function viewOf({ points, cursor }: Line, width: number): View {
  if (cells(points) < width) return { shown: points, cursor }
  const half = Math.max(1, Math.floor(width / 2))
  let start = Math.max(0, Math.floor((cursor - Math.floor(width / 4)) / half) * half)
  while (start < cursor && cells(points.slice(start, cursor)) > width - 2) start++
  // What sits on a letter is not shown without it.
  while (start < cursor && cellsOf(points[start] ?? '') === 0) start++
  let end = start
  for (let room = width - 1; end < points.length; end++) {
    room -= cellsOf(points[end] ?? '')
    if (room < 0) break
  }
  return { shown: points.slice(start, end), cursor: Math.min(cursor, end) - start }
}

/** How many characters are the same; never between a letter and what sits on it. */
function common(a: readonly string[], b: readonly string[]): number {
  let same = 0
  while (same < a.length && same < b.length && a[same] === b[same]) same++
  const sits = (point: string | undefined): boolean => point !== undefined && cellsOf(point) === 0
  while (same > 0 && (sits(a[same]) || sits(b[same]))) same--
  return same
}

/** A few cells by backspaces, or by writing again what is there: shorter than to name their number. */
function moves(shown: readonly string[], from: number, to: number): string {
  const between = shown.slice(Math.min(from, to), Math.max(from, to))
  const count = cells(between)
  if (count === 0) return ''
  // What sits on a letter would sit there twice.
  const again = count <= 3 && between.every((point) => cellsOf(point) > 0)
  if (to > from) return again ? between.join('') : `\x1b[${count}C`
  return count <= 3 ? '\b'.repeat(count) : `\x1b[${count}D`
}
