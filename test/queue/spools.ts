/** The real store for tests: SQLite in a directory of its own, the log on a disk that can lose power. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { events, type Line } from '../../src/log/events.ts'
import type { Catalogue } from '../../src/queue/catalogue.ts'
import { openDisk } from '../../src/queue/disk.ts'
import { openSegments } from '../../src/queue/segments.ts'
import { openStore } from '../../src/queue/spool.ts'
import { openCatalogue } from '../../src/queue/sqlite.ts'
import type { Store } from '../../src/queue/store.ts'
import { type PowerDisk, powerDisk } from './power-disk.ts'

/** Octets of a segment and of a chunk: small, so that a few letters turn the log over. */
export const small: { readonly segment: number; readonly chunk: number } = { segment: 16 * 1024, chunk: 1024 }

/** A store, and its next life. The old one is used no more then. */
export interface Life {
  readonly store: Store
  readonly lines: Line[]
  kill(): Promise<Life>
  powerCut(): Promise<Life>
  end(): void
}

export interface Spool extends Life {
  readonly disk: PowerDisk
  readonly directory: string
  readonly broken: unknown[]
  kill(): Promise<Spool>
  powerCut(): Promise<Spool>
  /** A start after kill -9 that finds the index as `damage` left it. */
  damaged(damage: (directory: string) => void): Promise<Spool>
}

const walHead = 32

type Files = { readonly database: Buffer; readonly wal: Buffer }

export type SpoolSettings = {
  readonly random?: () => number
  readonly reserve?: number
  readonly segment?: number
  readonly chunk?: number
  readonly pool?: number
}

/** On a disk in RAM; what the index made durable is a copy that a cut leaves. */
export async function openSpool(settings: SpoolSettings = {}, disk: PowerDisk = powerDisk(), files?: Files): Promise<Spool> {
  const { random = Math.random, reserve = 0, segment = small.segment, chunk = small.chunk, pool = 4 } = settings
  const directory = mkdtempSync(join(tmpdir(), 'dialpost-spool-'))
  if (files) put(directory, files)
  const lines: Line[] = []
  const broken: unknown[] = []
  const log = events((line) => lines.push(line))
  const real = openCatalogue({ directory, log })
  let durable = take(directory)
  const catalogue: Catalogue = {
    ...real,
    async sync() {
      const now = take(directory)
      await disk.turn()
      durable = now
    },
  }
  const segments = openSegments({ disk, reserve, size: segment, pool })
  const store = await openStore({ segments, catalogue, log, chunk, broken: (cause) => broken.push(cause) })
  const end = (): void => {
    real.close()
    rmSync(directory, { recursive: true })
  }
  const again = async (disk: PowerDisk, files: Files): Promise<Spool> => {
    end()
    return openSpool(settings, disk, files)
  }
  return {
    store,
    lines,
    disk,
    directory,
    broken,
    kill: () => again(disk.kill(), take(directory)),
    powerCut: () => again(disk.cut(random), afterCut(durable, take(directory), random)),
    async damaged(damage) {
      const files = take(directory)
      put(directory, files)
      damage(directory)
      return again(disk.kill(), take(directory))
    },
    end,
  }
}

/** In a real directory, which only a kill -9 can be played on. */
export async function openDirectory(from?: string): Promise<Life> {
  const directory = mkdtempSync(join(tmpdir(), 'dialpost-spool-'))
  const lines: Line[] = []
  const log = events((line) => lines.push(line))
  const disk = openDisk(directory)
  if (from !== undefined) for (const name of openDisk(from).list()) copyFileSync(join(from, name), join(directory, name))
  const catalogue = openCatalogue({ directory, log })
  const segments = openSegments({ disk, reserve: 0, size: small.segment })
  let ended = false
  const broken = (cause: unknown): void => {
    if (!ended) throw cause
  }
  const store = await openStore({ segments, catalogue, log, chunk: small.chunk, broken })
  const end = (): void => {
    ended = true
    catalogue.close()
    rmSync(directory, { recursive: true })
  }
  const kill = async (): Promise<Life> => {
    const next = await openDirectory(directory)
    end()
    return next
  }
  return { store, lines, kill, powerCut: kill, end }
}

function take(directory: string): Files {
  const read = (name: string): Buffer => (existsSync(join(directory, name)) ? readFileSync(join(directory, name)) : Buffer.alloc(0))
  return { database: read('queue.db'), wal: read('queue.db-wal') }
}

function put(directory: string, { database, wal }: Files): void {
  if (database.length > 0) writeFileSync(join(directory, 'queue.db'), database)
  if (wal.length > 0) writeFileSync(join(directory, 'queue.db-wal'), wal)
}

/** What was made durable, what there is now, or a WAL whose tail reached the disk in part; SQLite flushes the head of a new round before the rest of it. */
function afterCut(durable: Files, now: Files, random: () => number): Files {
  const luck = random()
  if (luck < 0.3) return durable
  if (luck < 0.6 || !durable.database.equals(now.database)) return luck < 0.6 ? now : durable
  const wal = Buffer.alloc(now.wal.length)
  durable.wal.copy(wal)
  for (let at = 0; at < wal.length; at += 512) if (random() < 0.5) now.wal.copy(wal, at, at, Math.min(at + 512, wal.length))
  now.wal.copy(wal, 0, 0, walHead)
  return { database: now.database, wal }
}
