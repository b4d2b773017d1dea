/** What a program's end says of the letter it was given: sysexits(3) as sendmail reads them. Pure. */
import type { Outcome } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'

/** EX_TEMPFAIL, EX_OSERR, EX_IOERR: what is worth another try. */
const later: Readonly<Record<number, string>> = { 75: '4.0.0', 71: '4.3.0', 74: '4.3.0' }

/** EX_USAGE and so on; the rest is 5.3.0. */
const never: Readonly<Record<number, string>> = {
  64: '5.0.0',
  65: '5.6.0',
  67: '5.1.1',
  68: '5.1.2',
  69: '5.0.0',
  72: '5.3.5',
  77: '5.0.0',
  78: '5.3.5',
}

/** `said` is what the program printed: its own words go into the bounce. */
export function outcomeOfExit(status: number, said: string, where: string): Outcome {
  if (status === 0) return { kind: 'accepted', reply: reply(250, '2.0.0', ''), where }
  const text = said === '' ? `${where} ended with status ${status}` : `${where}: ${said}`
  const enhanced = later[status]
  if (enhanced !== undefined) return { kind: 'deferred', reply: reply(451, enhanced, text), where }
  return { kind: 'refused', reply: refusal(status, text), where }
}

function refusal(status: number, text: string): Reply {
  return reply(status === 67 || status === 68 ? 550 : 554, never[status] ?? '5.3.0', text)
}
