/**
 * What is likely to come in an hour of the week, by what earlier calls carried. Their octets came somewhere between each call and the one
 * before it, so they are spread over the hours between; each hour of the day and each day of the week then has the share that it was
 * seen to have, mixed with an even one as long as little was seen. Pure; it needs nothing but the calls that are kept anyhow.
 */

/** Octets, of letters of ours and into the boxes, or octets in a time. */
export type Both = { readonly out: number; readonly in: number }

/** `at`: wall clock, milliseconds since 1970. */
export type Carried = Both & { readonly at: number }

/** What is likely to come between two wall clocks. */
export type Expected = (from: number, to: number) => Both

type Slot = { octets: number; hours: number }
type Way = 'out' | 'in'

const hour = 3_600_000
const weekHours = 168
/** More between two calls is a box that was switched off. */
const longest = weekHours * hour
/** So many days of the mean are believed beside what was seen of an hour of the day or a day of the week. */
const doubt = 5
/** Before a day has been seen, what came is taken for a whole day's. */
const least = 24

/** Calls in the order of time; the first only says since when. */
export function arrivals(calls: readonly Carried[]): Expected {
  const [out, back] = [growth(calls, 'out'), growth(calls, 'in')]
  return (from, to) => ({ out: out(to) - out(from), in: back(to) - back(from) })
}

/** Octets that come up to a wall clock, from some moment long ago. */
function growth(calls: readonly Carried[], way: Way): (wall: number) => number {
  const upTo = running(shares(calls, way))
  const week = upTo[weekHours] ?? 0
  return (wall) => {
    const local = localHours(wall)
    const at = local % weekHours
    const slot = Math.floor(at)
    const before = upTo[slot] ?? 0
    return Math.floor(local / weekHours) * week + before + (at - slot) * ((upTo[slot + 1] ?? 0) - before)
  }
}

/** Octets in each hour of the week, from Sunday midnight on. */
function shares(calls: readonly Carried[], way: Way): readonly number[] {
  const { hours, days, mean } = seen(calls, way)
  if (mean === 0) return Array.from({ length: weekHours }, () => 0)
  const share = (slots: readonly Slot[], index: number, inADay: number): number => {
    const { octets = 0, hours: time = 0 } = slots[index] ?? {}
    return (octets / mean + doubt * inADay) / (time + doubt * inADay)
  }
  return Array.from({ length: weekHours }, (_, index) => mean * share(days, Math.floor(index / 24), 24) * share(hours, index % 24, 1))
}

function seen(
  calls: readonly Carried[],
  way: Way,
): { readonly hours: readonly Slot[]; readonly days: readonly Slot[]; readonly mean: number } {
  const [hours, days] = [slots(24), slots(7)]
  const all = { octets: 0, hours: 0 }
  for (const [index, { at, [way]: octets }] of calls.entries()) {
    const from = Math.max(calls[index - 1]?.at ?? at, at - longest)
    for (let to: number, begin = from; begin < at; begin = to) {
      to = Math.min(at, (Math.floor(begin / hour) + 1) * hour)
      const date = new Date(begin)
      const part = { octets: (octets * (to - begin)) / (at - from), hours: (to - begin) / hour }
      for (const slot of [hours[date.getHours()], days[date.getDay()], all]) if (slot) grow(slot, part)
    }
  }
  return { hours, days, mean: all.octets / Math.max(least, all.hours) }
}

function slots(length: number): readonly Slot[] {
  return Array.from({ length }, () => ({ octets: 0, hours: 0 }))
}

function grow(slot: Slot, part: Slot): void {
  slot.octets += part.octets
  slot.hours += part.hours
}

function running(values: readonly number[]): readonly number[] {
  const sums = [0]
  for (const value of values) sums.push((sums.at(-1) ?? 0) + value)
  return sums
}

/** Hours by the box's local time since a Sunday midnight; 1970 began on a Thursday. */
function localHours(wall: number): number {
  return (wall - new Date(wall).getTimezoneOffset() * 60_000) / hour + 4 * 24
}
