/**
 * better-sqlite3's addon inside the single executable: taken from beside it, where its pages are the file's and cost no RAM that
 * the kernel cannot take back; else unpacked from inside into `folder`, for an executable that was copied alone.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { getRawAsset, isSea } from 'node:sea'

const name = 'better_sqlite3.node'

/** Undefined when run from the sources: there the package finds its own. */
export function sqliteAddon(folder: string): object | undefined {
  if (!isSea()) return undefined
  const beside = join(dirname(process.execPath), name)
  if (existsSync(beside)) return load(beside)
  mkdirSync(folder, { recursive: true })
  const unpacked = join(folder, name)
  writeFileSync(unpacked, Buffer.from(getRawAsset(name)))
  return load(unpacked)
}

function load(path: string): object {
  const addon = { exports: {} }
  process.dlopen(addon, path)
  return addon.exports
}
