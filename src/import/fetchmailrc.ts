/** A .fetchmailrc as settings: `set` statements for the hub, a [[mailbox]] for each user of each server. No password is printed. Pure. */
import { type Account, accountsOf } from './fetchmail-accounts.ts'
import { type Given, readFetchmailrc, type Statement, textOf } from './fetchmail-file.ts'
import { mailboxOf } from './fetchmail-mailbox.ts'
import { fateOf } from './fetchmail-fates.ts'
import type { Mistake } from './mistake.ts'
import { pageOf, type Remark, type Table } from './page.ts'
import { within } from './amounts.ts'

export function fetchmailrcSettings(text: string): { readonly toml: string } | { readonly mistakes: readonly Mistake[] } {
  const { statements, mistakes } = readFetchmailrc(text)
  if (mistakes.length > 0) return { mistakes }
  const set = statements.flatMap((one) => (one.kind === 'set' ? [one.given] : []))
  const accounts = accountsOf(statements)
  const tables: Table[] = [top(set), ...mailboxes(accounts), call(set), logging(set)]
  return { toml: pageOf(preface(accounts), tables, [...ofSet(set), ...ofDefaults(statements)]) }
}

function preface(accounts: readonly Account[]): readonly string[] {
  const secrets = accounts.some(({ options }) => options.has('password'))
  const passwords =
    'No password is in here: write each, alone on one line, into the file that password_file names, and chmod 600 that file.'
  return [
    'What the .fetchmailrc says, as settings of dialpost. What stands above the first [table] belongs to the top of the file; `dialpost check` says what is missing.',
  ].concat(secrets ? [passwords] : [])
}

function top(set: readonly Given[]): Table {
  const postmaster = last(set, 'postmaster')
  if (typeof postmaster?.value !== 'string') return { section: '', settings: [] }
  return { section: '', settings: [{ name: 'postmaster', value: postmaster.value, line: postmaster.line }] }
}

function call(set: readonly Given[]): Table {
  const daemon = last(set, 'daemon')
  if (typeof daemon?.value !== 'number') return { section: 'call', settings: [] }
  const { line, value } = daemon
  if (value <= 0) return { section: 'call', settings: [], remarks: [{ line, text: 'set daemon 0: dialpost always is a daemon' }] }
  return { section: 'call', settings: [{ name: 'poll_every', value: within(value, 10, 7 * 86_400), line }] }
}

function logging(set: readonly Given[]): Table {
  const syslog = last(set, 'syslog')
  return { section: 'log', settings: syslog?.value === false ? [{ name: 'syslog', value: false, line: syslog.line }] : [] }
}

/** Each by a name of its own, for the name is what dialpost knows a box by. */
function mailboxes(accounts: readonly Account[]): readonly Table[] {
  const names = naming()
  const boxes = new Map<string, string>()
  return accounts.map((account) => {
    const name = names.free(account)
    const { table, identity } = mailboxOf(account, name)
    if (table.instead !== undefined) return table
    const twin = boxes.get(identity)
    if (twin !== undefined) return { ...table, instead: `it is the box of ${twin}, which is collected once` }
    boxes.set(identity, name)
    names.take(name)
    return table
  })
}

/** The user's name at the ISP, or with the server's behind it, or with a number. */
function naming(): { free(account: Account): string; take(name: string): void } {
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  const word = (text: string): string => text.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '')
  return {
    take: (name) => void taken.add(name),
    free({ server, options }) {
      const user = word(textOf(options.get('user')).replace(/@.*$/s, ''))
      const base = (user || word(server) || 'box').slice(0, 24)
      const found = [base, `${base}-${word(server)}`].find((name) => name.length <= 32 && !taken.has(name))
      if (found !== undefined) return found
      let number = counts.get(base) ?? 2
      while (taken.has(`${base}-${number}`)) number++
      counts.set(base, number)
      return `${base}-${number}`
    },
  }
}

function ofSet(set: readonly Given[]): readonly Remark[] {
  return set.flatMap((given) => fateOf(given, true))
}

/** Said once, and not for every box. */
function ofDefaults(statements: readonly Statement[]): readonly Remark[] {
  return statements.flatMap((one) =>
    one.kind === 'defaults' ? [...one.server, ...one.users.flat()].flatMap((given) => fateOf(given)) : [],
  )
}

function last(given: readonly Given[], name: string): Given | undefined {
  return given.findLast((one) => one.name === name)
}
