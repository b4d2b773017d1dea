/**
 * A slot of flash, as a block device (or, for tests, a file). Past the page cache (open(2), O_DIRECT) both ways: tens of megabytes
 * to be written would push a small box's programs out of memory and stand before the mail's own writes; and what is read
 * comes from the flash. Where a file system does not know that, what was written is synced piece by piece, and closing the
 * device's last opening drops its pages. Opened O_EXCL, which refuses a device that is mounted.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pageAligned } from '../libc.ts'
import type { Slot } from './box.ts'

/** Octets. Long enough for flash, which erases in such; short enough for a box of 64 MB. */
const pieceLength = 256 * 1024

/** `path` may be a symbolic link; `blocks` is where the kernel describes its block devices. */
export async function openSlotDevice(path: string, blocks = '/sys/class/block'): Promise<Slot> {
  const device = await realpath(path)
  const piece = pageAligned(pieceLength)
  let { handle, direct } = await openDirect(device, constants.O_RDWR | constants.O_EXCL)
  return {
    length: await lengthOf(handle, device, blocks).catch(closing(handle)),
    piece,
    async write(octets, position) {
      const { bytesWritten } = await handle.write(piece, 0, octets, position)
      whole(bytesWritten, octets)
      if (!direct) await handle.datasync()
    },
    async turnRound() {
      await handle.datasync()
      await handle.close()
      handle = (await openDirect(device, constants.O_RDONLY)).handle
    },
    async read(octets, position) {
      const { bytesRead } = await handle.read(piece, 0, octets, position)
      whole(bytesRead, octets)
    },
    close: () => handle.close(),
  }
}

async function openDirect(device: string, flags: number): Promise<{ handle: FileHandle; direct: boolean }> {
  try {
    return { handle: await open(device, flags | constants.O_DIRECT), direct: true }
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EINVAL') throw fault
    return { handle: await open(device, flags), direct: false }
  }
}

/** A device's own inode has no length; the kernel tells it in sectors of 512, whatever the flash's own are. */
async function lengthOf(handle: FileHandle, device: string, blocks: string): Promise<number> {
  const stat = await handle.stat()
  return stat.isBlockDevice() ? 512 * Number(await readFile(join(blocks, basename(device), 'size'), 'utf8')) : stat.size
}

function closing(handle: FileHandle): (fault: unknown) => Promise<never> {
  return async (fault) => {
    await handle.close()
    throw fault
  }
}

function whole(passed: number, octets: number): void {
  if (passed !== octets) throw Object.assign(new Error(`${passed} of ${octets} octets passed`), { code: 'EIO' })
}
