/** Who is known here by which name: aliases and accounts, letter case folded, and `user+detail` as `user` where nothing has the full name. Pure. */
import type { Alias, Aliases } from './aliases.ts'

export interface Names {
  alias(name: string): Alias | undefined
  /** The account in its own spelling. */
  account(name: string): string | undefined
  /** By an alias or an account. */
  isNamed(name: string): boolean
  /** Named, or postmaster, who always is. */
  isKnown(name: string): boolean
}

export function names({ byName }: Aliases, accounts: { has(user: string): boolean }): Names {
  const exactly = (name: string) => [name, name.toLowerCase()].find((spelling) => accounts.has(spelling))
  const account = (name: string) => exactly(name) ?? exactly(withoutDetail(name))
  const alias = (name: string) =>
    byName.get(name.toLowerCase()) ?? (exactly(name) ? undefined : byName.get(withoutDetail(name).toLowerCase()))
  const isNamed = (name: string) => alias(name) !== undefined || account(name) !== undefined
  return { alias, account, isNamed, isKnown: (name) => isNamed(name) || isPostmaster(name) }
}

/** The two names that every host has (RFC 5321 §4.5.1; MAILER-DAEMON is what our own notices come from). */
export function isPostmaster(name: string): boolean {
  return ['postmaster', 'mailer-daemon'].includes(withoutDetail(name).toLowerCase())
}

function withoutDetail(name: string): string {
  const plus = name.indexOf('+')
  return plus > 0 ? name.slice(0, plus) : name
}
