/** What a command says, page by page: no more at once than a screen holds, and what comes then waits for a key. Pure. */
import { rowsOf, withoutTabs, wrapped } from './cells.ts'
import { printable } from './words.ts'

export type Size = { readonly columns: number; readonly rows: number }

/** What a command did, in its order. */
export type Item =
  /** `live`: it happens now, and is shown at once. */
  | { readonly kind: 'line'; readonly text: string; readonly live: boolean }
  | { readonly kind: 'asked'; readonly question: string }
  | { readonly kind: 'ended'; readonly code: number }

export type Page = {
  /** Rows that are free still. */
  readonly left: number
  readonly waiting: readonly Item[]
  /** Full, and something waits. */
  readonly paused: boolean
}

export const more = '--more--'
/** Takes `--more--` away again. */
const noMore = `\r${' '.repeat(more.length)}\r`

/** One row is for `--more--`, or the next prompt. */
export function emptyPage({ rows }: Size): Page {
  return { left: Math.max(1, rows - 1), waiting: [], paused: false }
}

/** What strangers wrote is made harmless. */
export function linesOf(text: string, live: boolean, { columns }: Size): readonly Item[] {
  const lines = text.split('\n').flatMap((line) => wrapped(printable(withoutTabs(line.replaceAll('\r', ''))), columns))
  return lines.map((line) => ({ kind: 'line', text: line, live }))
}

/** Shows what there is room for. `reached`: a question or the end, when all before it is shown. */
export function turn(page: Page, size: Size): { readonly page: Page; readonly text: string; readonly reached?: Item } {
  const full = emptyPage(size).left
  let { left } = page
  let text = ''
  for (const [at, item] of page.waiting.entries()) {
    const rest = page.waiting.slice(at)
    if (item.kind !== 'line') return { page: { left, waiting: rest.slice(1), paused: false }, text, reached: item }
    const rows = rowsOf(item.text, size.columns)
    if (!item.live && rows > left && left < full) return { page: { left, waiting: rest, paused: true }, text: text + more }
    left = item.live ? full : left - rows
    text += `${item.text}\r\n`
  }
  return { page: { left, waiting: [], paused: false }, text }
}

/** The next so many rows. */
export function goOn(page: Page, rows: number, size: Size): ReturnType<typeof turn> {
  const next = turn({ ...page, left: rows, paused: false }, size)
  return { ...next, text: noMore + next.text }
}

/** Nobody wants to see the rest; whatever is not a line remains. */
export function cutShort(page: Page): { readonly page: Page; readonly text: string } {
  const waiting = page.waiting.filter(({ kind }) => kind !== 'line')
  return { page: { ...page, waiting, paused: false }, text: page.paused ? noMore : '' }
}
