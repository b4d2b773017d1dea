/**
 * Native addons inside the single executable: taken from beside it, where their pages are the file's and cost no RAM that the kernel
 * cannot take back; else unpacked from inside, for an executable that was copied alone. Each is loaded when it is first needed.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { getRawAsset, isSea } from 'node:sea'

/** better-sqlite3's, unpacked into `folder`. Undefined when run from the sources: there the package finds its own. */
export function sqliteAddon(folder: string): object | undefined {
  return isSea() ? (beside('better_sqlite3.node') ?? unpacked('better_sqlite3.node', folder)) : undefined
}

/** serialport's. In the executable alone: scripts/build.ts has the package ask here, where from the sources it finds its own. @public */
export function serialAddon(): object {
  const found = beside('serialport.node')
  if (found) return found
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-'))
  try {
    return unpacked('serialport.node', folder)
  } finally {
    // What is loaded stays.
    rmSync(folder, { recursive: true, force: true })
  }
}

function beside(name: string): object | undefined {
  const path = join(dirname(process.execPath), name)
  return existsSync(path) ? load(path) : undefined
}

function unpacked(name: string, folder: string): object {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, Buffer.from(getRawAsset(name)))
  return load(path)
}

function load(path: string): object {
  const addon = { exports: {} }
  process.dlopen(addon, path)
  return addon.exports
}
