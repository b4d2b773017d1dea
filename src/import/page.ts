/**
 * The settings that come of an old file, as TOML: each with the line that it is from, and what has no equivalent as comments. What the table of
 * settings would refuse stands here as a comment too, so that `dialpost check` has nothing against the rest. Pure.
 */
import { sectionOf } from '../config/settings.ts'
import { headerOf } from '../config/sections.ts'
import { inlineTable, list, quoted } from '../setup/toml.ts'

type Value = string | number | boolean | readonly string[] | ReadonlyMap<string, string>

export type Setting = {
  readonly name: string
  readonly value: Value
  /** Of the old file. */
  readonly line?: number
  readonly note?: string
  /** Without it the table is nothing, though the table of settings does not demand it. */
  readonly vital?: true
}

/** What is said of a line of the old file; line 0 is none. */
export type Remark = { readonly line: number; readonly text: string }

export type Table = {
  /** By its name in settings.ts; '' is the top of the file. */
  readonly section: string
  readonly title?: string
  /** The one that the title tells of. */
  readonly line?: number
  readonly settings: readonly Setting[]
  /** Told below it. */
  readonly remarks?: readonly Remark[]
  /** Why nothing of it can hold: all of it is a comment then. */
  readonly instead?: string
  readonly inner?: readonly Table[]
}

const width = 80

export function pageOf(preface: readonly string[], tables: readonly Table[], remarks: readonly Remark[]): string {
  const said = new Set<string>()
  /** Users of one server have their remarks in common. */
  const once = (text: string): boolean => !said.has(text) && said.add(text) !== undefined
  const told = (list: readonly Remark[]): string => list.map(remarkText).filter(once).join('')
  const texts = tables.map((table) => tableText(table, told))
  return [preface.map(comment).join(''), ...texts, told(remarks)].filter((text) => text !== '').join('\n')
}

function tableText(table: Table, told: (list: readonly Remark[]) => string): string {
  const whole = [table, ...(table.inner ?? [])]
  const parts = whole.map(cleaned)
  const why = table.instead ?? whole.map((one, at) => obstacle(one, parts[at]?.settings ?? [])).find((one) => one !== undefined)
  const body = parts.map((part) => settingsText(part, table.line)).join('')
  const below = told(parts.flatMap(({ remarks = [] }) => remarks).toSorted((a, b) => a.line - b.line))
  const above = `${table.title === undefined ? '' : comment(table.title)}${why === undefined ? '' : comment(`not carried over: ${why}`)}`
  const lines = why === undefined ? body : body.replace(/^(?=.)/gm, '# ')
  return lines === '' && below === '' ? '' : `${above}${lines}${below}`
}

function settingsText({ section, settings }: Table, titled: number | undefined): string {
  if (settings.length === 0) return ''
  return `${section === '' ? '' : `${headerOf(section)}\n`}${settings.map((one) => settingText(one, titled)).join('')}`
}

function settingText({ name, value, line, note }: Setting, titled: number | undefined): string {
  const source = [...(line === undefined || line === titled ? [] : [`line ${line}`]), ...(note === undefined ? [] : [note])].join(': ')
  return `${name} = ${toml(value)}${source === '' ? '' : `  # ${printable(source)}`}\n`
}

/** Without what the reader of settings would refuse, which is told of. Of a list or a map only what is wrong is left out. */
function cleaned(table: Table): Table {
  const settings: Setting[] = []
  const remarks: Remark[] = []
  for (const setting of table.settings) {
    const good = piecesOf(setting).flatMap((piece) => {
      const fault = faultOf(table.section, piece)
      if (fault !== undefined) remarks.push({ line: setting.line ?? 0, text: `${setting.name} is left out: ${fault}` })
      return fault === undefined ? [piece.value] : []
    })
    const whole = { ...setting, value: together(setting.value, good) }
    if (good.length > 0 && faultOf(table.section, whole) === undefined) settings.push(whole)
  }
  return { ...table, settings, remarks: [...remarks, ...(table.remarks ?? [])] }
}

function piecesOf(setting: Setting): readonly Setting[] {
  const { value } = setting
  if (typeof value !== 'object') return [setting]
  return isList(value)
    ? value.map((one) => ({ ...setting, value: [one] }))
    : [...value].map((one) => ({ ...setting, value: new Map([one]) }))
}

function together(whole: Value, pieces: readonly Value[]): Value {
  if (typeof whole !== 'object') return whole
  if (isList(whole)) return pieces.flatMap((piece) => (typeof piece === 'object' && isList(piece) ? piece : []))
  return new Map(pieces.flatMap((piece) => (typeof piece === 'object' && !isList(piece) ? [...piece] : [])))
}

/** What the reader of settings would have against it. */
function faultOf(section: string, { name, value }: Setting): string | undefined {
  const read = sectionOf(section)?.rows[name]?.kind.parse(value instanceof Map ? Object.fromEntries(value) : value)
  if (!read) return 'there is no such setting'
  return 'wrong' in read ? read.wrong.map(({ message }) => message).join('; ') : undefined
}

/** What the table lacks and cannot be without, once what is wrong is left out. */
function obstacle({ section, settings }: Table, left: readonly Setting[]): string | undefined {
  if (settings.length === 0) return undefined
  const required = Object.entries(sectionOf(section)?.rows ?? {}).flatMap(([name, row]) => (row.required ? [name] : []))
  const vital = settings.flatMap(({ name, vital }) => (vital ? [name] : []))
  const lacking = [...required, ...vital].find((name) => !left.some((one) => one.name === name))
  return lacking === undefined ? undefined : `nothing gives a ${lacking} for ${headerOf(section)}`
}

function toml(value: Value): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return isList(value) ? list(value) : inlineTable([...value])
}

function isList(value: readonly string[] | ReadonlyMap<string, string>): value is readonly string[] {
  return Array.isArray(value)
}

function remarkText({ line, text }: Remark): string {
  return comment(line === 0 ? text : `line ${line}: ${text}`)
}

/** Breaks at blanks; further lines are indented. */
function comment(text: string): string {
  const lines = ['#']
  for (const word of printable(text).split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last.length + 1 + word.length > width && last.length > 4) lines.push(`#   ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return `${lines.join('\n')}\n`
}

/** Nothing of an old file ends a comment, or moves a terminal's cursor. */
function printable(text: string): string {
  return text.toWellFormed().replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, '?')
}
