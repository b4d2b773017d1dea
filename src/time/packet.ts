/**
 * SNTP's datagram (RFC 4330 §4, RFC 5905 §7.3), without extension fields and MAC, which are skipped. Timestamps stay as they come, 32 bits of seconds
 * and 32 of their fraction, until an era is chosen for them. Pure.
 */

export type Packet = {
  /** 3: the server's own clock is not synchronised. */
  readonly leap: number
  readonly version: number
  /** 3 asks, 4 answers. */
  readonly mode: number
  /** Servers between it and a reference clock; 0 is a kiss-o'-death. */
  readonly stratum: number
  /** Milliseconds, to the reference clock and back, and how far off it may be. */
  readonly rootDelay: number
  readonly rootDispersion: number
  /** Of stratum 0: `DENY`, `RSTR`, `RATE` (RFC 5905 §7.4). */
  readonly reference: string
  /** Our transmit timestamp again. */
  readonly originate: bigint
  readonly receive: bigint
  readonly transmit: bigint
}

const length = 48
/** Seconds from 1900 to 1970; and in an era, of which the first ends on 7 February 2036. */
const epoch = 2_208_988_800n
const era = 2n ** 32n

/** A client's question: all of it is zero but version 4, mode 3 and `cookie`, 64 bits that nobody can guess, in place of our time. */
export function question(cookie: bigint): Uint8Array {
  const octets = Buffer.alloc(length)
  octets[0] = (4 << 3) | 3
  octets.writeBigUInt64BE(cookie, 40)
  return octets
}

/** Undefined for what is too short to be one. */
export function parsePacket(octets: Uint8Array): Packet | undefined {
  if (octets.length < length) return undefined
  const view = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  const first = view.readUInt8(0)
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    mode: first & 7,
    stratum: view.readUInt8(1),
    rootDelay: shortMilliseconds(view.readInt32BE(4)),
    rootDispersion: shortMilliseconds(view.readUInt32BE(8)),
    reference: view.toString('latin1', 12, 16),
    originate: view.readBigUInt64BE(24),
    receive: view.readBigUInt64BE(32),
    transmit: view.readBigUInt64BE(40),
  }
}

/** Milliseconds since 1970, in the era in which it is not before `since`: timestamps begin anew every 136 years. */
export function wallOf(timestamp: bigint, since: number): number {
  const start = BigInt(Math.floor(since / 1000)) + epoch
  const seconds = timestamp >> 32n
  const later = (((seconds - start) % era) + era) % era
  return Number(start + later - epoch) * 1000 + milliseconds(timestamp & (era - 1n))
}

/** How much later the second is, milliseconds; less than none where it is earlier. Across the end of an era, too. */
export function between(first: bigint, second: bigint): number {
  const difference = BigInt.asIntN(64, second - first)
  return Number(difference) / (Number(era) / 1000)
}

function milliseconds(fraction: bigint): number {
  return (Number(fraction) * 1000) / Number(era)
}

/** 16 bits of seconds, 16 of their fraction. */
function shortMilliseconds(value: number): number {
  return (value * 1000) / 65_536
}
