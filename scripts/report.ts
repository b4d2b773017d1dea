/**
 * What `node --test` says in scripts/test: a line for each file, every failure in full, and for the script a tally by kind
 * (appended to the file $DIALPOST_TALLY: `count KIND PASSED FAILED SKIPPED`, `skip KIND NAME WHY` and `fail FILE NAME WHY`, separated by tabs).
 */
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** Folders of test/ that are kinds of their own; all others mirror src/ and are `unit`. */
const kinds = ['peer', 'journey', 'crash', 'image', 'bench']

type Counts = { passed: number; failed: number; skipped: number }

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, Counts>()
  const named: string[] = []
  for await (const event of source) {
    if (event.type === 'test:stderr' || event.type === 'test:stdout') yield event.data.message
    // Of the file that was run: its tests may be defined in another one.
    if (event.type === 'test:summary' && event.data.file !== undefined)
      yield fileLine(event.data.file, countsOf(event.data), event.data.duration_ms)
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { file = '', name, skip, details } = event.data
    if (details.type === 'suite') continue
    const counts = files.get(file) ?? { passed: 0, failed: 0, skipped: 0 }
    files.set(file, counts)
    if (event.type === 'test:fail') {
      const why: unknown = event.data.details.error.cause ?? event.data.details.error
      counts.failed++
      named.push(['fail', relative('.', file), name, inLine(why instanceof Error ? why.message : inspect(why))].join('\t'))
      yield `\nFAILED ${relative('.', file)}: ${name}\n${indent(inspect(why))}\n\n`
    } else if (skip !== undefined && skip !== false) {
      counts.skipped++
      named.push(['skip', kindOf(file), name, skip === true ? 'no reason given' : skip].join('\t'))
    } else counts.passed++
  }
  const tally = process.env['DIALPOST_TALLY']
  if (tally !== undefined) appendFileSync(tally, [...sums(files), ...named].map((line) => `${line}\n`).join(''))
}

function countsOf({ counts }: { readonly counts: { readonly tests: number; readonly passed: number; readonly skipped: number } }): Counts {
  const { tests, passed, skipped } = counts
  return { passed, failed: tests - passed - skipped, skipped }
}

function fileLine(file: string, { passed, failed, skipped }: Readonly<Counts>, ms: number): string {
  const extra = `${failed > 0 ? `, ${failed} FAILED` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return `${relative('.', file)}: ${passed} passed${extra} (${(ms / 1000).toFixed(1)} s)\n`
}

function sums(files: ReadonlyMap<string, Counts>): readonly string[] {
  const byKind = Map.groupBy(files, ([file]) => kindOf(file))
  return [...byKind].map(([kind, rows]) => {
    const sum = (name: keyof Counts): number => rows.reduce((total, [, counts]) => total + counts[name], 0)
    return ['count', kind, sum('passed'), sum('failed'), sum('skipped')].join('\t')
  })
}

function kindOf(file: string): string {
  const folder = relative('test', file).split('/')[0] ?? ''
  return kinds.includes(folder) ? folder : 'unit'
}

/** The beginning of it, for one line of the tally. */
const inLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 400)

const indent = (text: string): string => text.replaceAll(/^/gm, '  ')
