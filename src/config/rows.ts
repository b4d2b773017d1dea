/**
 * What a row of the table of settings is (settings.ts): kind, range, default and help of one setting, and the tables in which they stand.
 * A default is what one would write in the file. `absent` says what happens without a setting that has none.
 */
import type { Sections } from './config.ts'
import type { Kind } from './kinds.ts'

/** What the computer itself contributes to defaults. */
export type Machine = { readonly hostname: string }

/** A default that follows from the rows above it in the same section. */
export type Computed = {
  readonly words: string
  from(above: Readonly<Record<string, unknown>>, machine: Machine): unknown
}

export type Row<T = unknown> = {
  readonly kind: Kind<T>
  readonly help: string
  readonly default?: unknown
  readonly computed?: Computed
  readonly required?: true
  readonly absent?: string
}

/** How often a table may stand in the file; an `always` one that does not has its defaults. */
export type Presence = 'always' | 'optional' | 'list'

export type Section = {
  readonly presence: Presence
  readonly help: string
  readonly rows: Readonly<Record<string, Row>>
  /** The table whose rows these are. */
  readonly as?: string
}

type Common<T> = { readonly kind: Kind<T>; readonly help: string }
type Filled = { readonly default: unknown } | { readonly computed: Computed } | { readonly required: true }
type RowOf<T, K extends keyof T> = Common<Exclude<T[K], undefined>> & (undefined extends T[K] ? { readonly absent: string } : Filled)

type SectionOf<T> = {
  readonly presence: Presence
  readonly help: string
  readonly rows: { readonly [K in keyof T]-?: RowOf<T, K> }
  readonly as?: string
}

/** Some tables of the file, each with all its rows: a setting in the types of config.ts and not here does not compile. */
export type Tables<S extends keyof Sections> = { readonly [Name in S]: SectionOf<Sections[Name]> }
