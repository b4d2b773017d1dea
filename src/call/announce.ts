/** What the log says of a call, as it begins and when it has ended; the ISP is named where there are several. */
import type { LinkState } from '../link/line.ts'
import type { Log } from '../log/events.ts'
import type { CallRecord } from './record.ts'

export function announce(log: Log, state: LinkState, ended: CallRecord | undefined, isps: readonly { readonly name: string }[]): void {
  if (state.kind === 'up') {
    log.notice(
      'line-up',
      `line up${toWhom(state.isp, isps)}${state.link.interface === '' ? '' : ` on ${state.link.interface}`}: ${state.reason}`,
    )
    if (isps.length > 0 && !isps.some(({ name }) => name === state.isp)) log.warn('isp-unknown', unknown(state.isp, isps))
  }
  if (!ended) return
  const { seconds, isp, ended: why, out, in: back } = ended
  log.notice('line-down', `line${toWhom(isp, isps)} down after ${seconds} s: ${why}; ${out.letters} letters out, ${back.letters} in`)
}

function toWhom(isp: string, { length }: readonly unknown[]): string {
  return isp === '' || length === 0 ? '' : ` to ${isp}`
}

function unknown(isp: string, isps: readonly { readonly name: string }[]): string {
  const named = isp === '' ? 'no ISP' : `${isp}, which is no ISP of the settings`
  const names = isps.map(({ name }) => name).join(', ')
  return `ip-up names ${named}: this call has only what stands outside of [[isp]]. Give pppd the option ipparam with one of ${names}`
}
