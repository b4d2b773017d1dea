/**
 * What is written to a terminal, in its order and at its pace: of a slow line no more than a quarter of a second's worth is ever under
 * way, so that what nobody wants any more can still be thrown away. Nothing is cut within an escape sequence.
 */
import type { Clock } from '../clock.ts'
import type { Terminal } from './terminal.ts'

export interface Outlet {
  write(text: string): void
  /** Throws away what is not under way yet. */
  discard(): void
  /** Characters that wait. */
  waiting(): number
  /** Resolves when nothing waits, or the terminal has gone. */
  quiet(): Promise<void>
}

/** Milliseconds of line that may be under way. */
const ahead = 250
/** Octets at once where no rate is known. */
const usualPiece = 4096

export function outlet(terminal: Terminal, clock: Clock): Outlet {
  const piece = terminal.rate === undefined ? usualPiece : Math.max(16, Math.floor((terminal.rate * ahead) / 2000))
  const pieces = new RegExp(`^(?:\\x1b\\[[\\d;?]*[ -/]*[@-~]|\\x1b[^[]|[^\\x1b]|\\x1b){1,${piece}}`, 'u')
  let waiting = ''
  let busy: Promise<void> | undefined
  let free = 0
  const pump = async (): Promise<void> => {
    while (waiting !== '' && !terminal.gone.aborted) {
      const next = pieces.exec(waiting)?.[0] ?? waiting
      waiting = waiting.slice(next.length)
      await terminal.write(next)
      if (terminal.rate === undefined) continue
      free = Math.max(free, clock.elapsed()) + (Buffer.byteLength(next) * 1000) / terminal.rate
      if (free - clock.elapsed() > ahead / 2) await clock.sleep(free - ahead / 2, terminal.gone)
    }
    waiting = ''
  }
  const start = (): void => {
    busy ??= pump().then(() => {
      busy = undefined
      // Written between the pump's last look and now.
      if (waiting !== '') start()
    })
  }
  const quiet = async (): Promise<void> => {
    if (!busy) return
    await busy
    await quiet()
  }
  return {
    write(text) {
      waiting += text
      if (text !== '') start()
    },
    discard() {
      waiting = ''
    },
    waiting: () => waiting.length,
    quiet,
  }
}
