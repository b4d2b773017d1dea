/**
 * Which delivery a load is given next: the first in rank, unless the call has room for some letters only. Then urgent letters and those
 * that must go come first, and of the others those that fit. Promises that what is passed over costs one look at each while nothing changes, not one for each letter
 * that is carried.
 */
import type { CourierName } from '../mail/message.ts'
import type { RoomFor } from '../mail/room.ts'
import type { Due, Rank } from './delivery.ts'
import type { SpentTime } from './spent.ts'
import type { Row, Store, Within } from './store.ts'

export interface Choice {
  /** `ahead` as RoomFor's. */
  next(ahead: number): Row | undefined
  /** Something may have come before what was passed by. */
  fromTheTop(): void
  /** Something that was given is to be given again. */
  anew(): void
}

export type ChoiceOptions = {
  readonly store: Pick<Store, 'next' | 'waitsSince'>
  readonly courier: CourierName
  readonly due: (courier: CourierName) => Due
  readonly spent: Pick<SpentTime, 'now' | 'runningAt'>
  readonly room: RoomFor | undefined
}

export function choice({ store, courier, due, spent, room }: ChoiceOptions): Choice {
  let after: Rank | undefined
  let pressing: Rank | undefined
  /** Nothing that waits since this running time or earlier is left. */
  let quietUntil = -1
  /** With so much room nothing was found behind `after`. */
  let barren: Within | undefined

  /** Urgent, or must go. */
  function nextPressing(within: Within): Row | undefined {
    if (within.since <= quietUntil) return undefined
    const row = store.next(courier, pressing, due(courier), { ...within, paid: -1, alone: Number.MAX_SAFE_INTEGER })
    pressing = row?.rank
    if (row) return row
    // What comes from now on waits since now.
    const soonest = store.waitsSince(courier, within.since) ?? Number.POSITIVE_INFINITY
    quietUntil = Math.min(soonest, spent.now().running) - 1
    return undefined
  }

  return {
    next(ahead) {
      const within = withinOf(room?.(ahead), spent)
      const first = within && nextPressing(within)
      if (first || (within && barren && isNoMore(within, barren))) return first
      const row = store.next(courier, after, due(courier), within)
      if (row) after = row.rank
      barren = row ? undefined : within
      return row
    },
    fromTheTop() {
      after = undefined
      barren = undefined
    },
    anew() {
      after = undefined
      barren = undefined
      pressing = undefined
      quietUntil = -1
    },
  }
}

function isNoMore(now: Within, before: Within): boolean {
  return now.paid <= before.paid && now.most <= before.most && now.alone >= before.alone && now.since <= before.since
}

/** In the store's terms. */
export function withinOf(room: ReturnType<RoomFor>, { runningAt }: Pick<SpentTime, 'runningAt'>): Within | undefined {
  if (!room) return undefined
  const { paid, most, mustBefore, alone = Number.MAX_SAFE_INTEGER } = room
  return { paid, most, since: Math.max(-1, runningAt(mustBefore)), alone }
}
