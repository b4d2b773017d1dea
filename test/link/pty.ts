/** A pair of pseudo terminals (pty(7)): the far end as a stream of octets, the near end as a path that a program opens for a tty. */
import { closeSync, constants, openSync } from 'node:fs'
import { dlopen } from 'node:ffi'
import { ReadStream } from 'node:tty'

export type Pty = {
  /** /dev/pts/N; gone as soon as the pair is closed. */
  readonly path: string
  read(heard: (text: string) => void): void
  write(text: string): void
  close(): Promise<void>
}

const libc = dlopen(null, {
  posix_openpt: { return: 'i32', arguments: ['i32'] },
  grantpt: { return: 'i32', arguments: ['i32'] },
  unlockpt: { return: 'i32', arguments: ['i32'] },
  ptsname_r: { return: 'i32', arguments: ['i32', 'pointer', 'u64'] },
}).functions

export function openPty(): Pty {
  const far = libc.posix_openpt(constants.O_RDWR | constants.O_NOCTTY)
  const name = Buffer.alloc(64)
  if (far < 0 || libc.grantpt(far) !== 0 || libc.unlockpt(far) !== 0 || libc.ptsname_r(far, name, 64n) !== 0) throw new Error('no pty')
  const path = name.subarray(0, name.indexOf(0)).toString()
  // Without somebody at the near end the far end breaks (EIO).
  const near = openSync(path, constants.O_RDWR | constants.O_NOCTTY)
  const stream = new ReadStream(far)
  stream.on('error', () => undefined)
  return {
    path,
    read: (heard) => void stream.on('data', (octets: Buffer) => heard(octets.toString('latin1'))),
    write: (text) => void stream.write(Buffer.from(text, 'latin1')),
    async close() {
      if (stream.destroyed) return
      const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()))
      stream.destroy()
      closeSync(near)
      await closed
    },
  }
}
