/** Mailboxes in a directory of their own, letters for them, and what a reader finds in one. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Clock } from '../../src/clock.ts'
import type { Account } from '../../src/config/passwd.ts'
import { dotlocks } from '../../src/deliver/dotlock.ts'
import type { Files } from '../../src/deliver/files.ts'
import { systemFiles } from '../../src/deliver/files.ts'
import type { Locks } from '../../src/deliver/lock.ts'
import { mailboxLocks } from '../../src/deliver/lock.ts'
import type { Mail, Mailbox } from '../../src/deliver/mailbox.ts'
import { mboxFolder } from '../../src/deliver/mbox.ts'
import type { Line, Log } from '../../src/log/events.ts'
import { events } from '../../src/log/events.ts'

export const never: AbortSignal = new AbortController().signal

export const noted = async (): Promise<void> => {}

/** A directory that goes away with the test. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'dialpost-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** This process's own user, under any name. */
export function account(name: string): Account {
  return { name, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, home: tmpdir(), shell: '/bin/sh' }
}

export function listening(): { log: Log; lines: Line[]; readonly names: () => string[] } {
  const lines: Line[] = []
  return { log: events((line) => lines.push(line)), lines, names: () => lines.map(({ event }) => event) }
}

export type MboxSetting = {
  files?: Files
  clock?: Clock
  log?: Log
  patience?: number
  mailGroup?: number
  accounts?: (user: string) => Account | undefined
}

export function mboxesIn(directory: string, setting: MboxSetting = {}): Mailbox & Pick<Locks, 'stuck'> {
  const { files = systemFiles, clock = systemClock, log = listening().log, patience = 200, mailGroup, accounts = account } = setting
  const locks = mailboxLocks({ dotlocks: dotlocks({ files, clock, log }), files, clock, log, patience })
  return mboxFolder({ directory, accounts: { find: accounts }, mailGroup, files, locks, log })
}

/** A letter whose body has lines that look like the start of another. */
export function mail(
  delivery: number,
  body: string = `letter ${delivery}\r\nFrom here\r\n>From there\r\nbye\r\n`,
  header: string = '',
): Mail {
  const text = `Received: by moriah id 4F${delivery}\r\n${header}Subject: letter ${delivery}\r\n\r\n${body}`
  return {
    id: `4F${delivery}`,
    delivery,
    from: { local: 'keith', domain: 'shire.lan' },
    recipient: { local: 'eddy', domain: 'shire.lan' },
    at: Date.UTC(2000, 5, 3, 20, 58, 31),
    async *content() {
      const octets = Buffer.from(text, 'latin1')
      for (let at = 0; at < octets.length; at += 64 * 1024) yield octets.subarray(at, at + 64 * 1024)
    },
  }
}

/** The letters of an mbox by the rule readers follow: `From ` behind a blank line, or at the very start. */
export function lettersIn(path: string): string[] {
  const text = readFileSync(path, 'latin1')
  return text === '' ? [] : text.split(/(?<=^|\n\n)(?=From )/)
}

/** Their marks, in order: what was delivered, and how often. */
export function marksIn(path: string): string[] {
  return lettersIn(path).map((letter) => /^X-Dialpost-Delivery: (.*)$/m.exec(letter)?.[1] ?? '?')
}
