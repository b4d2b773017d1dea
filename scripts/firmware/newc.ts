/**
 * An initramfs as the kernel unpacks it: cpio's newc format (Documentation/driver-api/early-userspace/buffer-format.rst). Of a file it knows
 * path, mode and content; all is root's and of 1970. Pure.
 */

export type Entry = { readonly path: string; readonly mode: number; readonly content: Buffer }

const nothing = Buffer.alloc(0)

export const folder = (path: string): Entry => ({ path, mode: 0o040755, content: nothing })

export const program = (path: string, content: Buffer | string): Entry => ({ path, mode: 0o100755, content: Buffer.from(content) })

export const file = (path: string, content: Buffer | string): Entry => ({ path, mode: 0o100644, content: Buffer.from(content) })

/** A folder stands before what lies in it. */
export function pack(entries: readonly Entry[]): Buffer {
  const all = [...entries, { path: 'TRAILER!!!', mode: 0, content: nothing }]
  return Buffer.concat(
    all.flatMap(({ path, mode, content }, at) => [head(at + 1, mode, content.length, path), content, padding(content.length)]),
  )
}

/** Magic, then 13 numbers of 8 hexadecimal digits, then the name with its NUL. */
function head(inode: number, mode: number, size: number, path: string): Buffer {
  const numbers = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, path.length + 1, 0]
  const text = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}${path}\0`
  return Buffer.concat([Buffer.from(text), padding(text.length)])
}

const padding = (length: number): Buffer => Buffer.alloc(-length & 3)
