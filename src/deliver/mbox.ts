/**
 * A person's mailbox as one mbox file, `/var/mail/eddy`, on the file system that the LAN mounts over NFS.
 * Promises: both locks held (lock.ts) from before the file is opened until after it is closed; a letter is accepted only
 * when it is on the disk and close(2) has said so; what fails is cut off again; no letter twice after a crash (traces.ts).
 * On any doubt about the file (a link, another owner) or lack of room the letters are deferred, never dropped.
 *
 * In order, with what a power cut there leaves:
 *   locked          a lock file of a dead process, which the next start breaks; an empty one stays for five minutes (stale.ts), but not on
 *                   the device, whose boot removes it
 *   append-noted    old length and inode on the disk, no octet in the mbox: not in
 *   append-begun    as before
 *   append-half     a half at the end: cut off by `settled`
 *   appended        perhaps whole, perhaps half: `settled` compares and flushes
 *   append-flushed  wholly in, found by its mark
 *   unlocked        the same; only the outcome is still to be noted
 */
import { dirname, join } from 'node:path'
import type { Log } from '../log/events.ts'
import type { Outcome } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'
import type { Accounts } from './account.ts'
import { appendLetters, delivered } from './append.ts'
import { outcomeOfError } from './errno.ts'
import type { Files, Handle } from './files.ts'
import type { Locks } from './lock.ts'
import type { Mail, Mailbox } from './mailbox.ts'
import type { Opened, Place } from './mbox-file.ts'
import { adopt, createMailbox, factsOf, keepUnread, openMailbox, readerOf, rootMustMake, syncDirectory, whyUnfit } from './mbox-file.ts'
import { endWithoutNuls, formatNote, traceOf } from './traces.ts'

export type MboxOptions = {
  readonly files: Files
  readonly locks: Locks
  readonly log: Log
}

export type MboxFolderOptions = MboxOptions & {
  /** `/var/mail`. */
  readonly directory: string
  readonly accounts: Accounts
  /** The group `mail`, where there is one: new mailboxes are then 0660 for it, as Debian has them, else 0600. */
  readonly mailGroup?: number | undefined
}

/** One mbox a user, named for the user. */
export function mboxFolder({ directory, accounts, mailGroup, ...options }: MboxFolderOptions): Mailbox & Pick<Locks, 'stuck'> {
  const place = (user: string): Place | Outcome => {
    const account = accounts.find(user)
    if (!account || !isFileName(user)) return { kind: 'refused', reply: reply(550, '5.1.1', `${user} has no mailbox here`) }
    const path = join(directory, user)
    const owner = { ...account, gid: mailGroup ?? account.gid }
    return { path, name: path, owner, mode: mailGroup === undefined ? 0o600 : 0o660 }
  }
  return { ...mboxAt(place, options), stuck: options.locks.stuck }
}

