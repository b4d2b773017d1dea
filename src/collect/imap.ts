/**
 * Adapter: opens an ISP's IMAP box as a Maildrop, with what is remembered of the server; what was remembered and is no longer true is
 * asked again. Puts TLS (RFC 9051 §6.2.1) and compression (RFC 4978) under the conversation when the server agrees to them.
 */
import type { Clock } from '../clock.ts'
import { silence } from '../silence.ts'
import { acquainted, type Attempted, type BoxAccount, type Notes } from './acquaintance.ts'
import type { LedgerEntry } from '../queue/ledger.ts'
import { compressed } from './compress.ts'
import { imapBox } from './imap-box.ts'
import { enter, type Known, type Session } from './imap-session.ts'
import { imapWire } from './imap-wire.ts'
import type { OpenMaildrop, Wants } from './maildrop.ts'
import { reach, type Resolve } from './reach.ts'
import type { Sockets } from './socket.ts'

export type ImapParts = Notes & {
  readonly clock: Clock
  readonly resolve: Resolve
  readonly sockets: Sockets
  /** What we have of the box, by UIDL. */
  readonly rows: () => ReadonlyMap<string, LedgerEntry>
  /** Milliseconds: for one address to answer, and for a server to be silent of which nothing is known. */
  readonly patience?: { readonly connect: number; readonly answer: number }
}

export function imap(account: BoxAccount, parts: ImapParts): OpenMaildrop {
  return (signal, wants) => acquainted('imap', account, parts, (known) => openOnce(account, parts, known ?? {}, signal, wants), signal)
}

async function openOnce(
  account: BoxAccount,
  parts: ImapParts,
  known: Known,
  signal: AbortSignal,
  wants: Wants | undefined,
): Promise<Attempted<Known>> {
  const { host, tls } = account
  const connected = await reach(account, { ...parts, patience: patienceOf(parts) }, signal)
  if ('kind' in connected) return { kind: 'failed', failure: connected }
  const { stream, address, secure } = connected
  const wire = imapWire(stream, { clock: parts.clock, silence: silence(`imap ${host}`, patienceOf(parts).answer, parts) })
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
    return {
      kind: 'failed',
      failure: { kind: entered.kind, text: `${host}: ${entered.text}` },
      instead: session.learned.slow && { ...known, slow: true },
    }
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
