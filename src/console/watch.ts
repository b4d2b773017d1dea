/** `dialpost watch`: the house as it is now, on the whole screen, until q or ^C. At most once a second, and never more than a quarter of a slow line. */
import { leftWords } from './calls.ts'
import { frame } from './frame.ts'
import type { House } from './house.ts'
import { difference } from './screen.ts'
import type { Terminal } from './terminal.ts'
import { exit } from './voice.ts'

/** Milliseconds. */
const often = 1000
/** Milliseconds of pause for each that the line was busy. */
const sparing = 3

const [clear, hideCursor, showCursor] = ['\x1b[H\x1b[2J', '\x1b[?25l', '\x1b[?25h']

export async function watchHouse(house: House, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const enough = new AbortController()
  const ended = AbortSignal.any([signal, enough.signal, terminal.gone])
  terminal.hear((octets) => {
    if (octets.some((octet) => endings.has(octet))) enough.abort()
  })
  let shown: readonly string[] = []
  await terminal.write(hideCursor + clear)
  while (!ended.aborted) {
    const next = frame(house.status(), house.sums().left.map(leftWords), terminal.size)
    const text = difference(shown, next)
    shown = next
    if (text !== '') await terminal.write(text)
    await house.later(pauseAfter(text, terminal.rate), ended)
  }
  await terminal.write(`\x1b[${shown.length}H\x1b[K${showCursor}`)
  return exit.ok
}

/** q, Q, ^C, ^D. */
const endings: ReadonlySet<number> = new Set([0x71, 0x51, 0x03, 0x04])

function pauseAfter(text: string, rate: number | undefined): number {
  return rate === undefined ? often : Math.max(often, (sparing * 1000 * Buffer.byteLength(text)) / rate)
}
