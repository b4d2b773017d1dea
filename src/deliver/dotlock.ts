/**
 * The lock file beside a mailbox, by link(2), which is atomic over NFS where O_EXCL was not: liblockfile's protocol
 * (lockfile_create(3)), so procmail, mutt, mail.local and Python honour it. Never waits. Breaks a lock only when its
 * holder was a dialpost of this machine that is dead, or when nobody has touched it for five minutes (stale.ts), and says so.
 */
import type { Stats } from 'node:fs'
import { constants, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import { codeOf } from './errno.ts'
import type { Files, Handle } from './files.ts'
import type { Holder, Self } from './holder.ts'
import { describeHolder, formatHolder, isLeftBehind, parseHolder } from './holder.ts'
import { leftovers } from './leftovers.ts'
import { staleAfter, watching } from './stale.ts'

export type Taken = {
  readonly kind: 'taken'
  /** Says "I live": sets the time of the lock file by the file system's own clock. */
  touch(): Promise<void>
  drop(): Promise<void>
}
/** In words: by whom, and for how long untouched. */
export type Busy = { readonly kind: 'busy'; readonly holder: string }

export interface Dotlocks {
  /** Tries once to take `path`.lock; `name` is what people call the mailbox. Throws where the directory refuses. */
  take(path: string, name: string): Promise<Taken | Busy>
}

export type DotlockOptions = {
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
  readonly self?: Self
}

type Found = Holder & { readonly inode: number; readonly touched: number; readonly isFile: boolean }

export function dotlocks({ files, clock, log, self = thisProcess() }: DotlockOptions): Dotlocks {
  const watch = watching(clock.now() - clock.elapsed())
  const content = formatHolder(self)
  const names = leftovers({ files, self, startOf, find })

  async function take(path: string, name: string): Promise<Taken | Busy> {
    const lock = `${path}.lock`
    await names.sweep(dirname(path))
    const own = names.nameFor(lock)
    const handle = await files.open(own, 'wx', 0o644)
    let got: Taken | Busy | undefined
    try {
      await handle.write(content)
      got = await link(own, handle, lock, name)
      return got
    } finally {
      await gone(files.unlink(own))
      names.done(own)
      if (got?.kind !== 'taken') await handle.close()
    }
  }

  async function link(own: string, handle: Handle, lock: string, name: string): Promise<Taken | Busy> {
    for (let attempt = 0; ; attempt++) {
      const { mine, linked } = await linkOnce(own, lock)
      if (linked) return taken(lock, mine.ino, handle, name)
      const found = await find(lock)
      if (!found) return { kind: 'busy', holder: 'somebody who has just let go' }
      const untouched = watch.untouched(lock, found, mine.mtimeMs, clock.elapsed())
      const reason = whyDead(found, untouched)
      if (attempt > 0 || reason === undefined)
        return { kind: 'busy', holder: `${describeHolder(found)}, not touched for ${minutes(untouched)}` }
      await breakLock(lock, own, found)
      log.warn('lock-broken', `${name}: broke the lock of ${describeHolder(found)}: ${reason}`, { mailbox: name, pid: found.pid })
    }
  }

  /** link's own answer may be lost on the way from an NFS server; the link count is the truth. */
  async function linkOnce(own: string, lock: string): Promise<{ mine: Stats; linked: boolean }> {
    let refusal: unknown
    await files.link(own, lock).catch((error: unknown) => {
      refusal = error
    })
    const mine = await files.lstat(own)
    const there = await files.lstat(lock).catch(() => undefined)
    const linked = mine.nlink === 2 && there?.ino === mine.ino
    if (!linked && !there && refusal !== undefined && codeOf(refusal) !== 'EEXIST') throw refusal
    return { mine, linked }
  }

  async function find(lock: string): Promise<Found | undefined> {
    try {
      const handle = await files.open(lock, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const { ino, mtimeMs, ...stat } = await handle.stat()
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0)
        return {
          ...parseHolder(buffer.toString('latin1', 0, bytesRead)),
          inode: ino,
          touched: mtimeMs,
          isFile: (stat.mode & constants.S_IFMT) === constants.S_IFREG,
        }
      } finally {
        await handle.close()
      }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      const stat = await files.lstat(lock)
      return { pid: undefined, inode: stat.ino, touched: stat.mtimeMs, isFile: stat.isFile() }
    }
  }

  function whyDead(found: Found, untouched: number): string | undefined {
    if (!found.isFile) return undefined
    if (isLeftBehind(found, self, startOf)) return 'that process lives no more'
    return untouched >= staleAfter ? `not touched for ${minutes(untouched)}` : undefined
  }

  /**
   * Takes the lock file away under another name first: if meanwhile a living process has replaced the dead one's, it gets its lock back. Whoever
   * is not root may not link to another's file (proc(5), protected_hardlinks), but rename it.
   */
  async function breakLock(lock: string, own: string, dead: Found): Promise<void> {
    const aside = `${own}x`
    await files.rename(lock, aside)
    const { ino, mtimeMs } = await files.lstat(aside)
    if (ino !== dead.inode || mtimeMs !== dead.touched) {
      await files.link(aside, lock).catch((error: unknown) => (codeOf(error) === 'EPERM' ? files.rename(aside, lock) : undefined))
    }
    await gone(files.unlink(aside))
    watch.forget(lock)
  }

  /** The lock file stays open while it is ours, so that no other can be given its inode. */
  function taken(lock: string, inode: number, handle: Handle, name: string): Taken {
    watch.forget(lock)
    return {
      kind: 'taken',
      async touch() {
        await handle.write(content, 0)
      },
      async drop() {
        const there = await files.lstat(lock).catch(() => undefined)
        try {
          if (there?.ino === inode) await gone(files.unlink(lock))
          else
            log.warn('lock-lost', `${name}: somebody removed our lock while we wrote; look for a program that ignores locks`, {
              mailbox: name,
            })
        } finally {
          await handle.close()
        }
      },
    }
  }

  return { take }
}

/** This process, as its lock files name it. */
export function thisProcess(): Self {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return { pid: process.pid, dialpost: { host: hostname() || 'localhost', boot, started: startOf(process.pid) ?? '0' } }
}

/** Field 22 of proc(5)'s stat, counted behind the command, which may hold anything. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

async function gone(unlinked: Promise<void>): Promise<void> {
  await unlinked.catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
  })
}

function minutes(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return seconds < 120 ? `${seconds} seconds` : `${Math.floor(seconds / 60)} minutes`
}
