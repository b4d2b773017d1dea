/**
 * The log as one JSON object a line, for whatever runs the daemon: stdout, written at once and from this thread. A line that
 * nobody takes (a closed pipe, a full disk) is dropped; mail does not stop for it.
 */
import { pino } from 'pino'
import type { Clock } from '../clock.ts'
import type { Level, Sink } from './events.ts'

/** Lines below `level` cost nothing. `fd` stays open. */
export function pinoSink({ level, clock, fd = 1 }: { readonly level: Level; readonly clock: Clock; readonly fd?: number }): Sink {
  const destination = pino.destination({ dest: fd, sync: true })
  destination.on('error', () => {})
  const logger = pino<'notice'>(
    {
      level,
      base: null,
      customLevels: { notice: 35 },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    },
    destination,
  )
  return ({ level, event, text, fields }) => {
    logger[level]({ ...fields, event }, text)
  }
}
