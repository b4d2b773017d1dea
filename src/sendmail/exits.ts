/** The exit code of sysexits(3) that sendmail gives for a reply: who is unknown, what is malformed, and what may be tried again. Pure. */
import { exit } from '../console/voice.ts'
import type { Reply } from '../mail/reply.ts'

export function exitOf({ code, enhanced = '' }: Reply): number {
  if (code < 400) return exit.ok
  if (code < 500) return exit.tryAgain
  return permanent.find(([status]) => status.test(enhanced))?.[1] ?? exit.unavailable
}

const permanent: readonly (readonly [RegExp, number])[] = [
  [/^5\.1\.(?:1|6)$/, exit.noUser],
  [/^5\.1\.2$/, exit.noHost],
  [/^5\.(?:1\.[378]|6\.\d+)$/, exit.data],
]
