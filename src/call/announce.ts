/** What the log says of a call, as it begins and when it has ended. */
import type { LinkState } from '../link/line.ts'
import type { Log } from '../log/events.ts'
import type { CallRecord } from './record.ts'

export function announce(log: Log, state: LinkState, ended: CallRecord | undefined): void {
  if (state.kind === 'up')
    log.notice('line-up', `line up${state.link.interface === '' ? '' : ` on ${state.link.interface}`}: ${state.reason}`)
  if (!ended) return
  const { seconds, ended: why, out, in: back } = ended
  log.notice('line-down', `line down after ${seconds} s: ${why}; ${out.letters} letters out, ${back.letters} in`)
}
