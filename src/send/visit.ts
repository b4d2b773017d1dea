/**
 * One connection to one address of a smarthost, from the first packet to QUIT: opens, sends what the supply gives, and leaves the
 * supply in order however it ends. When the call ends it stops at once, giving replies that are under way half a second.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Credentials } from '../sasl.ts'
import type { Features } from './features.ts'
import { type Session, openSession } from './session.ts'
import { type Window, openSender } from './smtp.ts'
import type { Supply } from './supply.ts'
import { type Talk, openTalk } from './talk.ts'
import type { Connect, Connected, Target, Wire } from './wire.ts'

export type Visit = {
  readonly target: Target
  readonly credentials: Credentials | undefined
  readonly supply: Supply
  readonly connect: Connect
  readonly hostname: string
  readonly rewrite: (header: Uint8Array) => Uint8Array
  readonly window: Window
  readonly clock: Clock
  readonly log: Log
  readonly gone: (octets: number) => void
  /** Letters may go out from here. */
  readonly ready: (standing: Standing) => void
}

export type Standing = {
  readonly features: Features
  readonly encrypted: boolean
  /** Milliseconds from a command to its reply. */
  readonly roundTrip: number
}

/** Milliseconds: to connect to one address; for replies that are under way when the call ends. */
const connectLimit = 45_000
const farewell = 500

/** What a connection says that ends because the call does. */
export const callEnded: Reply = reply(451, '4.4.2', 'the call ended')

/** What went wrong; undefined when all that was to be sent is answered. Where TLS is a mere opportunity, a handshake that fails costs a second connection, without. */
export async function visit(at: Visit, signal: AbortSignal): Promise<Reply | undefined> {
  const result = await overConnection(at, signal)
  if (result === undefined || !result.handshake || at.target.tls !== 'opportunistic' || signal.aborted) return result?.reply
  at.log.warn('tls', `${at.target.host}: ${formatReply(result.reply)}; connecting again without TLS`)
  return (await overConnection({ ...at, target: { ...at.target, tls: 'off' } }, signal))?.reply
}

type Ready = Session & { readonly kind: 'ready' }

type Failed = { readonly reply: Reply; readonly handshake: boolean }

async function overConnection(at: Visit, signal: AbortSignal): Promise<Failed | undefined> {
  const { target, credentials, clock, log, hostname } = at
  const connected = await reach(at, signal)
  if (connected.kind === 'failed') return { reply: reply(451, '4.4.1', connected.reason), handshake: false }
  const { wire } = connected
  const talk = openTalk(wire, clock)
  log.instant('connected', { where: wire.where })
  let leave = (): void => talk.end(callEnded)
  const aborted = (): void => leave()
  signal.addEventListener('abort', aborted)
  try {
    const session = await openSession({ wire, talk, clock, hostname, tls: target.tls, ...(credentials ? { credentials } : {}) })
    if (session.kind === 'failed') {
      talk.end(session.reply)
      return session
    }
    leave = () => talk.stop()
    if (signal.aborted) leave()
    tellOf(session, wire, credentials !== undefined, log)
    at.ready({ features: session.features, encrypted: session.secured !== undefined, roundTrip: session.roundTrip })
    const ending = await letters(session, talk, wire, at, signal)
    return ending && { reply: ending, handshake: false }
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

/** From here letters go out. */
async function letters({ features }: Ready, talk: Talk, wire: Wire, at: Visit, signal: AbortSignal): Promise<Reply | undefined> {
  const { supply, clock, log } = at
  const sender = openSender({ ...at, talk, features, where: wire.where })
  await sender.run()
  if (signal.aborted) {
    supply.close()
    await talk.drain(clock.elapsed() + farewell)
    talk.end(callEnded)
  }
  const ending = talk.ending()
  if (ending) {
    sender.abandon(ending.reply, ending.sure)
    return ending.reply
  }
  // Its answer would cost a round trip and change nothing.
  await talk.write(Buffer.from('QUIT\r\n'), () => log.instant('quit-sent', { where: wire.where }))
  wire.end()
  return undefined
}

async function reach({ target, connect, clock }: Visit, signal: AbortSignal): Promise<Connected> {
  const limit = new AbortController()
  const done = new AbortController()
  void clock.sleep(clock.elapsed() + connectLimit, done.signal).then(() => limit.abort())
  const connected = await connect(target, AbortSignal.any([signal, limit.signal]))
  done.abort()
  return connected
}

function tellOf({ authenticated, secured }: Ready, { where }: Wire, wished: boolean, log: Log): void {
  log.info('smarthost', `connected to ${where}, ${secured?.cipher ?? 'not encrypted'}${secured?.resumed ? ', resumed' : ''}`)
  if (secured?.fault !== undefined) log.notice('tls', `${where}: encrypted, but its certificate proves nothing: ${secured.fault}`)
  if (authenticated) log.instant('authenticated', { where })
  else if (wished) log.warn('auth', `${where}: offers no way to log in that may be used here; going on without`)
}
