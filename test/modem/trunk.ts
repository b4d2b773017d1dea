/**
 * A connection between two modems: octets go both ways at once, each way at the line's rate and after its delay (carrier.ts). A modem whose
 * buffer is full holds its computer, as CTS would, so that what has to wait waits there.
 */
import { carrier } from './carrier.ts'

export type Side = 'near' | 'far'

export type TrunkOptions = {
  /** Default 33,600. */
  readonly bitsPerSecond?: number
  /** Milliseconds one way; default 60. */
  readonly delay?: number
  /** Octets that a modem takes before it holds its computer; default 1,024. */
  readonly buffer?: number
}

export type TrunkEnd = {
  /** From the other side. */
  arrived(octets: Buffer): void
  /** The computer is to stop, and may go on. */
  hold(): void
  go(): void
}

export type Trunk = {
  send(from: Side, octets: Buffer): void
  /** Octets that have arrived, by the side that sent them. */
  carried(): Readonly<Record<Side, number>>
  /** From now on nothing arrives on either side; neither is told. */
  cut(): void
  close(): void
}

export const sides = ['near', 'far'] as const
export const other: Readonly<Record<Side, Side>> = { near: 'far', far: 'near' }

/** Milliseconds between looks at a line in use: a dozen octets at 33,600 bit/s. */
const look = 3

export function openTrunk(
  { bitsPerSecond = 33_600, delay = 60, buffer = 1024 }: TrunkOptions,
  ends: Readonly<Record<Side, TrunkEnd>>,
): Trunk {
  const ways = { near: carrier({ bitsPerSecond, delay }), far: carrier({ bitsPerSecond, delay }) }
  let [whole, open] = [true, true]
  let timer: NodeJS.Timeout | undefined
  const turn = (): void => {
    timer = undefined
    const now = performance.now()
    for (const from of sides) {
      const octets = ways[from].arrived(now)
      if (ways[from].waiting(now) <= buffer / 2) ends[from].go()
      if (whole && octets.length > 0) ends[other[from]].arrived(octets)
    }
    if (open && !(ways.near.quiet() && ways.far.quiet())) timer ??= setTimeout(turn, look)
  }
  return {
    send(from, octets) {
      const now = performance.now()
      ways[from].offer(octets, now)
      if (ways[from].waiting(now) >= buffer) ends[from].hold()
      timer ??= setTimeout(turn, look)
    },
    carried: () => ({ near: ways.near.carried(), far: ways.far.carried() }),
    cut() {
      whole = false
    },
    close() {
      whole = open = false
      clearTimeout(timer)
      for (const side of sides) ends[side].go()
    },
  }
}
