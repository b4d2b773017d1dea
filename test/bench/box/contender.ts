/** A mail system that takes letters by SMTP, as this bench knows it: its own spool and mail folder on the measured volume, all else beside it. */
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Meter } from './cost.ts'

/** Where one life of a server takes place. */
export type Ground = {
  /** Off the measured volume: settings, logs. */
  readonly folder: string
  /** On it. */
  readonly spool: string
  readonly mail: string
}

export type Server = {
  readonly port: number
  readonly meter: Meter
  /** The numbers (drive.ts) of the letters for that person in its queue, one for each time a letter is there. */
  readonly queued: (whom: string) => Promise<readonly number[]>
  /** eddy's mailbox. */
  readonly mbox: string
  /** What it said, for when it fails. */
  readonly log: () => string
  readonly stop: () => Promise<void>
}

export type Contender = {
  readonly name: string
  /** 250 is said after a flush alone. */
  readonly durable: boolean
  /** The part of the letters that it is given, for those that would take minutes. */
  readonly share?: number
  readonly start: (ground: Ground) => Promise<Server>
}

/** The person of the mbox: `eddy`, whom test/peer/etc/passwd knows. */
export const eddy = 'eddy@shire.lan'

export async function makeGround(volume: string, folder: string, name: string): Promise<Ground> {
  const ground = { folder: join(folder, name), spool: join(volume, name, 'spool'), mail: join(volume, name, 'mail') }
  for (const path of Object.values(ground)) await mkdir(path, { recursive: true })
  await chmod(ground.mail, 0o1777)
  return ground
}
