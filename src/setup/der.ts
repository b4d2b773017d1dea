/** DER (ITU-T X.690 §8, §10) as far as a certificate needs it: each function gives one whole value, tag and length with it. Pure. */

type Octets = Uint8Array

const tags = { integer: 0x02, bits: 0x03, octets: 0x04, id: 0x06, utf8: 0x0c, utc: 0x17, time: 0x18, sequence: 0x30, set: 0x31 } as const

export function sequence(...values: readonly Octets[]): Octets {
  return value(tags.sequence, ...values)
}

export function set(...values: readonly Octets[]): Octets {
  return value(tags.set, ...values)
}

/** A positive integer of any size, its octets from the greatest on. */
export function integer(octets: Octets): Octets {
  const first = octets.findIndex((octet) => octet !== 0)
  const digits = first < 0 ? Uint8Array.of(0) : octets.subarray(first)
  return value(tags.integer, ...((digits[0] ?? 0) & 0x80 ? [Uint8Array.of(0)] : []), digits)
}

/** `unused`: how many of the last bits do not count. */
export function bitString(octets: Octets, unused = 0): Octets {
  return value(tags.bits, Uint8Array.of(unused), octets)
}

export function octetString(octets: Octets): Octets {
  return value(tags.octets, octets)
}

export const yes: Octets = Uint8Array.of(0x01, 0x01, 0xff)

/** `1.2.840.10045.4.3.2`. */
export function objectId(dotted: string): Octets {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return value(tags.id, Uint8Array.from([first * 40 + second, ...rest].flatMap(inSevens)))
}

export function utf8(text: string): Octets {
  return value(tags.utf8, new TextEncoder().encode(text))
}

/** Two digits of the year: 50 to 99 are 1950 to 1999 (RFC 5280 §4.1.2.5.1). `700101000000Z`. */
export function utcTime(text: string): Octets {
  return value(tags.utc, new TextEncoder().encode(text))
}

/** `99991231235959Z`. */
export function generalizedTime(text: string): Octets {
  return value(tags.time, new TextEncoder().encode(text))
}

/** `[number]` around whole values (explicit) … */
export function tagged(number: number, ...values: readonly Octets[]): Octets {
  return value(0xa0 | number, ...values)
}

/** … or in place of a plain value's own tag (implicit). */
export function bare(number: number, content: Octets): Octets {
  return value(0x80 | number, content)
}

function value(tag: number, ...content: readonly Octets[]): Octets {
  const length = content.reduce((sum, octets) => sum + octets.length, 0)
  return Buffer.concat([Uint8Array.of(tag), lengthOf(length), ...content])
}

function lengthOf(length: number): Octets {
  if (length < 0x80) return Uint8Array.of(length)
  const digits: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Uint8Array.of(0x80 | digits.length, ...digits)
}

/** Seven bits an octet, all but the last with the eighth set. */
function inSevens(number: number): readonly number[] {
  const digits = [number & 0x7f]
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}
