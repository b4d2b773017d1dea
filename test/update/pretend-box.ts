/** A box's system files in a folder: facts, key, two slots that are files, and a keeper who hears what is asked of him. */
import { createHash } from 'node:crypto'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeFifo } from '../../src/libc.ts'
import { filled, newKeys, seal } from '../../src/update/package.ts'

export type PretendBox = {
  readonly folder: string
  readonly key: string
  /** What was written to the keeper's FIFO since he last looked. */
  heard(): string
  slot(name: 'A' | 'B'): Buffer
  /** Makes a well signed update of that version: its path, and its payload. */
  update(version: string, lengths: { root: number; kernel: number }): { readonly path: string; readonly payload: Buffer }
}

/** Runs slot A; slot B has room for `room` octets. */
export function pretendBox(t: Pick<TestContext, 'after'>, room: number): PretendBox {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-box-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const at = (name: string): string => join(folder, name)
  const { privateKey, publicKey } = newKeys()
  writeFileSync(at('key'), publicKey)
  writeFileSync(at('facts'), 'BOARD=qemu-x86_64\nVERSION=0.1.0\nSLOT=A\n')
  writeFileSync(at('A'), Buffer.alloc(64 * 1024, 'running '))
  writeFileSync(at('B'), Buffer.alloc(room, 'old '))
  symlinkSync(at('B'), at('slot'))
  makeFifo(at('request'), 0o620)
  const keeper = openSync(at('request'), constants.O_RDWR | constants.O_NONBLOCK)
  t.after(() => closeSync(keeper))
  return {
    folder,
    key: at('key'),
    heard: () => readNow(keeper),
    slot: (name) => readFileSync(at(name)),
    update(version, { root, kernel }) {
      const payload = Buffer.alloc(filled(root) + filled(kernel), `${version} `)
      const sha256 = createHash('sha256').update(payload).digest('hex')
      writeFileSync(at('new'), Buffer.concat([seal({ board: 'qemu-x86_64', version, root, kernel, sha256 }, privateKey), payload]))
      return { path: at('new'), payload }
    },
  }
}

function readNow(fd: number): string {
  const line = Buffer.alloc(200)
  try {
    return line.toString('latin1', 0, readSync(fd, line))
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EAGAIN') return ''
    throw fault
  }
}
