/** Whether the disk has room for letters, as an operator hears it: once when it has none, and once when it has some again. */
import type { Log } from '../log/events.ts'
import { SpoolFull } from './intake.ts'
import type { Room } from './store.ts'

export interface Fullness {
  /** There was no room. What to throw, if a letter is to be refused for it. */
  full(): SpoolFull
  /** There is room. */
  over(): void
}

export function fullness(log: Log, room: () => Room): Fullness {
  let isFull = false
  const words = (): string => {
    const { free, reserve } = room()
    return `${Math.floor(free / 1024)} KB are free, ${Math.floor(reserve / 1024)} KB are kept in reserve`
  }
  return {
    full() {
      if (!isFull) log.warn('spool-full', `The disk is full (${words()}): no letter is taken until there is room. What is ours stays.`)
      isFull = true
      return new SpoolFull('the spool is full')
    },
    over() {
      if (isFull) log.notice('spool-room', `The disk has room again (${words()}): letters are taken.`)
      isFull = false
    },
  }
}
