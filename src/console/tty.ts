/**
 * Adapter (node:tty): a tty as a terminal: raw octets both ways. Speed and modes are set before Node has it: it sets no speed, and opens the
 * port once more in the ordinary way, which would wait for a carrier where nobody has said that there is none (tty_ioctl(4), CLOCAL).
 */
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { setSerialLine } from '../libc.ts'
import type { Size } from './paging.ts'
import { type Terminal, usualSize } from './terminal.ts'

export interface Tty extends Terminal {
  close(): Promise<void>
}

/** Bits on a serial line for an octet: with a start bit and a stop bit. */
const bitsPerOctet = 10

/** A sentence if it cannot be opened. `speed`: bit/s; without one it stays as it is. */
export function openTty(path: string, speed?: number): Tty | { readonly trouble: string } {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  } catch (fault) {
    const { code, message } = fault as NodeJS.ErrnoException
    return {
      trouble: code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV' ? `there is no ${path}` : `${path} cannot be opened: ${message}`,
    }
  }
  try {
    setSerialLine(fd, speed)
  } catch (fault) {
    closeSync(fd)
    const { code, message } = fault as NodeJS.ErrnoException
    return { trouble: code === 'ENOTTY' ? `${path} is no tty` : `${path} cannot be set: ${message}` }
  }
  const stream = new ReadStream(fd)
  return terminalOf(stream, stream, usualSize, speed === undefined ? undefined : speed / bitsPerOctet)
}

/** Where this program was started, if that is a terminal. */
export function ownTerminal(): Tty | undefined {
  const { stdin, stdout } = process
  if (!stdin.isTTY || !stdout.isTTY) return undefined
  const terminal = terminalOf(
    stdin,
    stdout,
    { columns: stdout.columns || usualSize.columns, rows: stdout.rows || usualSize.rows },
    undefined,
  )
  return {
    ...terminal,
    async close() {
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}

function terminalOf(input: ReadStream, output: NodeJS.WritableStream, size: Size, rate: number | undefined): Tty {
  const gone = new AbortController()
  input.setRawMode(true)
  for (const event of ['end', 'error', 'close']) input.on(event, () => gone.abort())
  return {
    size,
    rate,
    write(text) {
      const { promise, resolve } = Promise.withResolvers<void>()
      if (gone.signal.aborted) return Promise.resolve()
      const over = (): void => {
        gone.signal.removeEventListener('abort', over)
        resolve()
      }
      gone.signal.addEventListener('abort', over)
      output.write(text, over)
      return promise
    },
    hear(typed) {
      input.removeAllListeners('data')
      input.on('data', typed)
    },
    gone: gone.signal,
    async close() {
      if (input.closed) return
      const closed = once(input, 'close')
      input.destroy()
      await closed
    },
  }
}
