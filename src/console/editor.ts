/** The line that is being typed: what each key makes of it. Pure; a key that changes nothing gives back the same line. */
import type { Key } from './keys.ts'

export type Line = {
  /** Characters (code points). */
  readonly points: readonly string[]
  /** Before which of them the next one is put; as many as there are: behind the last. */
  readonly cursor: number
}

export const emptyLine: Line = { points: [], cursor: 0 }

/** Characters. What is typed beyond them is not taken. */
export const longestLine = 500

export function lineOf(text: string): Line {
  const points = Array.from(text).slice(0, longestLine)
  return { points, cursor: points.length }
}

export function textOf({ points }: Line): string {
  return points.join('')
}

export function edit(line: Line, key: Key): Line {
  const { points, cursor } = line
  switch (key.kind) {
    case 'text':
      return points.length < longestLine ? { points: points.toSpliced(cursor, 0, key.text), cursor: cursor + 1 } : line
    case 'backspace':
      return cut(line, cursor - 1, cursor)
    case 'delete':
    case 'eof':
      return cut(line, cursor, cursor + 1)
    case 'kill':
      return cut(line, cursor, points.length)
    case 'kill-before':
      return cut(line, 0, cursor)
    case 'kill-word':
      return cut(line, wordBefore(line), cursor)
    case 'left':
      return moved(line, cursor - 1)
    case 'right':
      return moved(line, cursor + 1)
    case 'home':
      return moved(line, 0)
    case 'end':
      return moved(line, points.length)
    default:
      return line
  }
}

/** Puts a text where the cursor is, in place of so many characters before it. */
export function replaceBefore(line: Line, length: number, text: string): Line {
  const { points, cursor } = cut(line, line.cursor - length, line.cursor)
  const added = Array.from(text).slice(0, longestLine - points.length)
  return { points: points.toSpliced(cursor, 0, ...added), cursor: cursor + added.length }
}

function cut(line: Line, from: number, to: number): Line {
  const { points } = line
  const [start, end] = [Math.max(0, from), Math.min(points.length, to)]
  return start >= end ? line : { points: points.toSpliced(start, end - start), cursor: start }
}

function moved(line: Line, cursor: number): Line {
  return cursor < 0 || cursor > line.points.length || cursor === line.cursor ? line : { ...line, cursor }
}

function wordBefore({ points, cursor }: Line): number {
  let at = cursor
  while (at > 0 && points[at - 1] === ' ') at--
  while (at > 0 && points[at - 1] !== ' ') at--
  return at
}
