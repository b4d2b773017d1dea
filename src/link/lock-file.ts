/**
 * Adapter: the lock of a tty as UUCP left it to everybody (FHS 5.9; pppd, minicom, cu): a file named for the device with the holder's process
 * number in ten characters. Made by link(2), so that of two only one has it; what a dead process left is taken over. Never waits.
 * Where others' files may not be removed (a sticky folder), a dead pppd's lock stays, for it was root's: the next pppd takes it over itself.
 */
import { linkSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `locked`: who has it, or why there can be no lock, in words. */
export type TtyLock = { readonly kind: 'taken'; release(): void } | { readonly kind: 'locked'; readonly words: string }

/** `folder` is made if it is not there. */
export function lockTty(tty: string, folder: string): TtyLock {
  const path = lockPath(tty, folder)
  const ours = join(folder, `LTMP.${process.pid}`)
  let made = false
  try {
    mkdirSync(folder, { recursive: true })
    made = true
    writeFileSync(ours, `${String(process.pid).padStart(10)}\n`)
    for (const attempt of ['first', 'after a dead one']) {
      if (linked(ours, path)) return { kind: 'taken', release: () => rmSync(path, { force: true }) }
      const holder = holderOf(path)
      if (holder !== undefined && holder !== process.pid && lives(holder)) {
        return { kind: 'locked', words: `${tty} is used by process ${holder} (${path})` }
      }
      if (attempt === 'first' && !removed(path)) return { kind: 'taken', release: () => undefined }
    }
    return { kind: 'locked', words: `${tty} was just taken by somebody else (${path})` }
  } catch (fault) {
    return { kind: 'locked', words: `${path} cannot be made: ${fault instanceof Error ? fault.message : String(fault)}` }
  } finally {
    if (made) rmSync(ours, { force: true })
  }
}

/** As pppd names it: the device itself, not a link to it, and what is below /dev with `_` for `/`. */
function lockPath(tty: string, folder: string): string {
  let device = tty
  try {
    device = realpathSync(tty)
  } catch {
    // It is not there; whoever opens it will say so.
  }
  const below = device.split('/dev/')[1] ?? device.split('/').at(-1) ?? device
  return join(folder, `LCK..${below.replaceAll('/', '_')}`)
}

function linked(ours: string, path: string): boolean {
  try {
    linkSync(ours, path)
    return true
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fault
  }
}

/** False where it may not be. */
function removed(path: string): boolean {
  try {
    rmSync(path, { force: true })
    return true
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException
    if (code === 'EPERM' || code === 'EACCES') return false
    throw fault
  }
}

/** In figures, or as old programs have it in four octets; undefined for a file without either, or that has just gone. */
function holderOf(path: string): number | undefined {
  try {
    const octets = readFileSync(path)
    const pid = octets.length === 4 ? octets.readInt32LE(0) : Number.parseInt(octets.toString('latin1'), 10)
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM'
  }
}
