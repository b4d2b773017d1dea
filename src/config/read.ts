/**
 * Reads the settings file: the typed Config, or every mistake in it at once, each with its line and what to write instead.
 * Looks into the files that settings name as well, for a password that cannot be read is better known now than when the
 * line is up and costs money. Passwords come out as `Secret` and appear in no mistake.
 */
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { parse as parseToml, TomlError } from 'smol-toml'
import { type Aliases, parseAliases } from '../route/aliases.ts'
import { disagreements, type People } from './agreement.ts'
import type { Config, Password } from './config.ts'
import { show } from './kinds.ts'
import { isPerson, parsePasswd } from './passwd.ts'
import { type Path, positions } from './positions.ts'
import { passwordFault, secret } from './secret.ts'
import { equipmentOf } from './equipment.ts'
import { type Finding, settingAt } from './finding.ts'
import { readSections } from './sections.ts'
import type { Machine } from './rows.ts'
import { type Parse, salvage } from './syntax.ts'

export type Mistake = { readonly file: string /** From 1. */; readonly line: number; readonly message: string }

/** `equipment`: what dialling would need and is not there, where that may be. */
export type ReadConfig = { readonly config: Config; readonly equipment: readonly Mistake[] } | { readonly mistakes: readonly Mistake[] }

/** Where a path of the settings is looked up, for whoever reads settings that do not hold yet; and what tests replace: the folder of every path, the computer. */
export type Surroundings = {
  readonly root?: string
  readonly at?: At
  readonly machine?: Machine
  /** The LAN's mail is to be served without the modem too: what is not there is no mistake. */
  readonly withoutModem?: boolean
}

type At = (path: string) => string

/** Mistakes are in the order of their lines. */
export function readConfig(
  file: string,
  { root = '', at = (path) => root + path, machine = { hostname: hostname() }, withoutModem = false }: Surroundings = {},
): ReadConfig {
  const source = readText(file)
  if ('trouble' in source)
    return {
      mistakes: [
        {
          file,
          line: 1,
          message: `this file ${source.trouble}; name another file with -C, or write one ("dialpost settings" lists what can stand in it)`,
        },
      ],
    }
  const { text, broken } = salvage(source.text, parseDocument)
  const lineOf = positions(text)
  const tree = treeOf(text)
  const { values, findings, incomplete } = readSections(tree, machine)
  const config = values as Config
  const files = filesOf(config, tree, at, incomplete)
  const judged =
    broken.length > 0 ? findings.filter(({ missing }) => !missing) : [...findings, ...disagreements(config, files.people, incomplete)]
  const placed = (list: readonly Finding[]): readonly Mistake[] => list.map(({ path, message }) => ({ file, line: lineOf(path), message }))
  const equipment = placed(files.equipment)
  const mistakes = [
    ...broken.map(({ line, complaint }) => ({ file, line, message: complaint })),
    ...placed([...judged, ...files.findings]),
    ...(withoutModem ? [] : equipment),
  ]
  if (mistakes.length > 0) return { mistakes: mistakes.toSorted((a, b) => a.line - b.line) }
  return { config: { ...config, ...files.passwords }, equipment }
}

/** What any user may know: no other file is looked into, and what is wrong or missing has its default, where it has one. */
export type Outline = Pick<Config, 'hostname' | 'spool' | 'run' | 'aliases'> & {
  readonly listen: Config['accept']['listen']
  /** The first one's name. */
  readonly smarthost: string | undefined
}

/** For programs that everybody may start. A file that cannot be read leaves all to the defaults. */
export function readOutline(file: string): { readonly outline: Outline; readonly trouble?: string } {
  const source = readText(file)
  const { text } = salvage('text' in source ? source.text : '', parseDocument)
  const {
    hostname: name,
    spool,
    run,
    aliases,
    accept,
    smarthost,
    isp,
  } = readSections(treeOf(text), { hostname: hostname() }).values as Config
  const outline = { hostname: name, spool, run, aliases, listen: accept.listen, smarthost: (smarthost[0] ?? isp[0]?.smarthost[0])?.host }
  return 'trouble' in source ? { outline, trouble: `${file}:1: this file ${source.trouble}` } : { outline }
}

/** What settings say, right or wrong, and defaults for the rest, without passwords: what whoever is asked again has answered already. */
export function draftOf(toml: string): Config {
  return readSections(treeOf(salvage(toml, parseDocument).text), { hostname: hostname() }).values as Config
}

/** `FILE:LINE: message`. */
export function formatMistake({ file, line, message }: Mistake): string {
  return `${file}:${line}: ${message}`
}

