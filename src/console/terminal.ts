/** Port: a terminal with a person at it, wherever it is: a tty of this computer, or one at the other end of the control socket. */
import type { Size } from './paging.ts'

export interface Terminal {
  readonly size: Size
  /** Octets a second that reach it; undefined: as many as one likes. */
  readonly rate: number | undefined
  /** Resolves when it can take more; of one that has gone, too. */
  write(text: string): Promise<void>
  /** Calls back with the octets that are typed. There is one listener at a time; what is typed while there is none is lost. */
  hear(typed: (octets: Uint8Array) => void): void
  /** Aborted when it has gone. */
  readonly gone: AbortSignal
}

/** What nobody has told otherwise. */
export const usualSize: Size = { columns: 80, rows: 24 }
