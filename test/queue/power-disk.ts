/**
 * A disk in RAM that can lose power: what was written and not flushed survives a cut in any selection and torn at any sector,
 * names that were not made durable may be missing, and removed ones may be back.
 */
import type { Disk } from '../../src/queue/disk.ts'

type File = { durable: Buffer; current: Buffer; unsynced: { at: number; octets: Buffer }[]; named: boolean }

export interface PowerDisk extends Disk {
  /** The disk as a start after kill -9 finds it. */
  kill(): PowerDisk
  /** The disk as a start after a power cut finds it; `random` yields numbers in [0, 1). */
  cut(random: () => number): PowerDisk
  /** The nth call of an operation from now (0: the next) fails with this. */
  fail(operation: 'write' | 'writeNow' | 'sync' | 'create', nth: number, cause: unknown): void
  /** Octets that may still be allocated. */
  limit(octets: number): void
}

const sector = 512

export function powerDisk(files: Map<string, File> = new Map()): PowerDisk {
  const open = new Map<number, string>()
  const removed = new Map<string, File>()
  const faults = new Map<string, { left: number; cause: unknown }>()
  let left = Number.POSITIVE_INFINITY
  let next = 3

  const fileOf = (fd: number): File => {
    const file = files.get(open.get(fd) ?? '')
    if (!file) throw Object.assign(new Error('EBADF'), { code: 'EBADF' })
    return file
  }
  const trip = (operation: string): void => {
    const fault = faults.get(operation)
    if (!fault || fault.left-- > 0) return
    faults.delete(operation)
    throw fault.cause
  }
  const opened = (name: string): number => {
    open.set(next, name)
    return next++
  }
  const read = (fd: number, into: Uint8Array, position: number): number => {
    const from = fileOf(fd).current.subarray(position, position + into.length)
    into.set(from)
    return from.length
  }
  const write = (fd: number, pieces: readonly Uint8Array[], position: number): void => {
    const file = fileOf(fd)
    const octets = Buffer.concat(pieces)
    if (position + octets.length > file.current.length) throw new Error('written behind the end')
    octets.copy(file.current, position)
    file.unsynced.push({ at: position, octets })
  }

  const disk: PowerDisk = {
    list: () => [...files.keys()],
    open(name) {
      if (!files.has(name)) throw Object.assign(new Error(`ENOENT: ${name}`), { code: 'ENOENT' })
      return opened(name)
    },
    create(name, length) {
      trip('create')
      if (files.has(name)) throw Object.assign(new Error(`EEXIST: ${name}`), { code: 'EEXIST' })
      if (length > left) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      left -= length
      files.set(name, { durable: Buffer.alloc(length), current: Buffer.alloc(length), unsynced: [], named: false })
      removed.delete(name)
      return opened(name)
    },
    remove(name) {
      const file = files.get(name)
      if (file) removed.set(name, file)
      files.delete(name)
      left += file?.current.length ?? 0
    },
    close: (fd) => void open.delete(fd),
    length: (fd) => fileOf(fd).current.length,
    readNow: read,
    async read(fd, into, position) {
      await disk.turn()
      return read(fd, into, position)
    },
    writeNow(fd, pieces, position) {
      trip('writeNow')
      write(fd, pieces, position)
    },
    async write(fd, pieces, position) {
      trip('write')
      write(fd, pieces, position)
      await disk.turn()
    },
    async sync(fd) {
      trip('sync')
      const file = fileOf(fd)
      const covered = file.unsynced.length
      await disk.turn()
      for (const { at, octets } of file.unsynced.splice(0, covered)) octets.copy(file.durable, at)
    },
    async syncNames() {
      const names = [...files.values()]
      const gone = [...removed.keys()]
      await disk.turn()
      for (const file of names) file.named = true
      for (const name of gone) removed.delete(name)
    },
    turn: () => new Promise((done) => setImmediate(done)),
    room: () => ({ block: 1024, free: left }),

    kill: () => powerDisk(new Map([...files].map(([name, file]) => [name, copied(file)]))),
    cut(random) {
      const all = [...files, ...[...removed].filter(([name]) => !files.has(name) && random() < 0.5)]
      const kept = all.filter(([, file]) => file.named || random() < 0.5)
      return powerDisk(new Map(kept.map(([name, file]) => [name, torn(file, random)])))
    },
    fail: (operation, nth, cause) => void faults.set(operation, { left: nth, cause }),
    limit(octets) {
      left = octets
    },
  }
  return disk
}

function copied({ durable, current, unsynced, named }: File): File {
  return { durable: Buffer.from(durable), current: Buffer.from(current), unsynced: [...unsynced], named }
}

/** Each sector of each write that was not flushed is there or not: all, none, or any mixture. */
function torn({ durable, unsynced }: File, random: () => number): File {
  const octets = Buffer.from(durable)
  const luck = random()
  for (const { at, octets: written } of unsynced) {
    const share = luck < 0.3 ? 0 : luck < 0.6 ? 1 : random() < 0.5 ? random() : Math.round(random())
    for (let from = at; from < at + written.length; from = (Math.floor(from / sector) + 1) * sector) {
      const end = Math.min((Math.floor(from / sector) + 1) * sector, at + written.length)
      if (random() < share) written.copy(octets, from, from - at, end - at)
    }
  }
  return { durable: octets, current: Buffer.from(octets), unsynced: [], named: true }
}
