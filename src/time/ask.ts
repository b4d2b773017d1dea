/** Asks for the time over a call: does what asking.ts says, by names and datagrams, and judges what comes back (answer.ts). */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import { judge, type Verdict } from './answer.ts'
import { type AskingEvent, notAsked, step } from './asking.ts'
import type { Exchange } from './datagram.ts'
import { question } from './packet.ts'

export type Server = { readonly host: string; readonly port: number }

export type Resolve = (
  host: string,
  signal: AbortSignal,
) => Promise<{ readonly kind: 'found'; readonly addresses: readonly string[] } | { readonly kind: string; readonly reason: string }>

export type AskParts = {
  readonly servers: readonly Server[]
  readonly resolve: Resolve
  readonly exchange: Exchange
  /** 64 bits that nobody can guess. */
  readonly cookie: () => bigint
  readonly clock: Clock
  /** No time is before it (milliseconds since 1970). */
  readonly since: number
  /** It is `wall` now, or was half of `roundTrip` ago or will be then (milliseconds). */
  readonly told: (time: { readonly wall: number; readonly roundTrip: number }, server: Server) => void
  readonly log: Log
}

/** Milliseconds that a server has; on a mobile line with full queues two are common. */
const patience = 5000

/** To be called while the line is up; resolves with the elapsed time at which to ask again. */
export type AskTime = (signal: AbortSignal) => Promise<number>

export function timeAsker(parts: AskParts): AskTime {
  const { servers, clock, log } = parts
  let state = notAsked
  return async (signal) => {
    let event: AskingEvent = { kind: 'due' }
    for (;;) {
      const { state: after, effect } = step(state, event, clock.elapsed(), servers.length)
      state = after
      if (effect?.kind === 'give-up') log.notice('time-unknown', `no time server answers: ${effect.reasons.join('; ')}`)
      if (effect?.kind !== 'ask') return state.next
      event = await askOne(servers[effect.turn], parts, signal)
    }
  }
}

async function askOne(server: Server | undefined, parts: AskParts, signal: AbortSignal): Promise<AskingEvent> {
  if (!server) return { kind: 'failed', reason: 'there is no such server' }
  const { resolve, told } = parts
  const found = await resolve(server.host, signal)
  const [address] = 'addresses' in found ? found.addresses : []
  if (signal.aborted) return { kind: 'cut' }
  if (address === undefined) return { kind: 'failed', reason: 'reason' in found ? found.reason : `${server.host} has no address` }
  const verdict = await verdictOf({ address, port: server.port }, parts, signal)
  if (signal.aborted) return { kind: 'cut' }
  switch (verdict.kind) {
    case 'time':
      told(verdict, server)
      return { kind: 'told' }
    case 'kiss':
      return { kind: 'kissed', code: verdict.code, reason: `${server.host} does not want to be asked (${verdict.code || 'no reason'})` }
    case 'refused':
      return { kind: 'failed', reason: `${server.host}: ${verdict.reason}` }
    case 'stray':
      return { kind: 'failed', reason: `${server.host} does not answer` }
  }
}

async function verdictOf(
  to: { readonly address: string; readonly port: number },
  { exchange, cookie: newCookie, clock, since }: AskParts,
  signal: AbortSignal,
): Promise<Verdict> {
  const cookie = newCookie()
  const at = clock.elapsed()
  const enough = new AbortController()
  const limit = AbortSignal.any([signal, enough.signal])
  void clock.sleep(at + patience, limit).then(() => enough.abort())
  let verdict: Verdict = { kind: 'stray' }
  const wrong = await exchange(
    to,
    question(cookie),
    (octets) => {
      verdict = judge(octets, { cookie, at, back: clock.elapsed(), since })
      return verdict.kind !== 'stray'
    },
    limit,
  )
  enough.abort()
  return wrong === undefined ? verdict : { kind: 'refused', reason: wrong }
}
