/**
 * The console on the serial port of the settings, for as long as the daemon lives: opened again when it has gone. While it is held a file
 * tells everybody else to stay away from it. No trouble with it ever ends the daemon.
 */
import { rmSync, writeFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { Terminal } from './terminal.ts'
import { openTty, type Tty } from './tty.ts'

export type SerialParts = {
  readonly tty: string
  /** bit/s. */
  readonly speed: number
  /** Is there, with this process's number, while the tty is held. */
  readonly mark: string
  readonly clock: Clock
  readonly log: Log
  /** Resolves when the person has left, or the terminal has gone. */
  readonly converse: (terminal: Terminal) => Promise<void>
}

/** Milliseconds between attempts, doubled from the first on. */
const [soon, late] = [1000, 60_000]

/** Resolves when the signal is aborted and the tty is closed. */
export async function serveSerial({ tty, speed, mark, clock, log, converse }: SerialParts, signal: AbortSignal): Promise<void> {
  let pause = soon
  let complaint: string | undefined
  while (!signal.aborted) {
    const opened = openTty(tty, speed)
    if ('trouble' in opened) {
      if (opened.trouble !== complaint) log.warn('console', `no console: ${opened.trouble}; tried again`)
      complaint = opened.trouble
    } else {
      complaint = undefined
      const since = clock.elapsed()
      const why = await hold(opened)
      if (clock.elapsed() - since > late) pause = soon
      if (!signal.aborted) log.warn('console', `${why}; tried again`)
    }
    await clock.sleep(clock.elapsed() + pause, signal)
    pause = Math.min(late, pause * 2)
  }

  /** Until it has gone, or something breaks: why it is held no more. */
  async function hold(opened: Tty): Promise<string> {
    const close = (): void => void opened.close()
    signal.addEventListener('abort', close, { once: true })
    try {
      writeFileSync(mark, `${process.pid}\n`)
      log.info('console', `the console is on ${tty}`)
      while (!opened.gone.aborted && !signal.aborted) await converse(opened)
      return `${tty} has gone`
    } catch (fault) {
      return `the console on ${tty} broke: ${fault instanceof Error ? fault.message : String(fault)}`
    } finally {
      signal.removeEventListener('abort', close)
      await opened.close()
      rmSync(mark, { force: true })
    }
  }
}
