/**
 * The short-lived names beside a mailbox by which its lock file is made. A dialpost that dies in that moment leaves one behind, in a
 * directory that the whole LAN sees; the next life removes it. Touches only what this machine's own dead have made.
 */
import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { Files } from './files.ts'
import { type Holder, isLeftBehind, type Self } from './holder.ts'

export interface Leftovers {
  /** A fresh name for making `lock`; unique among all machines that mount the directory. */
  nameFor(lock: string): string
  /** It is gone again. */
  done(name: string): void
  /** Removes what the dead left in a directory; only the first time for each. Never rejects. */
  sweep(directory: string): Promise<void>
}

export type LeftoversOptions = {
  readonly files: Files
  readonly self: Self
  /** When a living process of this boot started, in clock ticks. */
  readonly startOf: (pid: number) => string | undefined
  /** Whom a file names, read without waiting for anything; undefined if it is gone. */
  readonly find: (path: string) => Promise<(Holder & { readonly isFile: boolean }) | undefined>
}

export function leftovers({ files, self, startOf, find }: LeftoversOptions): Leftovers {
  const swept = new Set<string>()
  const ours = new Set<string>()
  const host = self.dialpost.host.slice(0, 100)

  async function isDead(path: string, maker: number): Promise<boolean> {
    const holder = await find(path)
    if (!holder?.isFile) return false
    if (holder.dialpost) return isLeftBehind(holder, self, startOf)
    // Its maker died before the first word, or it is somebody's stale lock on its way out.
    return maker === self.pid || startOf(maker) === undefined
  }

  return {
    // As liblockfile names it: `.lk`, five digits of process id, some more, the host.
    nameFor(lock) {
      const name = join(dirname(lock), `.lk${String(self.pid).padStart(5, '0')}${randomBytes(4).toString('hex')}${host}`)
      ours.add(basename(name))
      return name
    },
    done: (name) => void ours.delete(basename(name)),
    async sweep(directory) {
      if (swept.has(directory)) return
      swept.add(directory)
      const names = await files.readdir(directory).catch(() => [])
      for (const name of names) {
        const maker = makerOf(name, host)
        if (maker === undefined || ours.has(name)) continue
        const path = join(directory, name)
        if (await isDead(path, maker).catch(() => false)) await files.unlink(path).catch(() => undefined)
      }
    },
  }
}

/** The process that made this name, if it was one of this host; the `x` is of a lock file that is being broken. */
function makerOf(name: string, host: string): number | undefined {
  const front = [host, `${host}x`].map((end) => (name.endsWith(end) ? name.slice(0, -end.length) : '')).find((rest) => rest !== '')
  const pid = /^\.lk(\d{5,10})[0-9a-f]{8}$/.exec(front ?? '')?.[1]
  return pid === undefined ? undefined : Number(pid)
}
