/**
 * One mbox file, opened with care: a mailbox directory may be writable by many, and this process may be root. Knows what makes
 * a file fit to be somebody's mailbox; locks, letters and outcomes are others'. A new one that may not be given to its owner does
 * not stay: there its owner could not read, and nobody else would tell him so.
 */
import { constants } from 'node:fs'
import type { Stats } from 'node:fs'
import type { Account } from '../config/passwd.ts'
import { codeOf } from './errno.ts'
import type { Files, Handle } from './files.ts'
import type { Facts } from './traces.ts'

/** One mbox file and whose it has to be. */
export type Place = {
  readonly path: string
  /** What people call it. */
  readonly name: string
  readonly owner: Pick<Account, 'name' | 'uid' | 'gid'>
  /** For a new file. */
  readonly mode: number
  /** May this user be given mail in that file? Otherwise only its owner may. */
  readonly mayWrite?: (stat: Stats) => boolean
  /** Gives back what finding the place has opened. */
  close?(): Promise<void>
}

/** An open mailbox; `created`: it was not there before. */
export type Opened = { readonly handle: Handle; readonly created: boolean }

const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_NOATIME, O_CREAT, O_EXCL } = constants

/** For appending, through neither a symbolic link nor a FIFO. Opened only once the dotlock is ours. */
const careful = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK

export async function openMailbox(files: Files, { path }: Place): Promise<Handle | undefined> {
  try {
    return await files.open(path, careful | O_NOATIME)
  } catch (error) {
    if (codeOf(error) === 'EPERM') return files.open(path, careful)
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function createMailbox(files: Files, { path, mode }: Place, done: () => void): Promise<Handle> {
  const handle = await files.open(path, careful | O_CREAT | O_EXCL, mode)
  done()
  return handle
}

/** A file that we have just made, or made before a crash, gets its owner and mode; undefined when it may not, and is gone again. All others keep theirs. */
export async function adopt({ handle, created }: Opened, place: Place, files: Files): Promise<Stats | undefined> {
  const stat = await handle.stat()
  const { owner, mode } = place
  const forsaken = stat.size === 0 && stat.uid === process.geteuid?.() && !isTheirs(stat, place)
  if (!created && !forsaken) return stat
  try {
    if (stat.uid !== owner.uid || (stat.gid !== owner.gid && stat.uid === 0)) await handle.chown(owner.uid, owner.gid)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error
    await files.unlink(place.path)
    return undefined
  }
  await handle.chmod(mode)
  return handle.stat()
}

/** What is to be done where `adopt` may not. */
export function rootMustMake({ name, owner, mode }: Place): string {
  const command = `install -o ${owner.name} -g ${owner.gid} -m ${mode.toString(8)} /dev/null ${name}`
  return `does not exist, and dialpost may not make ${owner.name} one; as root: ${command}`
}

export function whyUnfit(stat: Stats, place: Place): string | undefined {
  if (!stat.isFile()) return 'is not a regular file'
  if (stat.nlink > 1) return 'has another name (a hard link), which might be anybody’s file'
  return isTheirs(stat, place) ? undefined : `belongs to user number ${stat.uid}, not to ${place.owner.name}; change its owner`
}

function isTheirs(stat: Stats, { owner, mayWrite }: Place): boolean {
  return mayWrite ? mayWrite(stat) : stat.uid === owner.uid
}

/**
 * Shells and mutt announce new mail when a mailbox was written after it was last read; within one second they could not tell.
 * A courtesy: where it is not allowed the mail still arrives. Resolves to the size.
 */
export async function keepUnread(handle: Handle): Promise<number> {
  const { atimeMs, mtimeMs, size } = await handle.stat()
  const written = Math.floor(mtimeMs / 1000)
  if (Math.floor(atimeMs / 1000) >= written) await handle.utimes(written - 1, mtimeMs / 1000).catch(() => undefined)
  return size
}

export async function syncDirectory(files: Files, directory: string): Promise<void> {
  const handle = await files.open(directory, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function readerOf(handle: Handle): (position: number, length: number) => Promise<Buffer> {
  return async (position, length) => {
    const buffer = Buffer.allocUnsafe(length)
    let got = 0
    while (got < length) {
      const { bytesRead } = await handle.read(buffer, got, length - got, position + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    return buffer.subarray(0, got)
  }
}

export function factsOf({ size, ino, mtimeMs }: Stats): Facts {
  return { size, inode: ino, changed: mtimeMs }
}
