/** From one picture of a screen to the next, with as few octets as that takes: only what differs is written, each stretch of it after a move of the cursor. Pure. */
import { cellsOf } from './cells.ts'

/** Equal characters between two that differ: fewer are written again, for a move costs as much. */
const gap = 8

export function difference(before: readonly string[], after: readonly string[]): string {
  const rows = Math.max(before.length, after.length)
  return Array.from({ length: rows }, (_, row) => rowDifference(row, before[row] ?? '', after[row] ?? '')).join('')
}

function rowDifference(row: number, before: string, after: string): string {
  if (before === after) return ''
  const [old, now] = [Array.from(before), Array.from(after)]
  const rest = now.length < old.length ? '\x1b[K' : ''
  // Where characters and cells are not the same the row is written anew.
  if ([...old, ...now].some((point) => cellsOf(point) !== 1)) return `${move(row, 0)}${after}\x1b[K`
  const parts = stretches(old, now).map(([from, to]) => move(row, from) + now.slice(from, to).join(''))
  const end = rest === '' ? '' : move(row, now.length) + rest
  return parts.join('') + end
}

function stretches(old: readonly string[], now: readonly string[]): readonly (readonly [number, number])[] {
  const found: [number, number][] = []
  for (const [at, point] of now.entries()) {
    if (old[at] === point) continue
    const last = found.at(-1)
    if (last && at - last[1] < gap) last[1] = at + 1
    else found.push([at, at + 1])
  }
  return found
}

function move(row: number, column: number): string {
  return column === 0 ? `\x1b[${row + 1}H` : `\x1b[${row + 1};${column + 1}H`
}
