/**
 * Stamps for people to read, on a box that boots without knowing the time. What was stamped in a boot that did not know it is
 * mended by one number for that boot, once it is learned, not by writing again what is on the flash.
 */
import type { Clock } from '../clock.ts'
import type { Stamp } from '../mail/message.ts'
import type { Moment } from './delivery.ts'
import type { Change } from './store.ts'

export interface Stamps {
  now(): Moment
  /** As people should see it; `known` is false if its boot never learned the time. */
  read(moment: Moment): Stamp
  /** The clock was wrong by so many milliseconds until now, beside what was said before, and is right from here on; what to record of it. */
  known(offset: number): readonly Change[]
}

export type StampsOptions = {
  readonly clock: Clock
  /** The box knows the time already. */
  readonly trusted: boolean
  /** What earlier boots recorded. */
  readonly facts: ReadonlyMap<string, string>
  readonly record: (changes: readonly Change[]) => void
}

/** Facts under this prefix are ours. */
export const clockFacts = 'clock:'
/** Boots whose offset is remembered. */
const bootLimit = 20

/** A boot that does not know the time takes its number when it first needs one. */
export function stamps({ clock, trusted, facts, record }: StampsOptions): Stamps {
  const offsets = new Map(
    [...facts].map(([key, value]) => [Number(key.slice(clockFacts.length)), value === '' ? undefined : Number(value)]),
  )
  let sure = trusted
  let boot: number | undefined

  function thisBoot(): number {
    if (boot !== undefined) return boot
    boot = Math.max(0, ...offsets.keys()) + 1
    offsets.set(boot, undefined)
    const old = [...offsets.keys()].filter((other) => other <= (boot ?? 0) - bootLimit)
    for (const other of old) offsets.delete(other)
    record([fact(boot, ''), ...old.map((other) => fact(other, null))])
    return boot
  }

  return {
    now: () => (sure ? { wall: clock.now() } : { wall: clock.now(), boot: thisBoot() }),
    read({ wall, boot }) {
      if (boot === undefined) return { wall, known: true }
      const offset = offsets.get(boot)
      return offset === undefined ? { wall, known: false } : { wall: wall + offset, known: true }
    },
    known(offset) {
      sure = true
      if (boot === undefined) return []
      const all = (offsets.get(boot) ?? 0) + offset
      offsets.set(boot, all)
      return [fact(boot, String(all))]
    },
  }
}

function fact(boot: number, value: string | null): Change {
  return { kind: 'fact', key: `${clockFacts}${boot}`, value }
}
