/**
 * Letters onto the end of an open, locked mbox. What fails is cut off again to the letter before it, so that the file never
 * ends in a half. Promises nothing about the disk: flushing, closing and the locks are its caller's.
 */
import type { Log } from '../log/events.ts'
import type { Outcome } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'
import { outcomeOfError } from './errno.ts'
import type { Handle } from './files.ts'
import { mboxLetter } from './from-line.ts'
import type { Mail } from './mailbox.ts'

export type Target = {
  /** Opened for appending, and for reading. */
  readonly handle: Handle
  /** Octets in it, all of them whole letters. */
  readonly size: number
  /** What people call it. */
  readonly name: string
}

/** The outcomes hold once the file has been flushed. */
export async function appendLetters({ handle, size, name }: Target, mails: readonly Mail[], log: Log): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let end = size
  let broken: Outcome | undefined
  log.instant('append-begun', { mailbox: name })
  for (const [index, mail] of mails.entries()) {
    if (broken) {
      outcomes.push(broken)
      continue
    }
    try {
      const gap = index === 0 ? await missingNewlines(handle, size) : ''
      end += await append(handle, gap, mail, index === 0 ? () => log.instant('append-half', { mailbox: name }) : undefined)
      outcomes.push(delivered(name))
    } catch (error) {
      const outcome = outcomeOfError(name, error)
      outcomes.push(outcome)
      await handle.truncate(end).catch((failure: unknown) => {
        broken = outcome
        log.error('undo-failed', `${name} ends in half a letter that could not be cut off: ${String(failure)}`, { mailbox: name })
      })
    }
  }
  log.instant('appended', { mailbox: name })
  return outcomes
}

export function delivered(where: string): Outcome {
  return { kind: 'accepted', reply: reply(250, '2.0.0', ''), where }
}

/** A write may take less than it is given. */
export async function writeAll(handle: Handle, octets: Uint8Array): Promise<void> {
  let at = 0
  while (at < octets.length) at += (await handle.write(octets, at, octets.length - at)).bytesWritten
}

/** Resolves to the octets appended. `halfway` is called when some of the letter is in the file, and not all. */
async function append(handle: Handle, gap: string, mail: Mail, halfway: (() => void) | undefined): Promise<number> {
  let written = 0
  let lead = gap
  for await (const chunk of mboxLetter(mail)) {
    const octets = lead === '' ? chunk : Buffer.concat([Buffer.from(lead), chunk])
    lead = ''
    const middle = written === 0 && halfway ? Math.floor(octets.length / 2) : 0
    await writeAll(handle, octets.subarray(0, middle))
    if (middle > 0) halfway?.()
    await writeAll(handle, octets.subarray(middle))
    written += octets.length
  }
  return written
}

/** A `From ` line counts as one only behind a blank line; what stands there may not have ended with one. */
async function missingNewlines(handle: Handle, size: number): Promise<string> {
  if (size === 0) return ''
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, Math.max(0, size - 2))
  const end = buffer.toString('latin1', 0, bytesRead)
  if (end === '\n\n') return ''
  return end.endsWith('\n') ? '\n' : '\n\n'
}
