/**
 * When is somebody's lock file dead? After five minutes untouched, as liblockfile has it. On a box that may believe it is
 * 1970 that takes care: an age is the difference of two times of the same file system, and counts only while its clock has
 * not been set; a lock that we have watched for five minutes of our own, never set, clock is dead in any case. Pure.
 */

/** Milliseconds. */
export const staleAfter: number = 5 * 60_000

/** More than this between two clocks' progress is a set clock, not drift. */
const jump = 30_000

export type Seen = {
  readonly inode: number
  /** Last touched, by the file system's clock, in milliseconds. */
  readonly touched: number
}

export interface Watch {
  /**
   * Milliseconds for which this lock has surely not been touched; `server` is the file system's clock and `elapsed` ours
   * (monotonic), both of this moment.
   */
  untouched(path: string, seen: Seen, server: number, elapsed: number): number
  /** It is gone. */
  forget(path: string): void
}

/** `wall - elapsed` of this moment starts the watch for clock jumps. */
export function watching(offset: number): Watch {
  const known = new Map<string, Seen & { readonly since: number }>()
  let lastOffset = offset
  /** Before this moment of our clock, times of the file system are not compared. */
  let distrust = Number.NEGATIVE_INFINITY
  return {
    untouched(path, seen, server, elapsed) {
      if (Math.abs(server - elapsed - lastOffset) > jump) distrust = elapsed + staleAfter
      lastOffset = server - elapsed
      const before = known.get(path)
      const since = before?.inode === seen.inode && before.touched === seen.touched ? before.since : elapsed
      known.set(path, { ...seen, since })
      const watched = elapsed - since
      return elapsed < distrust ? watched : Math.max(watched, server - seen.touched)
    },
    forget: (path) => void known.delete(path),
  }
}
