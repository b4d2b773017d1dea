/** The figures of several rounds as tables: medians, and ratios to the first contender within a round. */
import type { Backlog } from './backlog.ts'
import type { Figures } from './measure.ts'

export type Row = { readonly name: string; readonly durable: boolean; readonly figures: Readonly<Record<string, Figures>> }

export function printQueueing(rounds: readonly (readonly Row[])[]): void {
  const ways = ['each', 'kept', 'attachment']
  console.log('\nQueue only: a connection a letter / kept / kept, letters of base64')
  print(['', 'accepted/s', `ratio`, 'CPU ms', 'KB written', 'flushes'], rounds, ways)
}

export function printDelivering(rounds: readonly (readonly Row[])[]): void {
  console.log('\nInto one mbox, end to end')
  print(['', 'letters/s', 'ratio', 'CPU ms', 'KB written', 'flushes'], rounds, ['mbox'])
}

export function printBacklog(rows: readonly Backlog[]): void {
  if (rows.length === 0) return
  console.log('\nLetters waiting: anonymous memory, seconds to start, seconds from the line up to the first MAIL')
  for (const { letters, memory, start, first } of rows)
    console.log(`${String(letters).padStart(6)}   ${memory.toFixed(1)} MB   ${start.toFixed(2)}   ${letters > 0 ? first.toFixed(2) : ''}`)
}

function print(heads: readonly string[], rounds: readonly (readonly Row[])[], ways: readonly string[]): void {
  const names = (rounds[0] ?? []).map(({ name, durable }) => ({ name, label: durable ? name : `${name} (not durable)` }))
  const lines = names.map(({ name, label }) => {
    const cell = (value: (row: Row, first: Row, way: string) => number | undefined, digits: number): string =>
      ways.map((way) => median(rounds, name, (row, first) => value(row, first, way)).toFixed(digits)).join(' / ')
    return [
      label,
      cell((row, _, way) => row.figures[way]?.rate, 0),
      cell((row, first, way) => (row.figures[way]?.rate ?? 0) / (first.figures[way]?.rate ?? 0), 2),
      cell((row, _, way) => row.figures[way]?.cpu, 2),
      cell((row, _, way) => row.figures[way]?.kilobytes, 1),
      cell((row, _, way) => row.figures[way]?.flushes, 2),
    ]
  })
  const widths = heads.map((head, n) => Math.max(head.length, ...lines.map((line) => line[n]?.length ?? 0)))
  for (const line of [heads, ...lines])
    console.log(line.map((text, n) => (n === 0 ? text.padEnd(widths[n] ?? 0) : text.padStart(widths[n] ?? 0))).join('   '))
}

function median(rounds: readonly (readonly Row[])[], name: string, value: (row: Row, first: Row) => number | undefined): number {
  const values = rounds
    .flatMap(([first, ...others]) => {
      const row = [first, ...others].find((row) => row?.name === name)
      return row && first ? [value(row, first) ?? Number.NaN] : []
    })
    .sort((a, b) => a - b)
  const middle = Math.floor(values.length / 2)
  return values.length % 2 === 1 ? (values[middle] ?? Number.NaN) : ((values[middle - 1] ?? 0) + (values[middle] ?? 0)) / 2
}
