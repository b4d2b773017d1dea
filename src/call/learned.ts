/** What the planner must know of a line before it is dialled, from what earlier calls on it did; nothing of it is a constant but the first guess. Pure. */
import type { Seen } from './record.ts'

export type Learned = {
  /** Octets of mail a second, to the ISP and from it. */
  readonly outRate: number
  readonly inRate: number
  /** Charged for before the first octet of mail can move: from CONNECT, through PPP and the logins. */
  readonly setupSeconds: number
  /** From the first digit to CONNECT: it costs time, not money. */
  readonly dialSeconds: number
}

/** Before the first call: a V.34 modem at 33600 bit/s, its training, PPP with CHAP, a login. */
const guess: Learned = { outRate: 3500, inRate: 3500, setupSeconds: 10, dialSeconds: 25 }

export function learned({ out, in: back, dial, setup }: Seen): Learned {
  return {
    outRate: out ?? guess.outRate,
    inRate: back ?? guess.inRate,
    setupSeconds: setup ?? guess.setupSeconds,
    dialSeconds: dial ?? guess.dialSeconds,
  }
}

/** The first sight is believed, each later one moves it a quarter of the way: a bad line is not for ever. */
export function see(seen: Seen, what: keyof Seen, value: number): Seen {
  const before = seen[what]
  return { ...seen, [what]: before === undefined ? value : before + (value - before) / 4 }
}

/** A transfer one way that keeps the line busy: when it began, and octets since; milliseconds. */
export type Stretch = { readonly from: number; readonly last: number; readonly octets: number }

/** Silence after which a transfer is over; what is shorter or smaller is mostly round trips. */
const lull = 2000
const telling = { octets: 16 * 1024, milliseconds: 2000 }

/** Octets have moved. `rate` is told of the transfer that came to its end by the silence before them. The first octets only start the clock: when they left nobody saw. */
export function moved(stretch: Stretch | undefined, octets: number, now: number): { readonly stretch: Stretch; readonly rate?: number } {
  if (stretch && now - stretch.last <= lull) return { stretch: { ...stretch, last: now, octets: stretch.octets + octets } }
  const rate = rateOf(stretch)
  return { stretch: { from: now, last: now, octets: 0 }, ...(rate === undefined ? {} : { rate }) }
}

/** Octets a second; undefined for what says nothing. */
export function rateOf(stretch: Stretch | undefined): number | undefined {
  if (!stretch || stretch.octets < telling.octets) return undefined
  const milliseconds = stretch.last - stretch.from
  return milliseconds < telling.milliseconds ? undefined : (stretch.octets * 1000) / milliseconds
}
