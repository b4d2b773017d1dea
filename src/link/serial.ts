/**
 * Adapter (serialport): a tty as a wire of text with modem lines. It is opened twice: by serialport, which sets speed and raw octets, and
 * as a bare descriptor, the guard, so that serialport's going is not the last close, which would drop DTR and the call (termios(3), HUPCL).
 * serialport is loaded when the first port is opened. Knows no AT.
 */
import { EventEmitter } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
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
  if (failed) return { failure: /lock/i.test(failed.message) ? 'locked' : 'gone', words: `${tty} cannot be opened: ${failed.message}` }
  endTurns(port)
  port.on('data', (octets: Buffer) => heard(octets.toString('latin1')))
  port.on('error', (error) => lost(error.message))
  port.on('close', (error: Error | null) => error && lost(error.message))
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
 */
function endTurns({ port }: SerialPort): void {
  if (!port || !('poller' in port) || !(port.poller instanceof EventEmitter)) return
  for (const event of ['readable', 'writable']) port.poller.on(event, () => setImmediate(() => undefined))
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
