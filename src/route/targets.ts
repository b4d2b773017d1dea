/**
 * The right-hand side of an alias, and the lines of an :include: file or a .forward, which share one grammar
 * (aliases(5)): what each item of the list means. Pure; whether a name exists is the router's business.
 */
import type { Address } from '../mail/address.ts'
import { formatAddress } from '../mail/address.ts'
import { addressesOf } from '../mail/address-list.ts'

export type Target =
  | { readonly kind: 'address'; readonly address: Address }
  /** `\user`: the mailbox itself, without aliases and .forward. */
  | { readonly kind: 'mailbox'; readonly user: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'program'; readonly command: string }
  | { readonly kind: 'include'; readonly path: string }
  /** `error: text`: whoever writes here is told this. */
  | { readonly kind: 'error'; readonly text: string }

/** Something in a file of aliases that cannot be meant: where (`/etc/aliases:12`), and a sentence. */
export type Mistake = { readonly where: string; readonly text: string }

/** The targets of a comma-separated list; items that are none of the kinds are named in `wrong`. */
export function parseTargets(list: string): { readonly targets: readonly Target[]; readonly wrong: readonly string[] } {
  const targets: Target[] = []
  const wrong: string[] = []
  for (const item of items(list)) {
    const found = targetsOf(item)
    if (found) targets.push(...found)
    else wrong.push(item)
  }
  return { targets, wrong }
}

/** The targets of a file with one list a line, where `#` begins a comment line. */
export function parseTargetLines(
  path: string,
  text: string,
): { readonly targets: readonly Target[]; readonly mistakes: readonly Mistake[] } {
  const lines = text.split(/\r?\n/).map((line, at) => ({ ...parseTargets(/^\s*#/.test(line) ? '' : line), where: `${path}:${at + 1}` }))
  return {
    targets: lines.flatMap(({ targets }) => targets),
    mistakes: lines.flatMap(({ wrong, where }) => wrong.map((item) => ({ where, text: notATarget(item) }))),
  }
}

export function notATarget(item: string): string {
  return `"${item}" is no address, \\user, /file, "|command" or :include: /file`
}

/** The item as people write it. */
export function formatTarget(target: Target): string {
  if (target.kind === 'address') return formatAddress(target.address)
  if (target.kind === 'mailbox') return `\\${target.user}`
  if (target.kind === 'file') return target.path
  if (target.kind === 'program') return `"|${target.command}"`
  return target.kind === 'include' ? `:include: ${target.path}` : `error: ${target.text}`
}

function targetsOf(item: string): readonly Target[] | undefined {
  const text = unquoted(item)
  const named = /^(:include:|error:)\s*(.*)$/i.exec(text)
  if (named) return special(named[1]?.toLowerCase() === ':include:' ? 'include' : 'error', named[2] ?? '')
  if (text.startsWith('|')) return text.length > 1 ? [{ kind: 'program', command: text.slice(1).trim() }] : undefined
  if (text.startsWith('/')) return [{ kind: 'file', path: text }]
  if (text.startsWith('\\')) return /^\\[^\s@\\]+$/.test(text) ? [{ kind: 'mailbox', user: text.slice(1) }] : undefined
  const addresses = addressesOf(item)
  return addresses.length > 0 ? addresses.map((address) => ({ kind: 'address', address })) : undefined
}

function special(kind: 'include' | 'error', rest: string): readonly Target[] | undefined {
  const value = unquoted(rest.trim())
  if (kind === 'error') return [{ kind, text: value === '' ? 'No such user' : value }]
  return value.startsWith('/') ? [{ kind, path: value }] : undefined
}

/** Only what is quoted as a whole loses its quotes, and only then: `"john doe"@x` keeps them. */
function unquoted(item: string): string {
  const inside = /^"((?:[^"\\]|\\.)*)"$/.exec(item)?.[1]
  return inside === undefined ? item : inside.replace(/\\(["\\])/g, '$1')
}

/** Splits at commas outside quotes, comments and angle brackets. An `error:` takes the rest, commas and all. */
function items(list: string): readonly string[] {
  const found: string[] = []
  let item = ''
  for (const [piece = ''] of list.matchAll(/"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<[^<>]*>|\\.|,|[^]/g)) {
    if (piece === ',' && !/^\s*error:/i.test(item)) {
      found.push(item.trim())
      item = ''
    } else {
      item += piece
    }
  }
  return [...found, item.trim()].filter((text) => text !== '')
}
