/** Port: a program at the near end that sends letters, or collects them, or both. */
import type { Letter } from '../corpus.ts'
import type { Isp } from '../far.ts'

export type Job = {
  /** To be sent; empty when nothing is. */
  readonly out: readonly Letter[]
  /** How many lie in the box; 0: it is left alone. */
  readonly waiting: number
  readonly protocol: 'pop3' | 'imap'
  readonly tls: boolean
  /** Tables for dialpost's settings. */
  readonly settings: string
  readonly isp: Isp
  /** Its own, empty at first. */
  readonly folder: string
}

export interface Driver {
  /** While the line is there but nothing may cross it. */
  prepare(): Promise<void>
  /** Resolves when everything has been sent and collected. */
  run(): Promise<void>
  /** What was collected, CRLF line ends. */
  arrived(): Promise<readonly Buffer[]>
  stop(): Promise<void>
}

export type StartDriver = (job: Job) => Driver

/** Letters that a program wrote with LF line ends. */
export function withCrlf(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')
}
