/**
 * The modem lines of a pseudo-terminal: a program that has it open and lines.c in it sees DCD and CTS as the modem shows them, and lowers
 * DTR at the modem. They are bits of two words in a file, the modem's and the computer's.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export type ModemLines = {
  /** Data carrier detected. */
  carrier(on: boolean): void
  /** Clear to send. */
  clear(on: boolean): void
  /** Told each time the computer raises or lowers DTR. */
  onReady(told: (on: boolean) => void): void
  close(): void
}

/** ioctl_tty(2), TIOCMGET. */
const bit = { dtr: 0x002, cts: 0x020, dcd: 0x040, dsr: 0x100 }

/** `file`: made here. The modem is ready (DSR), takes octets, and has no carrier. */
export function openLines(file: string): ModemLines {
  writeFileSync(file, Buffer.alloc(8))
  const fd = openSync(file, 'r+')
  const words = Buffer.alloc(8)
  let told: (on: boolean) => void = () => {}
  let ready = false
  const show = (which: number, on: boolean): void => {
    const before = words.readInt32LE(0)
    words.writeInt32LE(on ? before | which : before & ~which, 0)
    writeSync(fd, words, 0, 4, 0)
  }
  const look = (): void => {
    readSync(fd, words, 4, 4, 4)
    const now = (words.readInt32LE(4) & bit.dtr) !== 0
    if (now !== ready) told((ready = now))
  }
  show(bit.dsr | bit.cts, true)
  // A modem wants DTR to be low for longer than that (S25).
  const timer = setInterval(look, 20).unref()
  return {
    carrier: (on) => show(bit.dcd, on),
    clear: (on) => show(bit.cts, on),
    onReady(then) {
      told = then
    },
    close() {
      clearInterval(timer)
      closeSync(fd)
    },
  }
}

/** Why there can be none here, or false: what node:test wants as `skip`. */
export function noLines(): string | false {
  return spawnSync('cc', ['--version']).status === 0 ? false : 'cc is not here, which makes the modem lines of machines'
}

/** lines.c for a program's loader, compiled once. */
export function preloadedLines(): string {
  const source = join(import.meta.dirname, 'lines.c')
  const folder = join(import.meta.dirname, '../../.cache/compiled')
  const library = join(folder, `modem-lines-${createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)}.so`)
  if (existsSync(library)) return library
  mkdirSync(folder, { recursive: true })
  const half = `${library}.${process.pid}`
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', half, source])
  renameSync(half, library)
  return library
}
