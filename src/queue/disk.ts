/**
 * The spool's directory as the log needs it: a handful of file calls, so that tests can put a disk in their place that loses power.
 * Refuses to know what is written.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { allocate } from '../libc.ts'

export interface Disk {
  /** Names of the files that are there. */
  list(): readonly string[]
  /** Opens a file for reading and writing; it must be there. */
  open(name: string): number
  /** Makes and opens a file of that many octets, with blocks of its own; `filled` ones are written once, so that later writes change nothing but them. */
  create(name: string, length: number, filled: boolean): number
  remove(name: string): void
  close(fd: number): void
  length(fd: number): number
  /** Fills the buffer as far as the file goes; octets read. */
  readNow(fd: number, into: Uint8Array, position: number): number
  read(fd: number, into: Uint8Array, position: number): Promise<number>
  writeNow(fd: number, pieces: readonly Uint8Array[], position: number): void
  write(fd: number, pieces: readonly Uint8Array[], position: number): Promise<void>
  /** fdatasync(2). */
  sync(fd: number): Promise<void>
  /** Makes names durable. */
  syncNames(): Promise<void>
  /** Resolves when everything that is ready now has had its turn. */
  turn(): Promise<void>
  /** Octets of a block, and octets free for us. */
  room(): { readonly block: number; readonly free: number }
}

const read = promisify(fs.read)
const writev = promisify(fs.writev)
const fdatasync = promisify(fs.fdatasync)
const fsync = promisify(fs.fsync)

/** The directory is made, readable by its owner alone, if it is missing. `passed` is told of octets read and written. */
export function openDisk(directory: string, passed: (octets: number) => void = () => undefined): Disk {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  return {
    list: () => fs.readdirSync(directory),
    open: (name) => fs.openSync(join(directory, name), 'r+'),
    create(name, length, filled) {
      const fd = fs.openSync(join(directory, name), 'wx+', 0o600)
      try {
        allocate(fd, 0, length)
        if (filled) fs.writeSync(fd, Buffer.alloc(length), 0, length, 0)
      } catch (cause) {
        fs.closeSync(fd)
        fs.unlinkSync(join(directory, name))
        throw cause
      }
      return fd
    },
    remove: (name) => fs.unlinkSync(join(directory, name)),
    close: (fd) => fs.closeSync(fd),
    length: (fd) => fs.fstatSync(fd).size,
    readNow: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
    async read(fd, into, position) {
      const { bytesRead } = await read(fd, into, 0, into.length, position)
      passed(bytesRead)
      return bytesRead
    },
    writeNow: (fd, pieces, position) => whole(fs.writevSync(fd, pieces, position), pieces),
    async write(fd, pieces, position) {
      const { bytesWritten } = await writev(fd, [...pieces], position)
      passed(bytesWritten)
      whole(bytesWritten, pieces)
    },
    sync: (fd) => fdatasync(fd),
    async syncNames() {
      const fd = fs.openSync(directory, 'r')
      try {
        await fsync(fd)
      } finally {
        fs.closeSync(fd)
      }
    },
    turn: () => new Promise((done) => setImmediate(done)),
    room() {
      const { bsize, bavail } = fs.statfsSync(directory)
      return { block: bsize, free: bsize * bavail }
    },
  }
}

/** Into preallocated blocks the kernel writes all or fails; anything else is a broken disk. */
function whole(written: number, pieces: readonly Uint8Array[]): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (written !== length) throw new Error(`the disk took ${written} of ${length} octets`)
}
