/**
 * CRLF line ends for whatever an ISP's server sends: a bare LF becomes CRLF (RFC 5322 §2.3 knows no bare LF, and a copy that goes
 * out again could smuggle with it). A bare CR is content like any other octet and stays. Memory: none but one flag.
 */
import { isAscii } from 'node:buffer'

export interface LineEnds {
  push(octets: Uint8Array): Uint8Array
  /** Bare LFs so far. */
  repaired(): number
  /** Whether an octet above 127 has passed. */
  eightBit(): boolean
}

const [CR, LF] = [0x0d, 0x0a]

export function lineEnds(): LineEnds {
  let last = 0
  let repaired = 0
  let eightBit = false
  return {
    push(octets) {
      const bare = bareLineFeeds(octets, last)
      last = octets.at(-1) ?? last
      repaired += bare.length
      eightBit ||= !isAscii(octets)
      return bare.length === 0 ? octets : withCarriageReturns(octets, bare)
    },
    repaired: () => repaired,
    eightBit: () => eightBit,
  }
}

function bareLineFeeds(octets: Uint8Array, before: number): readonly number[] {
  const bare: number[] = []
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, at + 1)) {
    if ((at === 0 ? before : octets[at - 1]) !== CR) bare.push(at)
  }
  return bare
}

function withCarriageReturns(octets: Uint8Array, bare: readonly number[]): Uint8Array {
  const mended = new Uint8Array(octets.length + bare.length)
  let from = 0
  bare.forEach((at, nth) => {
    mended.set(octets.subarray(from, at), from + nth)
    mended[at + nth] = CR
    from = at
  })
  mended.set(octets.subarray(from), from + bare.length)
  return mended
}
