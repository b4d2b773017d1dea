/** How a command speaks with the person who typed it, wherever that was; and the exit codes of sysexits(3) it may end with. */

import type { Terminal } from './terminal.ts'

export interface Voice {
  /** One line, or several with '\n' between. `live`: it happens now, and is not to wait for the page to be turned. */
  readonly say: (text: string, live?: 'live') => void
  /** A complaint that says what to do next. */
  readonly complain: (text: string) => void
  /** A question that is answered by yes or no; no where nobody can answer. */
  readonly ask: (question: string) => Promise<boolean>
  /** A line of the person's own, `hidden` without showing it; undefined once they have left. Absent where nobody can type one. */
  readonly read?: (prompt: string, hidden?: boolean) => Promise<string | undefined>
  /** Aborted when nobody listens any more. */
  readonly signal: AbortSignal
  /** Resolves when what was said has been taken; who says much waits for it now and then. Absent: no matter. */
  readonly ready?: () => Promise<void>
  /** For commands that want the whole screen. Absent: there is none. */
  readonly terminal?: Terminal
}

export const exit = {
  ok: 0,
  usage: 64,
  data: 65,
  noUser: 67,
  noHost: 68,
  unavailable: 69,
  software: 70,
  tryAgain: 75,
  permission: 77,
  config: 78,
} as const

/** What an exit code says, in words. */
export function exitWords(code: number): string {
  return words[code] ?? `exit ${code}`
}

const words: Readonly<Record<number, string>> = {
  [exit.usage]: 'not understood',
  [exit.data]: 'wrong data',
  [exit.noUser]: 'no such user',
  [exit.noHost]: 'no such host',
  [exit.unavailable]: 'not possible now',
  [exit.software]: 'broken',
  [exit.tryAgain]: 'not done',
  [exit.permission]: 'not permitted',
  [exit.config]: 'wrong settings',
}
