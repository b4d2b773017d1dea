/** What `dialpost settings` prints: the table of settings as a person reads it, 80 columns wide. */
import { nearest } from './nearest.ts'
import { headerOf } from './sections.ts'
import type { Row, Section } from './rows.ts'
import { dotted, sectionOf, settingNames, settings } from './settings.ts'

const width = 80

/** One setting, one table with all its settings, or all of them; a sentence if there is no such thing. */
export function describeSettings(name?: string): string {
  if (name === undefined) return Object.keys(settings).map(describeInList).join('\n')
  const row = rowOf(name)
  if (row) return describeRow(name, row)
  if (name !== '' && sectionOf(name)) return describeSection(name)
  const close = nearest(name, [...settingNames(), ...Object.keys(settings).filter((section) => section !== '')])
  return `There is no setting ${name}; ${close === undefined ? '"dialpost settings" lists all there are' : `did you mean ${close}?`}\n`
}

/** Whether there is a setting or a table of that name. */
export function isSetting(name: string): boolean {
  return name !== '' && (rowOf(name) !== undefined || sectionOf(name) !== undefined)
}

/** A table whose settings stand in the list already is only named. */
function describeInList(name: string): string {
  const section = sectionOf(name)
  if (section?.as === undefined) return describeSection(name)
  return `${wrap(`# ${heading(name, section)} Its settings are those of ${headerOf(section.as)}.`, '# ')}\n`
}

function describeSection(name: string): string {
  const section = sectionOf(name)
  if (!section) return ''
  const rows = Object.entries(section.rows).map(([row, facts]) => describeRow(dotted(name, row), facts))
  return [`${wrap(`# ${heading(name, section)}`, '# ')}\n`, ...rows].join('')
}

function heading(name: string, { presence, help }: Section): string {
  if (name === '') return help
  const often = { always: '', optional: ' (may be left out)', list: ' (any number of them)' }[presence]
  return `${headerOf(name)}${often}: ${help}`
}

function describeRow(name: string, row: Row): string {
  const range = row.kind.range === undefined ? '' : `, ${row.kind.range}`
  return [wrap(`${name}: ${row.kind.name}${range}; ${fallback(row)}`, '    '), wrap(`    ${row.help}`, '    '), ''].join('\n')
}

function fallback(row: Row): string {
  if (row.required) return 'must be given'
  if (row.computed) return `default: ${row.computed.words}`
  return row.default === undefined ? `without it: ${row.absent}` : `default: ${toml(row.default)}`
}

function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`
  return typeof value === 'object' ? '{}' : JSON.stringify(value)
}

function rowOf(name: string): Row | undefined {
  const parts = name.split('.')
  const rows = sectionOf(parts.slice(0, -1).join('.'))?.rows ?? {}
  const last = parts.at(-1) ?? ''
  return Object.hasOwn(rows, last) ? rows[last] : undefined
}

/** Breaks at blanks; further lines begin with `indent`. */
function wrap(text: string, indent: string): string {
  const lines = ['']
  for (const word of text.split(/(?<=\S) /)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + 1 + word.length > width) lines.push(indent + word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join('\n')
}
