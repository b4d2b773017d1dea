/**
 * From the tree that the TOML parser gives to values by the table of settings: each value through its kind, defaults
 * filled in, and everything that cannot be meant as a finding with the path at which it stands.
 */
import type { Finding } from './finding.ts'
import { isTable, type Parsed, show, type Wrong } from './kinds.ts'
import { nearest } from './nearest.ts'
import type { Path } from './positions.ts'
import type { Machine, Row } from './rows.ts'
import { dotted, sectionOf, settingNames, settings, tablesOf } from './settings.ts'

type Values = Readonly<Record<string, unknown>>

type Read = {
  /** In the shape of Config, passwords aside. What is wrong has its default, so that the rest can still be judged. */
  readonly values: Values
  readonly findings: readonly Finding[]
  /** Tables with a wrong or missing setting that has no default: nothing more can be said of them. */
  readonly incomplete: readonly Path[]
}

export function readSections(tree: Values, machine: Machine): Read {
  return readTable('', tree, [], machine)
}

function readTable(section: string, table: Values, path: Path, machine: Machine): Read {
  const values: Record<string, unknown> = {}
  const findings: Finding[] = strangers(section, table, path)
  const incomplete: Path[] = []
  for (const [name, row] of Object.entries(sectionOf(section)?.rows ?? {})) {
    const given = table[name] === undefined ? undefined : row.kind.parse(table[name])
    const read = given && 'value' in given ? given : byDefault(row, values, machine)
    if (read && 'value' in read) values[name] = read.value
    if (given && 'wrong' in given) findings.push(...within(given, [...path, name], dotted(section, name)))
    else if (row.required && !given) findings.push({ path, message: missing(section, name, row), missing: true })
    else if (read && 'wrong' in read) findings.push(...within(read, path, `${dotted(section, name)}, by default ${row.computed?.words}`))
    if (!read && (given || row.required)) incomplete.push(path)
  }
  for (const name of tablesOf(section)) {
    const read = readInner(dotted(section, name), table[name], [...path, name], machine)
    if (read.value !== undefined) values[name] = read.value
    findings.push(...read.findings)
    incomplete.push(...read.incomplete)
  }
  return { values, findings, incomplete }
}

function byDefault({ kind, computed, default: written }: Row, above: Values, machine: Machine): Parsed<unknown> | undefined {
  // What it follows from may itself be missing.
  const raw = computed ? computed.from(above, machine) : written
  return raw === undefined ? undefined : kind.parse(raw)
}

function within({ wrong }: { readonly wrong: readonly Wrong[] }, path: Path, setting: string): readonly Finding[] {
  return wrong.map(({ at, message }) => ({ path: [...path, ...at], message: `${setting}: ${message}` }))
}

type Inner = Omit<Read, 'values'> & { readonly value: unknown }

/** A table within another: once, perhaps, or any number of times. */
function readInner(section: string, raw: unknown, path: Path, machine: Machine): Inner {
  const presence = sectionOf(section)?.presence
  if (presence === 'list') return readList(section, raw, path, machine)
  if (raw === undefined && presence === 'optional') return { value: undefined, findings: [], incomplete: [] }
  const { values, ...rest } = readOne(section, raw ?? {}, path, machine)
  return { value: values, ...rest }
}

/** `[smarthost]` is a list of one. */
function readList(section: string, raw: unknown, path: Path, machine: Machine): Inner {
  const tables: readonly unknown[] = Array.isArray(raw) ? raw : raw === undefined ? [] : [raw]
  const reads = tables.map((table, index) => readOne(section, table, [...path, index], machine))
  return {
    value: reads.map(({ values }) => values),
    findings: reads.flatMap(({ findings }) => findings),
    incomplete: reads.flatMap(({ incomplete }) => incomplete),
  }
}

function readOne(section: string, raw: unknown, path: Path, machine: Machine): Read {
  if (isTable(raw)) return readTable(section, raw, path, machine)
  const { values } = readTable(section, {}, path, machine)
  return { values, findings: [{ path, message: notATable(section, raw) }], incomplete: [path] }
}

/** Keys that are neither settings nor tables here, each with what was probably meant. */
function strangers(section: string, table: Values, path: Path): Finding[] {
  const [rows, tables] = [Object.keys(sectionOf(section)?.rows ?? {}), tablesOf(section)]
  return Object.keys(table)
    .filter((name) => !rows.includes(name) && !tables.includes(name))
    .map((name) => {
      const close = nearest(name, isTable(table[name]) || Array.isArray(table[name]) ? [...tables, ...rows] : [...rows, ...tables])
      return { path: [...path, name], message: `there is no setting ${dotted(section, name)}${suggestion(section, name, close)}` }
    })
}

function suggestion(section: string, name: string, close: string | undefined): string {
  if (/^pass(?:word|wd|phrase)?$/i.test(name)) return '; passwords stand in files of their own: write password_file = "/etc/dialpost.d/…"'
  if (close !== undefined) return `; did you mean ${dotted(section, close)}?`
  const all = [...settingNames(), ...Object.keys(settings)]
  const elsewhere = all.find((known) => lastPart(known) === name)
  if (elsewhere !== undefined) return `; ${elsewhere} ${placeOf(elsewhere)}`
  const similar = nearest(name, all.map(lastPart))
  const whole = all.find((known) => lastPart(known) === similar)
  return whole === undefined ? '; "dialpost settings" lists all there are' : `; did you mean ${whole}? It ${placeOf(whole)}`
}

function lastPart(name: string): string {
  return name.split('.').at(-1) ?? name
}

function placeOf(name: string): string {
  if (sectionOf(name)) return `is a table of its own: ${headerOf(name)}`
  const table = name.split('.').slice(0, -1).join('.')
  return table === '' ? 'belongs at the top of the file, above the first [table]' : `belongs under ${headerOf(table)}`
}

function missing(section: string, name: string, row: Row): string {
  const what = `${headerOf(section)} has no ${name}`
  return `${what}; write ${name} = … (${row.kind.name}: ${row.help.replace(/\.$/, '')})`
}

function notATable(section: string, raw: unknown): string {
  return `${section} is a table, not ${show(raw)}; write ${headerOf(section)} on a line of its own, and its settings below`
}

export function headerOf(section: string): string {
  return sectionOf(section)?.presence === 'list' ? `[[${section}]]` : `[${section}]`
}
