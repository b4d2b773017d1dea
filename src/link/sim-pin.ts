/**
 * Adapter: the PIN of a SIM, from the file that a person wrote. Before it is said, a mark is put on the disk, and taken away only when the SIM
 * has taken it: three wrong ones lock a SIM, and a daemon that starts again after a power cut must not say the second. A file written
 * anew has a new chance. The PIN itself is nowhere but in its file and on the wire.
 */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import type { PinState } from './at-errand.ts'

export type SimPinFiles = {
  /** The setting `pin_file`. */
  readonly file: string
  /** On flash; it says which writing of the file was not taken. */
  readonly mark: string
}

export interface SimPin {
  state(): PinState
  /** The command that says it; from now on it is spent. Undefined when it cannot be marked or read. */
  spend(): string | undefined
  /** The SIM has taken it. */
  taken(): void
}

export function simPin(files: SimPinFiles | undefined): SimPin {
  return {
    state() {
      if (!files) return 'absent'
      if (pinOf(files.file) === undefined) return 'unreadable'
      return read(files.mark) === writingOf(files.file) ? 'spent' : 'given'
    },
    spend() {
      if (!files) return undefined
      const pin = pinOf(files.file)
      if (pin === undefined) return undefined
      return mark(files.mark, writingOf(files.file)) ? `AT+CPIN="${pin}"` : undefined
    },
    taken() {
      if (files) rmSync(files.mark, { force: true })
    },
  }
}

/** Four to eight digits (3GPP TS 31.101 §9.5). */
function pinOf(file: string): string | undefined {
  const pin = read(file)?.trim() ?? ''
  return /^\d{4,8}$/.test(pin) ? pin : undefined
}

/** Tells one writing of the file from the next, without anything of what is in it. */
function writingOf(file: string): string {
  const { ino, mtimeMs } = statSync(file)
  return `${file} ${ino} ${Math.trunc(mtimeMs)}\n`
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function mark(path: string, words: string): boolean {
  try {
    const fd = openSync(path, 'w', 0o600)
    try {
      writeSync(fd, words)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    return true
  } catch {
    return false
  }
}
