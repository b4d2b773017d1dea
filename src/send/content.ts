/**
 * A letter as the outside is to get it: its header rewritten (the only part that is held in memory, and bounded), its body
 * streamed behind. A header without end is no header: such a letter goes as it is.
 */
import { collectHeader } from '../mail/header.ts'
import type { Letter } from '../queue/courier.ts'
import { cleaned } from './body.ts'

export type Content = {
  /** Octets on the wire, for SIZE; an estimate where line ends need mending. */
  readonly size: number
  /** The header holds octets that are not ASCII. */
  readonly eightBitHeader: boolean
  /** So does the letter, or it is too long to know. */
  readonly eightBit: boolean
  /** CRLF line ends throughout. */
  octets(): AsyncIterable<Uint8Array>
}

/** Rejects where the letter cannot be read. */
export async function openContent(letter: Letter, rewrite: (header: Uint8Array) => Uint8Array): Promise<Content> {
  const collector = collectHeader()
  let read = 0
  let eightBit = false
  for await (const octets of letter.content()) {
    read += octets.length
    eightBit = eightBit || octets.some(isEightBit)
    if (collector.push(octets)) break
  }
  const stored = collector.octets()
  const header = collector.tooLong() ? stored : rewrite(stored)
  return {
    size: letter.message.size - stored.length + header.length,
    eightBitHeader: header.some(isEightBit),
    eightBit: eightBit || read < letter.message.size,
    octets: () => cleaned(joined(header, letter, stored.length)),
  }
}

function isEightBit(octet: number): boolean {
  return octet > 0x7f
}

async function* joined(header: Uint8Array, letter: Letter, from: number): AsyncGenerator<Uint8Array> {
  yield header
  if (from < letter.message.size) yield* letter.content(from)
}