const parseDocument: Parse = (toml) => {
  try {
    return { tree: treeOf(toml) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return { line: error.line, complaint: error.message.replace(/^Invalid TOML document: /, '').replace(/\n[^]*$/, '') }
  }
}

function treeOf(toml: string): Readonly<Record<string, unknown>> {
  return parseToml(toml)
}

type Files = {
  readonly people: People
  readonly passwords: Pick<Config, 'smarthost' | 'mailbox' | 'isp'>
  readonly findings: readonly Finding[]
  readonly equipment: readonly Finding[]
}

/** What the files say that the settings name. A setting that is itself wrong is not there, or has its default. */
function filesOf(config: Config, tree: Readonly<Record<string, unknown>>, at: At, incomplete: readonly Path[]): Files {
  const findings: Finding[] = []
  const found = (path: Path, message: string): undefined => {
    findings.push({ path, message: `${settingAt(path)}: ${message}` })
  }
  const withPasswords = <T extends { readonly password_file?: string }>(within: Path, list: readonly T[]): readonly (T & Password)[] =>
    list.map((one, index) => {
      if (one.password_file === undefined) return one
      const read = readPassword(one.password_file, at)
      return 'trouble' in read ? (found([...within, index, 'password_file'], read.trouble), one) : { ...one, password: secret(read.text) }
    })
  const passwordsOf = (tables: Pick<Config, 'smarthost' | 'mailbox'>, within: Path) => ({
    smarthost: withPasswords([...within, 'smarthost'], tables.smarthost),
    mailbox: withPasswords([...within, 'mailbox'], tables.mailbox),
  })
  for (const [name, path] of Object.entries(config.accept.tls ?? {})) {
    const trouble = pemTrouble(at(path), path, name === 'key')
    if (trouble !== undefined) found(['accept', 'tls', name], trouble)
  }
  const whole = ({ path }: Finding): boolean => !incomplete.some((table) => table.join('.') === path.slice(0, -1).join('.'))
  const passwords = {
    ...passwordsOf(config, []),
    isp: config.isp.map((isp, index) => ({ ...isp, ...passwordsOf(isp, ['isp', index]) })),
  }
  return {
    people: { users: usersOf(config, at, found), aliases: aliasesOf(config, tree['aliases'] !== undefined, at, found) },
    passwords,
    findings,
    equipment: equipmentOf(config, at).filter(whole),
  }
}

type Found = (path: Path, message: string) => undefined

function usersOf({ users }: Config, at: At, found: Found): ReadonlySet<string> | undefined {
  if (users !== 'passwd') return new Set(users)
  const passwd = readText(at('/etc/passwd'))
  if ('trouble' in passwd) return found(['users'], `/etc/passwd ${passwd.trouble}; write a list of users instead of "passwd"`)
  return new Set(
    parsePasswd(passwd.text)
      .filter(isPerson)
      .map(({ name }) => name),
  )
}

/** A file of the default that is not there holds no aliases; one that somebody named must be there. */
function aliasesOf({ aliases }: Config, named: boolean, at: At, found: Found): Aliases | undefined {
  const texts = aliases.map((path, index) => {
    const read = readText(at(path))
    if ('text' in read)
      return writableByAll(at(path))
        ? found(['aliases', index], `everybody may write to ${path}, and could run programs through it; chmod o-w ${path}`)
        : { path, text: read.text }
    return read.missing && !named
      ? { path, text: '' }
      : found(['aliases', index], `${show(path)} ${read.trouble}; write an existing file, or aliases = []`)
  })
  const readable = texts.filter((text) => text !== undefined)
  return readable.length < texts.length ? undefined : parseAliases(readable)
}

/** The first line of the file; a password that others could have read is refused, for it is none any more. */
function readPassword(path: string, at: At): Text | Trouble {
  const read = readText(at(path))
  if ('trouble' in read) return { trouble: `${path} ${read.trouble}; write the password into it, and chmod 600 ${path}` }
  const mode = statSync(at(path)).mode & 0o777
  if ((mode & 0o077) !== 0)
    return {
      trouble: `others may read or write ${path} (mode ${mode.toString(8).padStart(3, '0')}); chmod 600 ${path}, and change the password if it has been so for long`,
    }
  const text = read.text.replace(/\r?\n$/, '')
  const fault = passwordFault(text)
  if (fault === 'empty') return { trouble: `${path} is empty; write the password into it` }
  return fault
    ? { trouble: `${path} has several lines or control characters; write nothing but the password into it, on one line` }
    : { text }
}

function pemTrouble(place: string, path: string, secret: boolean): string | undefined {
  const read = readText(place)
  if ('trouble' in read) return `${path} ${read.trouble}; write the name of a PEM file`
  if (!read.text.includes('-----BEGIN ')) return `${path} is not in PEM form; convert it with openssl`
  return secret && (statSync(place).mode & 0o007) !== 0 ? `everybody may read ${path}; chmod 600 ${path}` : undefined
}

function writableByAll(path: string): boolean {
  return (statSync(path).mode & 0o002) !== 0
}

type Text = { readonly text: string }
type Trouble = { readonly trouble: string; readonly missing?: boolean }

function readText(path: string): Text | Trouble {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const trouble = troubles[code ?? ''] ?? `cannot be read (${code ?? String(error)})`
    return { trouble, missing: code === 'ENOENT' }
  }
}

const troubles: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
}
