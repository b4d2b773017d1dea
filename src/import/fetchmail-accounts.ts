/**
 * The accounts that a .fetchmailrc means: one a user of each server, with what `defaults` gives to whoever says nothing himself, as fetchmail
 * merges it (its aka are the one exception). Pure.
 */
import type { Given, Statement, Value } from './fetchmail-file.ts'

export type Account = {
  /** The name after poll. */
  readonly server: string
  /** Of the user, or of poll if there is none. */
  readonly line: number
  /** Asked only when somebody names it. */
  readonly skip: boolean
  /** The last one given of each option; `port` is a `service`, and `user` is always a string. */
  readonly options: ReadonlyMap<string, Given>
  /** Those of them that are not from `defaults`. */
  readonly own: readonly Given[]
  /** By name at the ISP; empty if nobody is named. */
  readonly people: readonly (readonly [remote: string, local: string])[]
}

type Entry = Exclude<Statement, { readonly kind: 'set' }>

/** Options of which the next one goes on where the former ended. */
const lists = new Set(['aka', 'localdomains', 'folder', 'smtphost', 'fetchdomains', 'antispam'])

export function accountsOf(statements: readonly Statement[]): readonly Account[] {
  const entries = statements.filter((one): one is Entry => one.kind !== 'set')
  const defaults = entries.find(({ kind }) => kind === 'defaults')
  const general = gathered([...(defaults?.server ?? []), ...(defaults?.users[0] ?? [])])
  general.options.delete('aka')
  return entries
    .filter(({ kind }) => kind !== 'defaults')
    .flatMap(({ kind, name, line, server, users }) =>
      users.map((user) => {
        const own = gathered([...server, ...user])
        return {
          server: name,
          line: user[0]?.name === 'user' ? user[0].line : line,
          skip: kind === 'skip',
          options: new Map([...general.options, ...own.options]),
          own: [...own.options.values()],
          people: own.people.length > 0 ? own.people : general.people,
        }
      }),
    )
}

function gathered(given: readonly Given[]): { readonly options: Map<string, Given>; readonly people: [string, string][] } {
  const options = new Map<string, Given>()
  const people: [string, string][] = []
  const listed = new Map<string, string[]>()
  for (const one of given) {
    const { value } = one
    const name = one.name === 'port' ? 'service' : one.name
    if (typeof value === 'object' && 'names' in value) {
      for (const [remote, local] of value.names) people.push([remote, local])
      if (name === 'user') continue
    }
    const before = listed.get(name)
    if (before && isList(value)) for (const text of value) before.push(text)
    else if (lists.has(name) && isList(value)) {
      listed.set(name, [...value])
      options.set(name, { ...one, value: listed.get(name) ?? [] })
    } else options.set(name, one)
  }
  return { options, people }
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value)
}
