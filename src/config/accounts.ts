/**
 * The people of this hub, from /etc/passwd and the settings: who has a mailbox, whose files are whose. The file is read again
 * when it has changed; while it cannot be read, what was last known holds, for nobody's mail is refused over that.
 */
import { type BigIntStats, readFileSync, statSync } from 'node:fs'
import type { Users } from './names.ts'
import { type Account, isPerson, parsePasswd } from './passwd.ts'

export interface Accounts {
  /** Whether this user, spelt like this, has a mailbox. */
  has(user: string): boolean
  /** The account of somebody who has a mailbox. Whom a list names and /etc/passwd does not know has no home, and what is theirs is the daemon's. */
  find(user: string): Account | undefined
  /** Any account of the system, `daemon` too: whose rights programs and files of aliases have. */
  anybody(user: string): Account | undefined
  names(): readonly string[]
}

/** Throws if the file cannot be read now, at the start. */
export function accounts({ users, passwd = '/etc/passwd' }: { readonly users: Users; readonly passwd?: string }): Accounts {
  let known = read(passwd)
  const fresh = (): Known => {
    const seen = statSync(passwd, { bigint: true, throwIfNoEntry: false })
    if (seen && !sameFile(seen, known.seen)) known = reread(passwd, known)
    return known
  }
  const anybody = (user: string) => fresh().accounts.get(user)
  if (users !== 'passwd') {
    const find = (user: string) => (users.includes(user) ? (anybody(user) ?? homeless(user)) : undefined)
    return { find, anybody, has: (user) => users.includes(user), names: () => users }
  }
  const person = (user: string) => {
    const account = anybody(user)
    return account && isPerson(account) ? account : undefined
  }
  return {
    find: person,
    anybody,
    has: (user) => person(user) !== undefined,
    names: () => [...fresh().accounts.values()].filter(isPerson).map(({ name }) => name),
  }
}

function homeless(name: string): Account {
  return { name, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, home: '', shell: '' }
}

type Known = { readonly seen: BigIntStats; readonly accounts: ReadonlyMap<string, Account> }

function read(path: string): Known {
  const seen = statSync(path, { bigint: true })
  const accounts = new Map<string, Account>()
  // Of two lines with one name the first holds, as for getpwnam(3).
  for (const account of parsePasswd(readFileSync(path, 'utf8'))) if (!accounts.has(account.name)) accounts.set(account.name, account)
  return { seen, accounts }
}

function reread(path: string, known: Known): Known {
  try {
    return read(path)
  } catch {
    return known
  }
}

function sameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.size === b.size
}

/** The number of a group of the system. */
export function groupNamed(name: string): number | undefined {
  const row = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`))
  return row === undefined ? undefined : Number(row.split(':')[2])
}
