/**
 * One connection to one address of a smarthost, from the first packet to QUIT: opens, sends what the supply gives, and leaves the
 * supply in order however it ends. When the call ends it stops at once, giving replies that are under way half a second.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Credentials } from '../sasl.ts'
import type { Acquaintance } from './acquaintance.ts'
import type { Features } from './features.ts'
import { type Session, openSession } from './session.ts'
import { type Window, openSender } from './smtp.ts'
import type { Supply } from './supply.ts'
import { type Talk, openTalk } from './talk.ts'
import type { Connect, Connected, Target, Wire } from './wire.ts'

export type Visit = {
  readonly target: Target
  readonly credentials: Credentials | undefined
  readonly known: Acquaintance
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

/**
 * What went wrong; undefined when all that was to be sent is answered. Where TLS is a mere opportunity, a handshake that fails costs a
 * second connection, without; so does a server that lets nobody in who does not wait for its answer.
 */
export async function visit(at: Visit, signal: AbortSignal): Promise<Reply | undefined> {
  const result = await overConnection(at, signal)
  if (result === undefined || signal.aborted) return result?.reply
  const again = (event: string, how: string, target: Target = at.target): Promise<Reply | undefined> => {
    at.log.warn(event, `${at.target.host}: ${formatReply(result.reply)}; connecting again ${how}`)
    return overConnection({ ...at, target }, signal).then((failed) => failed?.reply)
  }
  if (result.hurry) return again('auth', 'to log in step by step')
  if (result.handshake && at.target.tls === 'opportunistic') return again('tls', 'without TLS', { ...at.target, tls: 'off' })
  return result.reply
}

type Ready = Session & { readonly kind: 'ready' }

/** `hurry`: letters may go out once the login is waited for. */
type Failed = { readonly reply: Reply; readonly handshake?: boolean; readonly hurry?: boolean }

async function overConnection(at: Visit, signal: AbortSignal): Promise<Failed | undefined> {
  const { target, credentials, clock, log, hostname } = at
  const connected = await reach(at, signal)
  if (connected.kind === 'failed') return { reply: reply(451, '4.4.1', connected.reason) }
  const { wire } = connected
  const talk = openTalk(wire, clock)
  log.instant('connected', { where: wire.where })
  let leave = (): void => talk.end(callEnded)
  const aborted = (): void => leave()
  signal.addEventListener('abort', aborted)
  try {
    const hurry = at.known.hurry()
    const session = await openSession({
      wire,
      talk,
      clock,
      hostname,
      tls: target.tls,
      ...(credentials ? { credentials } : {}),
      ...(hurry ? { hurry } : {}),
      authenticated(by) {
        log.instant('authenticated', { where: wire.where })
        at.known.letIn(by)
      },
    })
    if (session.kind === 'failed') {
      talk.end(session.reply)
      return session
    }
    leave = () => talk.stop()
    if (signal.aborted) leave()
    tellOf(session, wire, credentials !== undefined, log)
    at.ready({ features: session.features, encrypted: session.secured !== undefined, roundTrip: session.roundTrip })
    return await letters(session, talk, wire, at, signal)
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

/** From here letters go out. */
async function letters({ features, login }: Ready, talk: Talk, wire: Wire, at: Visit, signal: AbortSignal): Promise<Failed | undefined> {
  const { supply, clock, log } = at
  const sender = openSender({ ...at, talk, features, where: wire.where, ...(login ? { login } : {}) })
  await sender.run()
  if (signal.aborted) {
    supply.close()
    await talk.drain(clock.elapsed() + farewell)
    talk.end(callEnded)
  }
  const refusal = login?.refusal()
  const ending = talk.ending()
  if (ending) sender.abandon(ending.reply, ending.sure)
  if (refusal) {
    talk.end(refusal)
    return { reply: refusal, hurry: at.known.refused(refusal) }
  }
  // It let us in and ate what came behind, or the line died between two replies of one packet.
  if (ending && login?.accepted() && !sender.answered() && !signal.aborted) at.known.deaf()
  if (ending) return { reply: ending.reply }
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

function tellOf({ by, login, secured }: Ready, { where }: Wire, wished: boolean, log: Log): void {
  log.info('smarthost', `connected to ${where}, ${secured?.cipher ?? 'not encrypted'}${secured?.resumed ? ', resumed' : ''}`)
  if (secured?.fault !== undefined) log.notice('tls', `${where}: encrypted, but its certificate proves nothing: ${secured.fault}`)
  if (wished && !by && !login) log.warn('auth', `${where}: offers no way to log in that may be used here; going on without`)
}
