/** What pppd's exit status says of the call that has ended (pppd(8), EXIT STATUS), and who can do something about it. Pure. */

import type { Usage } from './line.ts'

export type Ending =
  /** Somebody wanted it so: the operator, the far side, an idle timer. */
  | 'ended'
  /** It may well work with the next call. */
  | 'failed'
  /** The ISP does not let us in: each further call would cost money for nothing. */
  | 'refused'
  /** Nothing works until a person has mended this box. */
  | 'unfit'

export type Verdict = { readonly ending: Ending; readonly words: string }

/** `status` is null when a signal ended it; `said`: pppd's own words (`telling`), which stand behind ours. */
export function verdictOf(status: number | null, said?: string): Verdict {
  const cause = status === 16 ? behindTheHangup(said) : status
  const [ending, words] = cause === null ? killed : (table[cause] ?? unknown(cause))
  return { ending, words: said === undefined || ending === 'ended' ? words : `${words} (${said})` }
}

/** Who does not let us in, or does not hear us any more, has hung up before pppd ends: its status tells of that, its words of the reason. */
function behindTheHangup(said = ''): number {
  if (said.startsWith('No response to ')) return 15
  return /^\S+ authentication failed/.test(said) ? 19 : 16
}

/** Of the lines that pppd wrote, the last that says why, not how long or that, nor how it is to be used. */
export function telling(lines: readonly string[]): string | undefined {
  const usage = lines.findIndex((line) => line.startsWith('pppd version '))
  return (usage < 0 ? lines : lines.slice(0, usage)).findLast((line) => line.trim() !== '' && !idle.test(line))?.trim()
}

const idle =
  /^(Exit\.|Connection terminated\.|Connect time |Sent \d+ bytes|Connect: |Using interface |Terminating on signal|Script |Waiting for |Hangup \(SIGHUP\)|Modem hangup|Serial link appears to be disconnected)/

/** What the call has cost by those lines, its time to a tenth of a minute: for want of an ip-down, which knows the seconds. */
export function countedIn(lines: readonly string[]): Usage | undefined {
  const [, minutes] = lines.map((line) => /^Connect time ([\d.]+) minutes\.$/.exec(line)).findLast((found) => found !== null) ?? []
  const [, sent, received] =
    lines.map((line) => /^Sent (\d+) bytes, received (\d+) bytes\.$/.exec(line)).findLast((found) => found !== null) ?? []
  if (minutes === undefined || sent === undefined) return undefined
  return { seconds: Math.round(Number(minutes) * 60), sent: Number(sent), received: Number(received) }
}

const killed: readonly [Ending, string] = ['failed', 'pppd was killed']

function unknown(status: number): readonly [Ending, string] {
  return ['failed', `pppd ended with status ${status}, which pppd(8) does not know`]
}

const table: Readonly<Record<number, readonly [Ending, string]>> = {
  0: ['ended', 'pppd ended'],
  1: ['failed', 'pppd met an error; its words are in the log'],
  2: ['unfit', 'pppd does not understand its options: mend the peers file'],
  3: ['unfit', 'pppd is not run as root, nor setuid root: chmod u+s it, or run dialpost so that it may'],
  4: ['unfit', 'the kernel has no PPP: load its module ppp_async'],
  5: ['ended', 'pppd was told to end'],
  6: ['failed', 'pppd could not lock the port: another program has it'],
  7: ['failed', 'pppd could not open the port'],
  8: ['failed', 'the connect script failed'],
  9: ['failed', "pppd's pty command failed"],
  10: ['failed', 'the ISP and pppd did not agree: no network protocol came up'],
  11: ['refused', 'the ISP did not authenticate itself, as the peers file demands: write noauth there'],
  12: ['ended', 'idle, by the peers file'],
  13: ['ended', 'as long as the peers file allows'],
  14: ['ended', 'the ISP calls back'],
  15: ['failed', 'the ISP no longer answers (LCP echo)'],
  16: ['failed', 'the modem hung up'],
  17: ['failed', 'the line is looped back to us'],
  18: ['failed', 'the init script failed'],
  19: ['refused', 'the ISP refuses our name or password: mend /etc/ppp/chap-secrets or pap-secrets and the user in the peers file'],
}
