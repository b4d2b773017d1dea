/**
 * A person's mailbox as a maildir: one file a letter, written in tmp, flushed, and renamed into new, so that a reader never
 * sees a half and no lock is needed. The name is made from the delivery, so a letter delivered again after a crash takes its
 * own place; one that its reader has already moved to cur is found there. Works through opened directories: the user may own
 * them, and this process is root.
 */
import { constants } from 'node:fs'
import type { Account } from '../config/passwd.ts'
import type { Log } from '../log/events.ts'
import type { Outcome } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'
import type { Accounts } from './account.ts'
import { delivered, writeAll } from './append.ts'
import { codeOf, outcomeOfError } from './errno.ts'
import type { Files, Handle } from './files.ts'
import { maildirLetter } from './from-line.ts'
import type { Mail, Mailbox } from './mailbox.ts'

export type MaildirOptions = {
  /** `/home/eddy/Maildir`; the directory above it must exist. */
  readonly directoryOf: (account: Account) => string
  readonly accounts: Accounts
  /** This hub's name: two hubs may share a maildir. */
  readonly host: string
  readonly files: Files
  readonly log: Log
}

type Folders = { readonly tmp: Handle; readonly new: Handle; readonly cur: Handle }

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW } = constants

export function maildirs({ directoryOf, accounts, host, files, log }: MaildirOptions): Mailbox {
  async function append(
    user: string,
    mails: readonly Mail[],
    noting: (note: string) => Promise<void>,
    _signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const all = (outcome: Outcome) => mails.map(() => outcome)
    const result = await within(user, async (folders, account, name) => {
      await noting('maildir')
      log.instant('append-noted', { mailbox: name })
      const outcomes: Outcome[] = []
      for (const mail of mails) outcomes.push(await place(mail, folders, account, name))
      log.instant('appended', { mailbox: name })
      await folders.new.sync()
      log.instant('append-flushed', { mailbox: name })
      return outcomes
    })
    return 'kind' in result ? all(result) : result
  }

  async function settled(user: string, mail: Mail, _note: string): Promise<Outcome | undefined> {
    const result = await within(user, async (folders, _account, name) => {
      const tail = nameTail(mail)
      for (const folder of [folders.new, folders.cur]) {
        const there = (await files.readdir(through(folder))).some((file) => file.split(':2,')[0]?.endsWith(tail))
        if (there) return folders.new.sync().then(() => ({ outcome: delivered(name) }))
      }
      return { outcome: undefined }
    })
    return 'kind' in result ? result : result.outcome
  }

  async function within<T>(user: string, work: (folders: Folders, account: Account, name: string) => Promise<T>): Promise<T | Outcome> {
    const account = accounts.find(user)
    if (!account) return { kind: 'refused', reply: reply(550, '5.1.1', `${user} has no mailbox here`) }
    const name = directoryOf(account)
    const opened: Handle[] = []
    try {
      const base = await openFolder(name, account, opened)
      const folder = (part: string) => openFolder(`${through(base)}/${part}`, account, opened)
      return await work({ tmp: await folder('tmp'), new: await folder('new'), cur: await folder('cur') }, account, name)
    } catch (error) {
      return outcomeOfError(name, error)
    } finally {
      for (const handle of opened) await handle.close()
    }
  }

  async function openFolder(path: string, { name, uid, gid }: Account, opened: Handle[]): Promise<Handle> {
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    const handle = await files.open(path, flags).catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
      await files.mkdir(path, 0o700).catch((failure: unknown) => {
        if (codeOf(failure) !== 'EEXIST') throw failure
      })
      const made = await files.open(path, flags)
      if (process.geteuid?.() !== uid) await made.chown(uid, gid)
      return made
    })
    opened.push(handle)
    const owner = (await handle.stat()).uid
    if (owner !== uid) throw new Error(`${path} belongs to user number ${owner}, not to ${name}`)
    return handle
  }

  async function place(mail: Mail, folders: Folders, { uid, gid }: Account, name: string): Promise<Outcome> {
    const file = `${Math.floor(mail.at / 1000)}${nameTail(mail)}`
    const temporary = `${through(folders.tmp)}/${file}`
    try {
      await files.unlink(temporary).catch(() => undefined)
      const handle = await files.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      try {
        if (process.geteuid?.() !== uid) await handle.chown(uid, gid)
        log.instant('append-begun', { mailbox: name })
        for await (const octets of maildirLetter(mail)) await writeAll(handle, octets)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await files.rename(temporary, `${through(folders.new)}/${file}`)
      return delivered(name)
    } catch (error) {
      await files.unlink(temporary).catch(() => undefined)
      return outcomeOfError(name, error)
    }
  }

  /** All of the name but the seconds, which may be mended once the box learns the time. */
  function nameTail({ id, delivery }: Mail): string {
    return `.M${id}D${delivery}.${host.replaceAll('/', '\\057').replaceAll(':', '\\072')}`
  }

  return { append, settled }
}

/** The opened directory itself, wherever its name leads by now. */
function through({ fd }: Handle): string {
  return `/proc/self/fd/${fd}`
}
