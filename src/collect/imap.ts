/**
 * Adapter: opens an ISP's IMAP box as a Maildrop, with what is remembered of the server; what was remembered and is no longer true is
 * asked again. Puts TLS (RFC 9051 §6.2.1) and compression (RFC 4978) under the conversation when the server agrees to them.
 */
import type { Clock } from '../clock.ts'
import type { LedgerEntry } from '../queue/ledger.ts'
import { compressed } from './compress.ts'
import { imapBox } from './imap-box.ts'
import { enter, type ImapAccount, type Known, type Session } from './imap-session.ts'
import { imapWire } from './imap-wire.ts'
import type { Failure, Maildrop, OpenMaildrop, Wants } from './maildrop.ts'
import { reach, type Resolve } from './reach.ts'
import type { Sockets } from './socket.ts'

export type ImapParts = {
  readonly clock: Clock
  readonly resolve: Resolve
  readonly sockets: Sockets
  /** What we have of the box, by UIDL. */
  readonly rows: () => ReadonlyMap<string, LedgerEntry>
  /** What `remember` was given last under this name. */
  readonly recall: (name: string) => string | undefined
  readonly remember: (name: string, value: string | undefined) => void
  /** Milliseconds: for one address to answer, and for the server to be silent. */
  readonly patience?: { readonly connect: number; readonly answer: number }
}

export function imap(account: ImapAccount, parts: ImapParts): OpenMaildrop {
  const name = `imap ${account.name}`
  const place = `${account.user}@${account.host}:${account.port} ${account.tls}`
  return async (signal, wants) => {
    const known = recalled(parts.recall(name), place)
    const once = (knowing: Known | undefined) => openOnce(account, parts, knowing ?? {}, signal, wants)
    const first = await once(known)
    if (known && first.kind === 'failed' && first.failure.kind !== 'unreachable' && first.failure.kind !== 'busy')
      parts.remember(name, first.known.slow ? JSON.stringify({ place, ...known, slow: true }) : undefined)
    const again =
      known && first.kind === 'failed' && (first.failure.kind === 'login' || first.failure.kind === 'nonsense') && !signal.aborted
    const opened = again ? await once(undefined) : first
    if (opened.kind === 'failed') return { kind: 'failed', failure: opened.failure }
    const learned = JSON.stringify({ place, ...opened.known })
    if (parts.recall(name) !== learned) parts.remember(name, learned)
    return { kind: 'open', box: opened.box }
  }
}

function recalled(text: string | undefined, place: string): Known | undefined {
  if (text === undefined) return undefined
  try {
    const value: Known & { place?: string } = JSON.parse(text)
    return value.place === place ? value : undefined
  } catch {
    return undefined
  }
}

type OpenedOnce =
  | { readonly kind: 'open'; readonly box: Maildrop; readonly known: Known }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly known: Known }

async function openOnce(
  account: ImapAccount,
  parts: ImapParts,
  known: Known,
  signal: AbortSignal,
  wants: Wants | undefined,
): Promise<OpenedOnce> {
  const { host, tls } = account
  const connected = await reach(account, { ...parts, patience: patienceOf(parts) }, signal)
  if ('kind' in connected) return { kind: 'failed', failure: connected, known: {} }
  const { stream, address, secure } = connected
  const wire = imapWire(stream, { clock: parts.clock, timeout: patienceOf(parts).answer })
  const stop = () => wire.close('We were stopped')
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const session: Session = { wire, account, known, learned: {}, encrypted: tls === 'implicit', can: undefined }
  let traffic = wire.traffic
  const layers = {
    async secure() {
      const secured = await secure()
      if ('kind' in secured) return secured
      wire.moveTo(secured.stream)
      return undefined
    },
    compress() {
      const before = wire.traffic()
      const inside = compressed(wire.stream())
      traffic = () => sum(before, inside.traffic())
      wire.moveTo(inside.stream)
    },
  }
  const entered = await enter(session, { rows: parts.rows(), wants }, layers)
  signal.removeEventListener('abort', stop)
  if (entered.kind !== 'entered') {
    wire.close(entered.text)
    return { kind: 'failed', failure: { kind: entered.kind, text: `${host}: ${entered.text}` }, known: session.learned }
  }
  const { inbox, can } = entered
  const about = { server: `${host} [${address}]`, protocol: session.encrypted ? 'IMAPS' : 'IMAP', traffic: () => traffic() }
  return { kind: 'open', box: imapBox(wire, inbox, can, about), known: session.learned }
}

function patienceOf({ patience = { connect: 30_000, answer: 90_000 } }: ImapParts): { readonly connect: number; readonly answer: number } {
  return patience
}

type Traffic = { readonly received: number; readonly sent: number }

function sum(a: Traffic, b: Traffic): Traffic {
  return { received: a.received + b.received, sent: a.sent + b.sent }
}
