/** How a command speaks with the person who typed it, wherever that was; and the exit codes of sysexits(3) it may end with. */

export interface Voice {
  /** One line, or several with '\n' between. */
  readonly say: (text: string) => void
  /** A complaint that says what to do next. */
  readonly complain: (text: string) => void
  /** A question that is answered by yes or no; no where nobody can answer. */
  readonly ask: (question: string) => Promise<boolean>
  /** Aborted when nobody listens any more. */
  readonly signal: AbortSignal
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
