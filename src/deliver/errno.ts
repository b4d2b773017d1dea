/**
 * What a failed system call means for a letter, in one place. Every one of them is "later": a disk is emptied, a quota
 * raised, an owner corrected, and until then the letter rests in the queue. 452 where room is short (RFC 5321 §4.2.3).
 */
import type { Outcome } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'

type Meaning = { readonly code: number; readonly enhanced: string; readonly words: string }

/** Enhanced codes: RFC 3463 §3.3 (X.2) and §3.4 (X.3). */
const meanings: Readonly<Record<string, Meaning>> = {
  EDQUOT: { code: 452, enhanced: '4.2.2', words: 'is over quota' },
  EFBIG: { code: 452, enhanced: '4.2.2', words: 'has reached the largest size allowed' },
  ENOSPC: { code: 452, enhanced: '4.3.1', words: 'cannot grow: the file system is full' },
  EROFS: { code: 451, enhanced: '4.3.0', words: 'cannot be written: the file system is read-only' },
  EACCES: { code: 451, enhanced: '4.2.0', words: 'may not be written: permission denied' },
  EPERM: { code: 451, enhanced: '4.2.0', words: 'may not be written: not permitted' },
  ELOOP: { code: 451, enhanced: '4.2.0', words: 'is a symbolic link' },
  EISDIR: { code: 451, enhanced: '4.2.0', words: 'is a directory' },
  ENOENT: { code: 451, enhanced: '4.2.0', words: 'lies in a directory that does not exist' },
  ENOLCK: { code: 451, enhanced: '4.2.0', words: 'cannot be locked: its NFS server runs no lock daemon' },
}

/** The outcome when `where` met this error. */
export function outcomeOfError(where: string, error: unknown): Outcome {
  const { code, message } = described(error)
  const { code: status, enhanced, words } = meanings[code] ?? { code: 451, enhanced: '4.3.0', words: `failed: ${message}` }
  return { kind: 'deferred', reply: reply(status, enhanced, `${where} ${words}`), where }
}

export function codeOf(error: unknown): string {
  return described(error).code
}

function described(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const { code } = error as NodeJS.ErrnoException
  return { code: typeof code === 'string' ? code : '', message: error.message }
}
