/** Port: whoever decides whether the line should be up, as the operator and the doors see him; and the one who decides nothing. */
import type { Line } from '../link/line.ts'

/** sender: somebody who wants mail to go at once, and no longer a call than that takes. */
export type Asker = 'operator' | 'user' | 'sender'

export interface Planner {
  /** Somebody wants the line now. `cause` is what the call is then said to be for; a sentence says why not. */
  ask(by: Asker, cause: string, isp?: string): string | undefined
  /** The operator wants it no more. */
  hangUp(): string | undefined
  /** Why it dials, waits or stays, in words. */
  words(): string
}

/** Where pppd is somebody else's, or there is no modem: who asks hears why not. */
export function unplanned(line: Line): Planner {
  return {
    ask: (_by, words) => line.dial({ words, person: true }),
    hangUp: () => line.hangUp('operator'),
    words: () => '',
  }
}
