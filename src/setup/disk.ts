/** Adapter (node:fs): the file calls that a settings folder is read, put together and replaced with; each of them done when it returns. */
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { exchangeNames } from '../libc.ts'
import { isName, type Folder, type Kept } from './folder.ts'

export interface Disk {
  /** Files in it, those of dialpost.d with it; undefined where there is no such folder. */
  list(folder: string): readonly string[] | undefined
  /** A new folder for its owner alone, `owner`'s where we may give things away. */
  make(folder: string, owner: Owner): void
  /** A new file, on flash when this returns. */
  write(file: string, kept: Kept, owner: Owner): void
  /** Makes the folder's names durable. */
  sync(folder: string): void
  /** Two folders change places in one instant. */
  exchange(one: string, other: string): void
  rename(from: string, to: string): void
  /** All of it; nothing is nothing. */
  remove(tree: string): void
  /** Whose the folder is, or whose its parent is where it is not there. */
  owner(folder: string): Owner
}

export type Owner = { readonly uid: number; readonly gid: number }

export const disk: Disk = {
  list: (folder) => (fs.existsSync(folder) ? namesIn(folder) : undefined),
  make(folder, owner) {
    fs.mkdirSync(folder, { mode: 0o700 })
    give(folder, owner)
  },
  write(file, { mode, octets }, owner) {
    const fd = fs.openSync(file, 'wx', 0o600)
    try {
      fs.writeFileSync(fd, octets)
      // Before it is readable by others it is complete; and the umask does not count.
      if (process.getuid?.() === 0) fs.fchownSync(fd, owner.uid, owner.gid)
      fs.fchmodSync(fd, mode)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  },
  sync(folder) {
    const fd = fs.openSync(folder, 'r')
    try {
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  },
  exchange: exchangeNames,
  rename: fs.renameSync,
  remove: (tree) => fs.rmSync(tree, { recursive: true, force: true }),
  owner: (folder) => fs.statSync(folder, { throwIfNoEntry: false }) ?? fs.statSync(dirname(folder)),
}

/** What is in it, or why that is no settings folder; nothing where there is none. */
export function readFolder(folder: string): Folder | { readonly trouble: string } {
  if (!fs.existsSync(folder)) return new Map()
  const files = new Map<string, Kept>()
  for (const name of namesIn(folder)) {
    const facts = fs.lstatSync(join(folder, name))
    if (!facts.isFile() || !isName(name))
      return {
        trouble: `${folder} is no folder of dialpost's alone: there is ${name} in it; keep dialpost.toml, dialpost.d, aliases and box in a folder of their own, with links to them`,
      }
    files.set(name, { mode: facts.mode & 0o777, octets: fs.readFileSync(join(folder, name)) })
  }
  return files
}

/** Where that path leads, whether or not anything is there. */
export function landing(path: string): string {
  let done = '/'
  let links = 0
  for (const rest = path.split('/'); rest.length > 0; ) {
    const next = join(done, rest.shift() ?? '')
    const to = links < 40 ? linkAt(next) : undefined
    if (to === undefined) done = next
    else {
      links++
      rest.unshift(...to.split('/'))
      if (to.startsWith('/')) done = '/'
    }
  }
  return done
}

function linkAt(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch {
    return undefined
  }
}

function namesIn(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      if (entry.name !== 'dialpost.d' || !entry.isDirectory()) return [entry.name]
      return fs.readdirSync(join(folder, 'dialpost.d')).map((name) => `dialpost.d/${name}`)
    })
    .sort()
}

function give(path: string, { uid, gid }: Owner): void {
  if (process.getuid?.() === 0) fs.chownSync(path, uid, gid)
}
