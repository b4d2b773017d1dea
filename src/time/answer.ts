/**
 * What an SNTP answer is worth: a client's checks (RFC 4330 §5 and §8, RFC 5905 §8, §9.2). The wall clock plays no part in them, for it may be
 * wrong by decades: the question carries random bits, and how long the answer took is counted in time spent. Pure.
 */
import { between, type Packet, parsePacket, wallOf } from './packet.ts'

/** `at` and `back`: `clock.elapsed()` when the question left and when this came; `since`: no time is before it (milliseconds since 1970). */
export type Question = { readonly cookie: bigint; readonly at: number; readonly back: number; readonly since: number }

export type Verdict =
  /** It was `wall` (milliseconds since 1970) when the answer came, or half of `roundTrip` (milliseconds) sooner or later. */
  | { readonly kind: 'time'; readonly wall: number; readonly roundTrip: number }
  | { readonly kind: 'kiss'; readonly code: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody's answer to this question: the true one may still come. */
  | { readonly kind: 'stray' }

/** RFC 5905 §7.3: MAXSTRAT is not synchronised; its MAXDISP, milliseconds. */
const unsynchronised = 16
const mostDispersion = 16_000
/** What a program is used for; a time later than that is a server's fault or a forgery. */
const longestUse = 50 * 365.25 * 24 * 3_600_000
/** By how much clocks of two machines may disagree on how long a server thought (milliseconds). */
const granularity = 10

export function judge(octets: Uint8Array, { cookie, at, back, since }: Question): Verdict {
  const packet = parsePacket(octets)
  if (!packet || packet.mode !== 4 || packet.version === 0 || packet.version > 4 || packet.originate !== cookie) return { kind: 'stray' }
  if (packet.stratum === 0) return { kind: 'kiss', code: /^[A-Z0-9]{1,4}/.exec(packet.reference)?.[0] ?? '' }
  const thought = between(packet.receive, packet.transmit)
  const roundTrip = back - at - thought
  const wall = wallOf(packet.transmit, since) + Math.max(0, roundTrip) / 2
  const reason = fault(packet) ?? incredible(thought, roundTrip, wall - since)
  return reason === undefined ? { kind: 'time', wall, roundTrip: Math.max(0, roundTrip) } : { kind: 'refused', reason }
}

function fault({ leap, stratum, rootDelay, rootDispersion, receive, transmit }: Packet): string | undefined {
  if (leap === 3 || stratum >= unsynchronised) return 'it does not know the time itself'
  if (transmit === 0n || receive === 0n) return 'it gives no time'
  if (rootDelay < 0 || rootDelay / 2 + rootDispersion >= mostDispersion) return 'it is too unsure of the time'
  return undefined
}

function incredible(thought: number, roundTrip: number, age: number): string | undefined {
  if (thought < 0 || roundTrip < -granularity) return 'its times contradict each other'
  return age > longestUse ? 'its time is before this program was made, or long after' : undefined
}
