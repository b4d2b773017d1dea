/**
 * The one table of every setting: kind, range, default and help, in the order in which `dialpost settings` prints them. Its parts stand
 * beside it, by what they are about.
 */
import { computerTables } from './computer-settings.ts'
import type { Sections } from './config.ts'
import { hubTables } from './hub-settings.ts'
import { ispTables, mailTables } from './isp-settings.ts'
import { lineTables } from './line-settings.ts'
import type { Section, Tables } from './rows.ts'

export const settings: Tables<keyof Sections> = { ...hubTables, ...mailTables, ...lineTables, ...ispTables, ...computerTables }

/** The tables inside this one: `modem` of `link`. */
export function tablesOf(section: string): readonly string[] {
  const prefix = section === '' ? '' : `${section}.`
  return Object.keys(settings)
    .filter((name) => name !== '' && name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => name !== '' && !name.includes('.'))
}

/** The section of that dotted name. */
export function sectionOf(name: string): Section | undefined {
  return Object.hasOwn(settings, name) ? (settings as Readonly<Record<string, Section>>)[name] : undefined
}

/** Every setting's dotted name. */
export function settingNames(): readonly string[] {
  return Object.entries(settings as Readonly<Record<string, Section>>).flatMap(([section, { rows }]) =>
    Object.keys(rows).map((row) => dotted(section, row)),
  )
}

export function dotted(section: string, name: string): string {
  return section === '' ? name : `${section}.${name}`
}
