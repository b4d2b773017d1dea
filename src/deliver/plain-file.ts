/**
 * `/file` in an alias or a .forward: an mbox anywhere, with the care that takes while this process is root. The directory is
 * opened first and everything is done through that opening, so nobody can lead us elsewhere by renaming. A file must be
 * writable for the user it is delivered as; a new one is made only in that user's own directory. Who is neither root nor that
 * user writes nothing.
 */
import { constants } from 'node:fs'
import type { Stats } from 'node:fs'
import { basename, dirname, isAbsolute, normalize } from 'node:path'
import type { Account } from '../config/passwd.ts'
import type { Outcome } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'
import type { Accounts } from './account.ts'
import { delivered } from './append.ts'
import { codeOf } from './errno.ts'
import type { Files, Handle } from './files.ts'
import type { Mailbox } from './mailbox.ts'
import type { MboxOptions } from './mbox.ts'
import { mboxAt } from './mbox.ts'
import type { Place } from './mbox-file.ts'

export type PlainFileOptions = MboxOptions & { readonly accounts: Accounts }

/** The file as a mailbox; its `user` is whose rights count. */
export function plainFiles({ accounts, ...options }: PlainFileOptions): (path: string) => Mailbox {
  return (path) => mboxAt((user) => placeOf(path, accounts.find(user), user, options.files), options)
}

async function placeOf(path: string, account: Account | undefined, user: string, files: Files): Promise<Place | Outcome> {
  if (path === '/dev/null') return delivered(path)
  if (!account) return later(path, `is to be written as ${user}, who has no account`)
  if (![0, account.uid].includes(process.geteuid?.() ?? 0))
    return later(path, `cannot be written as ${user}: dialpost does not run as root`)
  if (!isAbsolute(path) || normalize(path) !== path || path.endsWith('/') || path.includes('\0')) return later(path, 'is no plain path')
  const directory = await files.open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  const inside = `/proc/self/fd/${directory.fd}/${basename(path)}`
  const unfit = await whyNot(directory, inside, account, files).catch(async (error: unknown) => {
    await directory.close()
    throw error
  })
  if (unfit === undefined)
    return { path: inside, name: path, owner: account, mode: 0o600, mayWrite: mayWrite(account), close: () => directory.close() }
  await directory.close()
  return later(path, unfit)
}

/** Before the lock, too: that is a new file in somebody's directory. */
async function whyNot(directory: Handle, inside: string, account: Account, files: Files): Promise<string | undefined> {
  const there = await files.lstat(inside).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
    return undefined
  })
  if (!there) return (await directory.stat()).uid === account.uid ? undefined : `does not exist, and its directory is not ${account.name}’s`
  if (!there.isFile()) return 'is not a regular file'
  return mayWrite(account)(there) ? undefined : `may not be written by ${account.name}`
}

function mayWrite({ uid, gid }: Account): (stat: Stats) => boolean {
  return (stat) => {
    if (uid === 0) return true
    if (stat.uid === uid) return (stat.mode & 0o200) !== 0
    return stat.gid === gid ? (stat.mode & 0o020) !== 0 : (stat.mode & 0o002) !== 0
  }
}

function later(path: string, why: string): Outcome {
  return { kind: 'deferred', reply: reply(451, '4.3.5', `${path} ${why}`), where: path }
}
