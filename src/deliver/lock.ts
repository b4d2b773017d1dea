/**
 * Both locks on a mailbox, as Debian policy 11.6 wants them where mail lies on NFS: the dotlock, then (on the file opened
 * only now, so that an NFS client's old idea of its length is gone) fcntl; neither waits, and if the second is refused the
 * first is dropped and, after a random while, all begins again. So no order in which others take theirs can deadlock.
 *
 * The fcntl lock is an open-file-description lock (libc.ts): it meets POSIX locks of every process here and, through lockd,
 * of NFS clients, and it does not vanish when this process closes another descriptor of the same mailbox, as a POSIX lock would.
 */
import type { Clock } from '../clock.ts'
import { lockFile, lockHolder } from '../libc.ts'
import type { Log } from '../log/events.ts'
import type { Busy, Dotlocks, Taken } from './dotlock.ts'
import { codeOf } from './errno.ts'
import type { Files, Handle } from './files.ts'

/** The file is locked for as long as `handle` is open and `release` was not called; close it first. */
export type Locked = { readonly kind: 'locked'; readonly handle: Handle; release(): Promise<void> }

/** A mailbox that has refused its lock for some time. */
export type Stuck = {
  readonly mailbox: string
  readonly holder: string
  /** `clock.elapsed()` when it was first refused. */
  readonly since: number
}

export type LockTarget = {
  readonly path: string
  /** What people call it. */
  readonly name: string
  /** Opens the file, creating it where that is wanted; undefined when it is not there. */
  open(): Promise<Handle | undefined>
}

export interface Locks {
  /** Tries for `patience`, no longer. Throws what the file system says; undefined when there is nothing to lock. */
  lock(target: LockTarget, signal: AbortSignal): Promise<Locked | Busy | undefined>
  readonly stuck: () => readonly Stuck[]
}

export type LockOptions = {
  readonly dotlocks: Dotlocks
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds; a courier has other mailboxes to fill. */
  readonly patience?: number
  /** From 0 to 1. */
  readonly random?: () => number
}

const touchEvery = 60_000
const warnAfter = 5 * 60_000
const warnAgain = 60 * 60_000

export function mailboxLocks({ dotlocks, files, clock, log, patience = 3000, random = Math.random }: LockOptions): Locks {
  const refused = new Map<string, Stuck & { warned: number | undefined }>()

  async function lock(target: LockTarget, signal: AbortSignal): Promise<Locked | Busy | undefined> {
    const deadline = clock.elapsed() + patience
    for (let most = 20; ; most = Math.min(2 * most, 320)) {
      const got = await tryBoth(target)
      if (got?.kind !== 'busy') {
        free(target.name)
        return got
      }
      if (signal.aborted || clock.elapsed() >= deadline) {
        report(target.name, got.holder)
        return got
      }
      await clock.sleep(clock.elapsed() + most * (0.1 + 0.9 * random()), signal)
    }
  }

  async function tryBoth(target: LockTarget): Promise<Locked | Busy | undefined> {
    const dotlock = await dotlocks.take(target.path, target.name)
    if (dotlock.kind === 'busy') return dotlock
    try {
      const handle = await target.open()
      const refusal = handle && (await fcntl(handle, target.path))
      if (handle && refusal === undefined) return locked(handle, dotlock)
      await handle?.close()
      await dotlock.drop()
      return refusal === undefined ? undefined : { kind: 'busy', holder: refusal }
    } catch (error) {
      await dotlock.drop()
      throw error
    }
  }

  /** Who refuses the second lock, if anybody does; a mailbox replaced while we took it is refused too. */
  async function fcntl(handle: Handle, path: string): Promise<string | undefined> {
    try {
      lockFile(handle.fd)
    } catch (error) {
      if (codeOf(error) === 'EAGAIN' || codeOf(error) === 'EACCES') return fcntlHolder(handle)
      await handle.close()
      throw error
    }
    const [opened, there] = [await handle.stat(), await files.lstat(path).catch(() => undefined)]
    return opened.ino === there?.ino ? undefined : 'a reader that is replacing the file'
  }

  function locked(handle: Handle, dotlock: Taken): Locked {
    const done = new AbortController()
    const touching = keepTouching(dotlock, done.signal)
    return {
      kind: 'locked',
      handle,
      async release() {
        done.abort()
        await touching
        await dotlock.drop()
      },
    }
  }

  async function keepTouching(dotlock: Taken, signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(clock.elapsed() + touchEvery, signal)
      if (signal.aborted) return
      await dotlock.touch().catch((error: unknown) => log.notice('lock-untouched', `a lock file could not be touched: ${String(error)}`))
    }
  }

  function report(name: string, holder: string): void {
    const now = clock.elapsed()
    const known = refused.get(name) ?? { mailbox: name, holder, since: now, warned: undefined }
    const due = now - known.since >= warnAfter && (known.warned === undefined || now - known.warned >= warnAgain)
    refused.set(name, { ...known, holder, warned: due ? now : known.warned })
    const minutes = Math.floor((now - known.since) / 60_000)
    if (due)
      log.warn('mailbox-stuck', `${name} has been locked for ${minutes} minutes by ${holder}; its mail waits in the queue`, {
        mailbox: name,
      })
    else log.info('mailbox-locked', `${name} is locked by ${holder}`, { mailbox: name })
  }

  function free(name: string): void {
    const known = refused.get(name)
    refused.delete(name)
    if (known?.warned !== undefined) log.notice('mailbox-free', `${name} is no longer locked`, { mailbox: name })
  }

  return { lock, stuck: () => [...refused.values()].map(({ mailbox, holder, since }) => ({ mailbox, holder, since })) }
}

/** The kernel names the process for POSIX locks of this machine alone. */
function fcntlHolder(handle: Handle): string {
  const pid = lockHolder(handle.fd)
  return pid !== undefined && pid > 0 ? `process ${pid} (fcntl lock)` : 'a process of another machine or of this one (fcntl lock)'
}
