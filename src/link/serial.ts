/**
 * Adapter (serialport): a tty as a wire of text with modem lines. It is opened twice: by serialport, which sets speed and raw octets, and
 * as a bare descriptor, the guard, so that serialport's going is not the last close, which would drop DTR and the call (termios(3), HUPCL).
 * serialport is loaded when the first port is opened. Knows no AT.
 *
 * Of serialport's binding three things are mended here (mend): it misses turns of the event loop, does not see that a tty was hung up, and reads
 * and writes in threads, where a close can overtake it.
 */
import { EventEmitter } from 'node:events'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { SerialPort } from 'serialport'
import type { DialFailure } from './modem.ts'

/** DTR is ours to set, DCD the modem's. What a port does not have (a pty) rejects. */
export interface ModemLines {
  carrier(): Promise<boolean>
  ready(on: boolean): Promise<void>
}

export interface Wire {
  /** Resolves when the octets have left; also when the tty has gone, which `lost` tells. */
  write(text: string): Promise<void>
  readonly lines: ModemLines
  /** Stops reading and leaves the port to others; what had come is lost. DTR stays as it is while the guard is open. */
  close(): Promise<void>
}

export type WireOptions = {
  readonly tty: string
  /** bit/s between computer and modem. */
  readonly speed: number
  readonly heard: (text: string) => void
  /** The tty has gone. */
  readonly lost: (why: string) => void
  /** Where a pty has none: for tests. */
  readonly lines?: (lines: ModemLines) => ModemLines
}

export type PortTrouble = { readonly failure: DialFailure; readonly words: string }

/** A descriptor that keeps the tty as it is; nobody reads it here. */
export function openGuard(tty: string): number | PortTrouble {
  try {
    const fd = openSync(tty, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    if (isatty(fd)) return fd
    closeSync(fd)
    return { failure: 'gone', words: `${tty} is no tty` }
  } catch (fault) {
    const { code, message } = fault as NodeJS.ErrnoException
    const missing = code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV'
    return { failure: 'gone', words: missing ? `there is no ${tty}: is the modem plugged in?` : `${tty} cannot be opened: ${message}` }
  }
}

export async function openWire(options: WireOptions): Promise<Wire | PortTrouble> {
  const { tty, speed, heard, lost } = options
  const { SerialPort } = await import('serialport')
  const port = new SerialPort({ path: tty, baudRate: speed, autoOpen: false, highWaterMark: 1024 })
  const failed = await new Promise<Error | null>((resolve) => port.open(resolve))
  if (failed) return { failure: /lock|busy/i.test(failed.message) ? 'locked' : 'gone', words: `${tty} cannot be opened: ${failed.message}` }
  mend(port)
  port.on('data', (octets: Buffer) => heard(octets.toString('latin1')))
  const gone = (fault: Error): void => lost(`${tty} has gone in the middle of it, is the modem plugged in? (${fault.message})`)
  port.on('error', gone)
  port.on('close', (fault: Error | null) => fault && gone(fault))
  return {
    write: (text) => written(port, text),
    lines: options.lines?.(linesOf(port)) ?? linesOf(port),
    async close() {
      port.removeAllListeners('data')
      port.pause()
      if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()))
    },
  }
}

/**
 * The addon's poller calls back outside of any turn of Node's, so that what it resolves (serialport's read) would wait for whatever
 * happens next: on a quiet line, for a timer. An immediate makes the turn.
 *
 * A tty that was hung up, as by a modem that is unplugged, reads as empty (Linux tty_io.c, hung_up_tty_read), and serialport would read it
 * again at once, for ever. With the VMIN of 1 that it sets, no octets mean nothing else.
 *
 * Octets move at once, for the descriptor does not block: in a thread of libuv's the call could come behind a close, and then its number is
 * another file's, and the poller that it would wait with is gone, which ends the process.
 */
function mend({ port }: SerialPort): void {
  if (!port || !('poller' in port) || !(port.poller instanceof EventEmitter)) return
  const { poller } = port
  for (const event of ['readable', 'writable']) poller.on(event, () => setImmediate(() => undefined))
  const fdNow = (): number => {
    if (!port.isOpen || port.fd === null) throw Object.assign(new Error('the port was closed'), { canceled: true })
    return port.fd
  }
  const ready = (event: 'readable' | 'writable') =>
    new Promise<void>((resolve, reject) => poller.once(event, (fault: Error | null) => (fault ? reject(fault) : resolve())))
  port.read = async (buffer, offset, length) => {
    for (;;) {
      const bytesRead = atOnce(() => readSync(fdNow(), buffer, offset, length, null))
      if (bytesRead === 0) throw new Error('it was hung up')
      if (bytesRead !== undefined) return { buffer, bytesRead }
      await ready('readable')
    }
  }
  port.write = async (buffer) => {
    for (let gone = 0; gone < buffer.length; ) {
      const count = atOnce(() => writeSync(fdNow(), buffer, gone))
      if (count === undefined) await ready('writable')
      else gone += count
    }
  }
}

/** Octets moved; undefined: none can be now. */
function atOnce(move: () => number): number | undefined {
  try {
    return move()
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw fault
  }
}

function written(port: SerialPort, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (!port.isOpen) return resolve()
    port.write(Buffer.from(text, 'latin1'), () => resolve())
  })
}

function linesOf(port: SerialPort): ModemLines {
  return {
    carrier: () =>
      new Promise((resolve, reject) =>
        port.get((error, lines) => (error || !lines ? reject(error ?? new Error('no modem lines')) : resolve(lines.dcd))),
      ),
    ready: (dtr) => new Promise((resolve, reject) => port.set({ dtr, rts: true }, (error) => (error ? reject(error) : resolve()))),
  }
}
