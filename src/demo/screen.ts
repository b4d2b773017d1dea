/** The demo's words on the screen: headings, a live bar where there is a terminal, a line now and then where there is none. */
import { size, span } from '../console/words.ts'

export type Progress = { readonly seconds: number; readonly done: number; readonly of: number; readonly out: number; readonly in: number }

export interface Screen {
  heading(text: string): void
  line(text: string): void
  /** `last`: nothing more will move. */
  progress(now: Progress, last?: 'last'): void
}

const barWidth = 30
/** Seconds between lines without a terminal. */
const pace = 5

export function screen(write: (text: string) => void, isTerminal: boolean): Screen {
  let open = false
  let last = Number.NEGATIVE_INFINITY
  const close = (): void => {
    if (open) write('\n')
    open = false
  }
  return {
    heading(text) {
      close()
      last = Number.NEGATIVE_INFINITY
      write(isTerminal ? `\n\x1b[1m${text}\x1b[0m\n` : `\n== ${text}\n`)
    },
    line(text) {
      close()
      write(`   ${text.replaceAll('\n', '\n   ')}\n`)
    },
    progress(now, final) {
      if (isTerminal) {
        write(`\r   ${bar(now)}\x1b[K`)
        open = true
      } else if (final || now.seconds - last >= pace) {
        last = now.seconds
        write(`   ${bar(now)}\n`)
      }
    },
  }
}

/** `[##########····················]  5 of 9 letters   out 4.1K  in 12K   0:07`. */
export function bar({ seconds, done, of, out, in: back }: Progress): string {
  const filled = of === 0 ? barWidth : Math.round((barWidth * Math.min(done, of)) / of)
  return `[${'#'.repeat(filled)}${'·'.repeat(barWidth - filled)}] ${done} of ${of} letters   out ${size(out)}  in ${size(back)}   ${span(seconds)}`
}
