/** Chance that a seed repeats (mulberry32). */
export type Random = {
  /** A whole number from 0 up to this one, exclusive. */
  below(limit: number): number
  /** Three to nine small letters. */
  word(): string
  octets(count: number): Buffer
  /** Any octet but NUL, CR and LF. */
  octetButLineEnds(): number
}

export function random(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    word: () => Array.from({ length: 3 + below(7) }, () => String.fromCharCode(97 + below(26))).join(''),
    octets(count) {
      const octets = Buffer.alloc(count)
      for (let at = 0; at < count; at++) octets[at] = below(256)
      return octets
    },
    octetButLineEnds() {
      for (;;) {
        const octet = 1 + below(255)
        if (octet !== 10 && octet !== 13) return octet
      }
    },
  }
}
