/**
 * A pseudo-terminal (pty(7)) whose slave a program may take for a modem's tty, and whose master is a stream. Raw from the start, and never
 * at its end because nobody has the slave open: it behaves as a port with a modem on it does. It has no modem lines (TIOCMGET fails).
 */
import { closeSync, constants, openSync, rmSync, symlinkSync } from 'node:fs'
import { once } from 'node:events'
import { dlopen } from 'node:ffi'
import type { Duplex } from 'node:stream'
import { ReadStream } from 'node:tty'

export interface Pty {
  /** The tty: of the slave itself, or the name that was asked for. */
  readonly path: string
  /** What the program writes can be read here, and the other way round. */
  readonly master: Duplex
  /** The modem is pulled out: whoever has the tty open is hung up, and its name is gone. */
  close(): Promise<void>
}

const openLibc = () =>
  dlopen(null, {
    posix_openpt: { return: 'i32', arguments: ['i32'] },
    grantpt: { return: 'i32', arguments: ['i32'] },
    unlockpt: { return: 'i32', arguments: ['i32'] },
    ptsname_r: { return: 'i32', arguments: ['i32', 'pointer', 'u64'] },
    tcgetattr: { return: 'i32', arguments: ['i32', 'pointer'] },
    tcsetattr: { return: 'i32', arguments: ['i32', 'i32', 'pointer'] },
    cfmakeraw: { return: 'void', arguments: ['pointer'] },
  }).functions

/** A child that had the master, too, would keep the line from ever being hung up (open(2)). */
const O_CLOEXEC = 0o2000000

let opened: ReturnType<typeof openLibc> | undefined
const libc = (): ReturnType<typeof openLibc> => (opened ??= openLibc())

/** `name`: a path of our own for the tty, so that it can come back under the same one. */
export function openPty({ name }: { readonly name?: string } = {}): Pty {
  const fd = libc().posix_openpt(constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC)
  if (fd < 0 || libc().grantpt(fd) !== 0 || libc().unlockpt(fd) !== 0) throw new Error('there is no pseudo-terminal to be had')
  const slave = slaveOf(fd)
  const guard = openSync(slave, constants.O_RDWR | constants.O_NOCTTY)
  makeRaw(guard)
  if (name !== undefined) symlinkSync(slave, name)
  const master = new ReadStream(fd)
  // Whoever had the slave open has gone: the modem hears nothing of that.
  master.on('error', () => {})
  return {
    path: name ?? slave,
    master,
    async close() {
      if (master.closed) return
      if (name !== undefined) rmSync(name, { force: true })
      const closed = once(master, 'close')
      master.destroy()
      closeSync(guard)
      await closed
    },
  }
}

function slaveOf(fd: number): string {
  const name = Buffer.alloc(64)
  if (libc().ptsname_r(fd, name, BigInt(name.length)) !== 0) throw new Error('the pseudo-terminal has no name')
  return name.toString('latin1', 0, name.indexOf(0))
}

function makeRaw(fd: number): void {
  // struct termios has 60 octets with glibc, and no more elsewhere.
  const termios = Buffer.alloc(128)
  if (libc().tcgetattr(fd, termios) !== 0) throw new Error('the pseudo-terminal is no terminal')
  libc().cfmakeraw(termios)
  if (libc().tcsetattr(fd, 0, termios) !== 0) throw new Error('the pseudo-terminal will not be raw')
}
