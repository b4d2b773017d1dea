/**
 * How many octets may be under way at once so that a slow line is never idle and yet its queues stay short: on a full-duplex
 * modem the acknowledgements of one direction wait behind the data of the other, and what waits in the ISP's queue only the
 * receiver's window can shorten. A few segments, and twice what the line carries in a round trip, so that a fast line's allowance
 * doubles until it is full. Pure.
 */

/**
 * Segments, whatever the line. Inwards six: one on the line, one whose acknowledgement is coming back, and as many as a serial driver
 * holds of what we send, for no queue discipline reaches there and our acknowledgements wait behind it. Three would do without
 * such a driver; eight suit it better (1.36 for 1.55 between two machines), but without it overflow the ISP's queue (1.39 for 1.22).
 * Outwards twelve: acknowledgements come back behind those six, while ours leave ahead of what we send where they can (pace.ts).
 * Measured: test/bench/line, test/bench/machines.
 */
const reserve = { received: 6, acknowledged: 12 } as const

export type Direction = keyof typeof reserve

/** One look at all connections together; octets since they began, milliseconds. */
export type Look = { readonly at: number; readonly octets: number }

export type Course = {
  readonly looks: readonly Look[]
  /** Octets a second, the best of late. */
  readonly rate: number
}

export const beginCourse: Course = { looks: [], rate: 0 }

/** A rate is the best of this long, milliseconds: what a pause between letters says nothing about. */
const memory = 5000
/** A rate is measured over at least this long: an acknowledgement may stand for two segments of a slow line. */
const stretch = 1000

export function follow(course: Course, look: Look): Course {
  const looks = [...course.looks.filter(({ at }) => look.at - at <= memory), look]
  return { looks, rate: Math.max(0, ...looks.map((from, place) => rateFrom(from, looks.slice(place + 1)))) }
}

function rateFrom(from: Look, later: readonly Look[]): number {
  const to = later.find(({ at }) => at - from.at >= stretch)
  return to ? ((to.octets - from.octets) * 1000) / (to.at - from.at) : 0
}

/** `rate` octets a second, `roundTrip` milliseconds without queues, `segment` octets. Octets that may be under way in this direction, all connections together. */
export function allowance(way: Direction, rate: number, roundTrip: number, segment: number): number {
  return Math.round(reserve[way] * segment + (2 * rate * roundTrip) / 1000)
}

/** What each of so many connections may have; never less than two segments, or acknowledgements would wait for a timer. */
export function shareOf(octets: number, connections: number, segment: number): number {
  return Math.max(Math.round(octets / Math.max(1, connections)), 2 * segment)
}
