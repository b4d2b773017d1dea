/**
 * Files of aliases (aliases(5), as sendmail reads them): `name: target, target`, continued by a blank at the start of
 * the next line or a backslash at the end of this one, `#` lines as comments. Every mistake is reported with its place,
 * and costs nothing but its own line. Pure.
 */
import type { Mistake, Target } from './targets.ts'
import { notATarget, parseTargets } from './targets.ts'

export type AliasFile = { readonly path: string; readonly text: string }

export type Alias = {
  /** As the file spells it. */
  readonly name: string
  readonly targets: readonly Target[]
  /** `/etc/aliases:12`. */
  readonly where: string
}

export type Aliases = {
  /** By lower-case name. */
  readonly byName: ReadonlyMap<string, Alias>
  readonly mistakes: readonly Mistake[]
}

/** Reads the files in order; of two aliases with one name the first holds. */
export function parseAliases(files: readonly AliasFile[]): Aliases {
  const byName = new Map<string, Alias>()
  const mistakes: Mistake[] = []
  for (const { path, text } of files) {
    for (const { line, content } of entries(text)) {
      const where = `${path}:${line}`
      const read = readAlias(content, where)
      mistakes.push(...read.mistakes)
      if (!read.alias) continue
      const key = read.alias.name.toLowerCase()
      const earlier = byName.get(key)
      if (earlier) mistakes.push({ where, text: `the alias ${read.alias.name} stands already at ${earlier.where}, and that one holds` })
      else byName.set(key, read.alias)
    }
  }
  return { byName, mistakes }
}

function readAlias(content: string, where: string): { readonly alias?: Alias; readonly mistakes: readonly Mistake[] } {
  const mistake = (text: string): Mistake => ({ where, text })
  const parts = /^(?:"((?:[^"\\]|\\.)*)"|([^":\s][^":]*?))\s*:(?!include:)(.*)$/is.exec(content)
  const name = parts?.[1] ?? parts?.[2]
  if (!name) return { mistakes: [mistake(`an alias is "name: address, address", this is "${content}"`)] }
  if (name.includes('@')) return { mistakes: [mistake(`only local names can be aliases, so "${name}" must do without its domain`)] }
  const { targets, wrong } = parseTargets(parts?.[3] ?? '')
  const mistakes = wrong.map((item) => mistake(notATarget(item)))
  if (targets.length === 0) return { mistakes: [...mistakes, mistake(`the alias ${name} leads nowhere`)] }
  return { alias: { name, targets, where }, mistakes }
}

/** Logical lines with the number of their first physical one, comments and empty lines left out. */
function entries(text: string): readonly { readonly line: number; readonly content: string }[] {
  const found: { line: number; content: string; goesOn: boolean }[] = []
  for (const [at, physical] of text.split(/\r?\n/).entries()) {
    const last = found.at(-1)
    if (!last?.goesOn && (physical.trim() === '' || physical.startsWith('#'))) continue
    const goesOn = physical.endsWith('\\')
    const content = goesOn ? physical.slice(0, -1) : physical
    if (last && (last.goesOn || /^[ \t]/.test(physical))) {
      last.content += ` ${content.trim()}`
      last.goesOn = goesOn
    } else {
      found.push({ line: at + 1, content: content.trim(), goesOn })
    }
  }
  return found
}
