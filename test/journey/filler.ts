/** Fills a disk to the last block, as people's mailboxes can. */
import { closeSync, openSync, writeSync } from 'node:fs'

/** Makes a file longer until there is no room for another block. */
export function fill(path: string): void {
  const fd = openSync(path, 'a')
  for (const size of [65_536, 1024]) {
    try {
      for (;;) writeSync(fd, Buffer.alloc(size, 'x'))
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')) throw cause
    }
  }
  closeSync(fd)
}
