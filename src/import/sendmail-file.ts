/** What a sendmail.mc says in the end: the last of each define, all of each list, each with its line, and what is said of the rest. Pure. */
import { isDomain } from '../mail/address.ts'
import { none } from './fate.ts'
import type { Call, M4 } from './m4.ts'
import type { Remark } from './page.ts'
import { defineFate, featureFate, macroFate } from './sendmail-fates.ts'
import { words } from './sendmail-values.ts'

export type Given = { readonly value: string; readonly line: number }

export type Mc = {
  readonly defines: ReadonlyMap<string, Given>
  readonly features: ReadonlyMap<string, Given>
  /** By macro: `MASQUERADE_DOMAIN`, `LOCAL_DOMAIN` and the like. */
  readonly lists: ReadonlyMap<string, readonly Given[]>
  readonly remarks: readonly Remark[]
}

/** Become settings (sendmail-mc.ts). */
const settingFeatures = new Set(['masquerade_envelope', 'masquerade_entire_domain', 'allmasquerade', 'nullclient'])
const settingDefines =
  /^(?:SMART_HOST|FALLBACK_MX|ALIAS_FILE|(?:RELAY|E?SMTP8?)_MAILER_ARGS|conf(?:DOMAIN_NAME|FALLBACK_MX|FALLBACK_SMARTHOST|TO_QUEUEWARN|TO_QUEUERETURN|MAX_MESSAGE_SIZE|MAX_HOP|MAX_DAEMON_CHILDREN|DOUBLE_BOUNCE_ADDRESS|FORWARD_PATH|SERVER_CERT|SERVER_KEY|DAEMON_OPTIONS))$/
const lists = new Set(['MASQUERADE_AS', 'MASQUERADE_DOMAIN', 'EXPOSED_USER', 'LOCAL_DOMAIN', 'RELAY_DOMAIN', 'DAEMON_OPTIONS'])
/** Classes and macros of sendmail.cf that are such lists, too. */
const raw: Readonly<Record<string, string>> = {
  Cw: 'LOCAL_DOMAIN',
  CM: 'MASQUERADE_DOMAIN',
  CE: 'EXPOSED_USER',
  CR: 'RELAY_DOMAIN',
  DM: 'MASQUERADE_AS',
}

export function readMc({ pieces }: M4): Mc {
  const defines = new Map<string, Given>()
  const features = new Map<string, Given>()
  const listed = new Map<string, Given[]>()
  const remarks: Remark[] = []
  const add = (name: string, given: Given): void => {
    const list = listed.get(name)
    if (list) list.push(given)
    else listed.set(name, [given])
  }
  for (const piece of pieces) {
    const { line } = piece
    if ('text' in piece) {
      const [, letters = '', value = ''] = /^([CD]\{?[A-Za-z])\}?\s*([^#]*)/.exec(piece.text.replace('{', '')) ?? []
      const name = raw[letters]
      if (name !== undefined) add(name, { value: value.trim(), line })
      else if (letters === 'Dj') defines.set('confDOMAIN_NAME', { value: value.trim(), line })
      else remarks.push(...textFate(piece, remarks.at(-1)))
      continue
    }
    const [first = '', second = ''] = piece.args
    if (piece.name === 'define' || piece.name === 'pushdef') defines.set(first, { value: second, line })
    else if (piece.name === 'undefine' || piece.name === 'popdef') defines.delete(first)
    else if (piece.name === 'FEATURE') features.set(first, { value: second, line })
    else if (lists.has(piece.name)) add(piece.name, { value: first, line })
    else remarks.push(...callFate(piece))
  }
  for (const [name, { line }] of defines) {
    const fate = settingDefines.test(name) ? undefined : defineFate(name)
    if (fate !== undefined) remarks.push({ line, text: `${name}: ${fate}` })
  }
  for (const [name, { line }] of features)
    if (!settingFeatures.has(name)) remarks.push({ line, text: `FEATURE(${name}): ${featureFate(name)}` })
  return { defines, features, lists: listed, remarks: remarks.toSorted((a, b) => a.line - b.line) }
}

/** All words of a list, each with its line. */
export function wordsOf({ lists: all }: Mc, name: string): readonly Given[] {
  return (all.get(name) ?? []).flatMap(({ value, line }) => words(value).map((word) => ({ value: word, line })))
}

/** The hub's own name, where it is written out. */
export function hostnameOf(defines: Mc['defines']): Given | undefined {
  const given = defines.get('confDOMAIN_NAME')
  return given && isDomain(given.value) ? given : undefined
}

/** A list of one, or of none. */
export function many(given: Given | undefined): readonly Given[] {
  return given ? [given] : []
}

const mailers = new Set(['local', 'smtp', 'procmail'])

function callFate({ name, args: [first = ''], line }: Call): readonly Remark[] {
  if (name === 'MAILER') {
    const known = mailers.has(first.trim())
    return known ? [] : [{ line, text: `MAILER(${first}): ${none('letters go to mailboxes here, to programs, and to the smarthost')}` }]
  }
  if (name === 'include' || name === 'sinclude') {
    const own = first.endsWith('cf.m4')
    return own ? [] : [{ line, text: `include(${first}): not read; import what it says, too` }]
  }
  if (/^(?:VERSIONID|OSTYPE|MAILER_DEFINITIONS|LOCAL_CONFIG)$/.test(name)) return []
  if (/^LOCAL_(?:RULE_[0-3]|RULESETS|NET_CONFIG)$/.test(name)) return [{ line, text: `${name}: ${none('rules of sendmail.cf')}` }]
  return [{ line, text: `${name}: ${macroFate(name)}` }]
}

const cfLines = none('this line, and those below it that are not told of, are for sendmail.cf')

/** Of a row of such lines the first is told of. */
function textFate({ text, line }: { readonly text: string; readonly line: number }, before: Remark | undefined): readonly Remark[] {
  const file = /^F\{?w\}?\s*(?:-o\s*)?([^\s%]+)/.exec(text)?.[1]
  if (file !== undefined) return [{ line, text: `what stands in ${file} belongs into local_domains` }]
  return before?.text === cfLines ? [] : [{ line, text: cfLines }]
}