/** A mailbox whose file `placeOf` names, or why it cannot. */
export function mboxAt(placeOf: (user: string) => Place | Outcome | Promise<Place | Outcome>, { files, locks, log }: MboxOptions): Mailbox {
  async function append(
    user: string,
    mails: readonly Mail[],
    noting: (note: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const all = (outcome: Outcome) => mails.map(() => outcome)
    const result = await withLock(user, true, signal, async (opened, place) => {
      const stat = await adopt(opened, place, files)
      const unfit = stat ? whyUnfit(stat, place) : rootMustMake(place)
      if (!stat || unfit !== undefined) return all(deferred(`${place.name} ${unfit}`, place.name))
      await noting(formatNote(factsOf(stat)))
      log.instant('append-noted', { mailbox: place.name })
      const outcomes = await appendLetters({ handle: opened.handle, size: stat.size, name: place.name }, mails, log)
      if (outcomes.every(({ kind }) => kind !== 'accepted')) return outcomes
      const failure = await flush(opened.handle, stat.size, place)
      if (failure) return all(failure)
      log.instant('append-flushed', { mailbox: place.name })
      return outcomes
    })
    return result === undefined || 'kind' in result ? all(result ?? deferred(`${user}: mailbox vanished`, user)) : result
  }

  async function settled(user: string, mail: Mail, note: string, signal: AbortSignal): Promise<Outcome | undefined> {
    return withLock(user, false, signal, async ({ handle }, place) => {
      const found = await handle.stat()
      const unfit = whyUnfit(found, place)
      if (unfit !== undefined) return deferred(`${place.name} ${unfit}`, place.name)
      const end = await endWithoutNuls({ facts: factsOf(found), read: readerOf(handle) }, note)
      if (end < found.size) await handle.truncate(end)
      const stat = end < found.size ? await handle.stat() : found
      const trace = await traceOf({ facts: factsOf(stat), read: readerOf(handle) }, mail, note)
      if (trace.kind === 'half') await handle.truncate(trace.start)
      if (trace.kind === 'torn')
        log.warn('half-letter', `${place.name}: an interrupted half of ${mail.id} stays among other letters; it is delivered again, whole`)
      if (trace.kind === 'whole' && trace.end === stat.size) await handle.write('\n')
      await handle.datasync()
      return trace.kind === 'whole' ? delivered(place.name) : undefined
    })
  }

  /** Finds the place, locks it, and lets go whatever happens. A thrown error is an outcome from here on. */
  async function withLock<T>(
    user: string,
    create: boolean,
    signal: AbortSignal,
    work: (opened: Opened, place: Place) => Promise<T>,
  ): Promise<T | Outcome | undefined> {
    const place = await Promise.try(placeOf, user).catch((error: unknown) => outcomeOfError(user, error))
    if ('kind' in place) return place
    try {
      let created = false
      const open = async () =>
        (await openMailbox(files, place)) ?? (create ? await createMailbox(files, place, () => (created = true)) : undefined)
      const locked = await locks.lock({ path: place.path, name: place.name, open }, signal)
      if (locked?.kind !== 'locked') return locked && deferred(`${place.name} is locked by ${locked.holder}`, place.name)
      log.instant('locked', { mailbox: place.name })
      try {
        return await work({ handle: locked.handle, created }, place)
      } finally {
        await locked.handle.close().catch(() => undefined)
        await locked
          .release()
          .catch((error: unknown) => log.warn('lock-left', `${place.name}: its lock could not be dropped: ${String(error)}`))
        log.instant('unlocked', { mailbox: place.name })
      }
    } catch (error) {
      return outcomeOfError(place.name, error)
    } finally {
      await place.close?.()
    }
  }

  /** To the disk, and closed: an NFS server may say only then that there was no room. Undone if either fails. */
  async function flush(handle: Handle, size: number, place: Place): Promise<Outcome | undefined> {
    let grown = size
    try {
      grown = await keepUnread(handle)
      await handle.datasync()
      if (size === 0) await syncDirectory(files, dirname(place.path))
    } catch (error) {
      await undo(handle, size, place)
      return outcomeOfError(place.name, error)
    }
    try {
      await handle.close()
      return undefined
    } catch (error) {
      const again = await openMailbox(files, place)
      if (again && (await again.stat()).size <= grown) await undo(again, size, place)
      await again?.close().catch(() => undefined)
      return outcomeOfError(place.name, error)
    }
  }

  async function undo(handle: Handle, size: number, place: Place): Promise<void> {
    try {
      await handle.truncate(size)
      await handle.datasync()
    } catch (error) {
      log.error(
        'undo-failed',
        `${place.name}: letters that could not be flushed could not be cut off either and may come twice: ${String(error)}`,
      )
    }
  }

  return { append, settled }
}

function deferred(text: string, where: string): Outcome {
  return { kind: 'deferred', reply: reply(451, '4.2.0', text), where }
}

/** Neither a path, nor one of the lock files. */
function isFileName(user: string): boolean {
  return /^[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$/.test(user) && !user.endsWith('.lock') && user.length < 200
}
