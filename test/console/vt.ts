/** As much of a VT100 as the console may use, to see what a person sees; anything else is a fault of the console. Rows that scroll away are remembered. */
import { cellsOf } from '../../src/console/cells.ts'

export interface Vt {
  feed(text: string): void
  /** Of the screen, without blanks at their ends. */
  rows(): readonly string[]
  /** All that was ever seen, the screen with it, without empty rows at the end. */
  seen(): readonly string[]
  cursor(): { readonly row: number; readonly column: number }
}

export function vt(columns: number, height: number): Vt {
  const blank = (): string[] => Array.from({ length: columns }, () => ' ')
  let screen = Array.from({ length: height }, blank)
  const gone: string[] = []
  let [row, column] = [0, 0]
  let kept: readonly [number, number] = [0, 0]
  /** An escape sequence whose end has not come. */
  let begun = ''
  const textOf = (cells: readonly string[]): string => cells.join('').trimEnd()
  const lineFeed = (): void => {
    if (row < height - 1) row++
    else {
      gone.push(textOf(screen[0] ?? []))
      screen = [...screen.slice(1), blank()]
    }
  }
  const put = (point: string): void => {
    const width = cellsOf(point)
    if (width === 0) {
      const at = screen[row]
      if (at && column > 0) at[column - 1] += point
      return
    }
    if (column + width > columns) {
      column = 0
      lineFeed()
    }
    screen[row]?.splice(column, width, point, ...(width === 2 ? [''] : []))
    column += width
  }
  const numbers = (parameters: string): readonly number[] => parameters.split(';').map((one) => (one === '' ? 1 : Number(one)))
  const sequence = (parameters: string, final: string): void => {
    const [first = 1, second = 1] = numbers(parameters)
    switch (final) {
      case 'H':
        row = Math.min(height, first) - 1
        column = Math.min(columns, second) - 1
        return
      case 'J':
        screen = Array.from({ length: height }, blank)
        return
      case 'K':
        screen[row]?.fill(' ', column)
        return
      case 'C':
        column = Math.min(columns - 1, column + first)
        return
      case 'D':
        column = Math.max(0, Math.min(column, columns - 1) - first)
        return
      case 'h':
      case 'l':
      case 'n':
        return
      default:
        throw new Error(`no VT100 does ${JSON.stringify(`${parameters}${final}`)} for us`)
    }
  }
  const control = (octet: string): void => {
    if (octet === '\r') column = 0
    else if (octet === '\n') lineFeed()
    else if (octet === '\b') column = Math.max(0, Math.min(column, columns - 1) - 1)
    else throw new Error(`a terminal does not want ${JSON.stringify(octet)}`)
  }
  return {
    feed(text) {
      const whole = begun + text
      begun = /\x1b(?:\[[\d;?]*)?$/.exec(whole)?.[0] ?? ''
      for (const [part, parameters, final] of whole
        .slice(0, whole.length - begun.length)
        .matchAll(/\x1b\[([\d;?]*)([A-Za-z])|\x1b[78]|[^]/gu)) {
        if (final !== undefined) sequence(parameters ?? '', final)
        else if (part === '\x1b7') kept = [row, column]
        else if (part === '\x1b8') [row, column] = kept
        else if (part < ' ') control(part)
        else put(part)
      }
    },
    rows: () => screen.map(textOf),
    seen() {
      const all = [...gone, ...screen.map(textOf)]
      return all.slice(0, all.findLastIndex((one) => one !== '') + 1)
    },
    cursor: () => ({ row, column }),
  }
}
