/**
 * SQLite's files beside SQLite: what is written to its write-ahead log, and the room that log and database keep on a disk that others
 * may fill. Blocks are allocated ahead, so that a full disk can still be told of letters that leave. The log's have a second name
 * (a hard link), since SQLite removes the first when it ends; under the second they wait for the next start, and nobody else gets them.
 */
import { closeSync, existsSync, fdatasyncSync, fstatSync, linkSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { allocate } from '../libc.ts'
import { isFull } from './intake.ts'

export const pageSize = 1024

const walHead = 32
const frameHead = 24
/** A thousand frames, after which SQLite begins anew, and a large transaction. */
const walRoom = 1280 * (frameHead + pageSize)
const step = 128 * 1024
/** Pages that updates may need without a letter more. */
const slack = 64

export interface Wal {
  readonly fd: number
  /** Octets added since the last question. */
  grown(): number
  /** Room for both; the database has, or will soon have, so many pages. */
  secure(pages: number): void
  /** After the database is closed: to close one of its files drops SQLite's locks on it. */
  close(): void
}

/**
 * Before SQLite opens `file`: gives the log its blocks back, without what they said, all of which is in the database. That it is forgotten
 * is on the disk before the log has its name again, or a power cut could leave old pages to be read over newer ones.
 */
export function giveBackRoom(file: string): void {
  const [wal, room] = [`${file}-wal`, roomOf(file)]
  if (existsSync(wal) || !existsSync(room)) return
  const fd = openSync(room, 'r+')
  writeSync(fd, Buffer.alloc(walHead), 0, walHead, 0)
  fdatasyncSync(fd)
  closeSync(fd)
  linkSync(room, wal)
}

/** For a database that is put aside. */
export function forgetRoom(file: string): void {
  rmSync(roomOf(file), { force: true })
}

/** Once SQLite has opened it. */
export function openWal(file: string): Wal {
  const database = openSync(file, 'r+')
  const wal = openSync(`${file}-wal`, 'r+')
  let frames = { salt: '', count: 0 }
  keepRoom(file, wal)
  return {
    fd: wal,
    grown() {
      const now = framesIn(wal, frames)
      const count = now.salt === frames.salt ? now.count - frames.count : now.count
      frames = now
      return count * (frameHead + pageSize)
    },
    secure(pages) {
      reach(database, (pages + slack) * pageSize, slack * pageSize)
      reach(wal, walRoom, step)
    },
    close() {
      closeSync(wal)
      closeSync(database)
    },
  }
}

const roomOf = (file: string): string => `${file}-room`

function keepRoom(file: string, wal: number): void {
  reach(wal, walRoom, step)
  const room = roomOf(file)
  if (existsSync(room) && statSync(room).ino === fstatSync(wal).ino) return
  forgetRoom(file)
  try {
    linkSync(`${file}-wal`, room)
  } catch (cause) {
    // A file system without links, such as FAT: the log finds its room at each start, or does not.
    if (!isFull(cause) && !isLinkless(cause)) throw cause
  }
}

/** Makes a file that long, with blocks of its own, step by step as far as there is room. */
function reach(fd: number, length: number, by: number): void {
  try {
    for (let at = fstatSync(fd).size; at < length; at += by) allocate(fd, at, Math.min(by, length - at))
  } catch (cause) {
    if (!isFull(cause)) throw cause
  }
}

function isLinkless(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && /^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/.test(String(cause.code))
}

/** Frames of the log's present round, those that carry its salt; counted on from `before`. */
function framesIn(
  wal: number,
  before: { readonly salt: string; readonly count: number },
): { readonly salt: string; readonly count: number } {
  const head = Buffer.alloc(walHead)
  readSync(wal, head, 0, walHead, 0)
  const salt = head.toString('hex', 16, 24)
  const front = Buffer.alloc(frameHead)
  let count = salt === before.salt ? before.count : 0
  const at = () => walHead + count * (frameHead + pageSize)
  while (readSync(wal, front, 0, frameHead, at()) === frameHead && front.toString('hex', 8, 16) === salt) count++
  return { salt, count }
}
