/**
 * Adapter: an ISP's IMAP box as a Maildrop. Letters are fetched by UID, and may be taken up where a line that dropped left them.
 * Deletions wait until `quit`, as POP3's do: then one STORE and one UID EXPUNGE (RFC 4315) of exactly our letters leave in one burst, so
 * that a line that drops before has changed nothing there, and one that drops behind them is `unknown`.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import { headerLimit } from '../mail/header.ts'
import type { LedgerEntry } from '../queue/ledger.ts'
import type { Server } from '../tls.ts'
import { compressed } from './compress.ts'
import { sizesOf, type Inbox } from './imap-list.ts'
import { setsOf } from './imap-words.ts'
import { enter, type ImapAccount, type Known, type Session } from './imap-session.ts'
import { imapWire, type ImapWire, type Reply } from './imap-wire.ts'
import { expunge } from './imap-expunge.ts'
import type { Answer, Failure, Maildrop, OpenMaildrop, Wants } from './maildrop.ts'
import type { Resolve } from './pop3.ts'
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
  const connected = await connect(account, parts, signal)
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
  return { kind: 'open', box: maildrop(wire, inbox, can, about), known: session.learned }
}

function patienceOf({ patience = { connect: 30_000, answer: 90_000 } }: ImapParts): { readonly connect: number; readonly answer: number } {
  return patience
}

type Way = { readonly stream: Duplex; readonly address: string; readonly secure: () => Promise<{ readonly stream: Duplex } | Failure> }

async function connect(account: ImapAccount, parts: ImapParts, signal: AbortSignal): Promise<Way | Failure> {
  const { host, port, fingerprint, tls } = account
  const { connect: reach, answer } = patienceOf(parts)
  const found = await parts.resolve(host, signal)
  if (found.kind !== 'found') return { kind: 'unreachable', text: `${host}: ${found.reason}` }
  const connected = await parts.sockets.connect(found.addresses, port, reach, signal)
  if (connected.kind === 'failed') return { kind: 'unreachable', text: `${host}: ${connected.text}` }
  const server: Server = { host, port, verify: tls !== 'opportunistic', fingerprint }
  const secure: Way['secure'] = async () => {
    const secured = await parts.sockets.secure(connected.stream, server, answer, signal)
    return secured.kind === 'failed' ? { kind: 'insecure', text: `TLS failed: ${secured.text}` } : { stream: secured.stream }
  }
  const way = { stream: connected.stream, address: connected.address, secure }
  if (tls !== 'implicit') return way
  const secured = await secure()
  return 'kind' in secured ? { ...secured, text: `${host}: ${secured.text}` } : { ...way, stream: secured.stream }
}

type Traffic = { readonly received: number; readonly sent: number }

function sum(a: Traffic, b: Traffic): Traffic {
  return { received: a.received + b.received, sent: a.sent + b.sent }
}

function maildrop(
  wire: ImapWire,
  { letters, octets, unsized, readOnly }: Inbox,
  can: readonly string[],
  about: Pick<Maildrop, 'server' | 'protocol' | 'traffic'>,
): Maildrop {
  const there = new Set(letters.map(({ number }) => number))
  const doomed = new Map<number, (() => void) | undefined>()
  let cut: Extract<Answer, { kind: 'lost' }> | undefined
  const isThere = (number: number): boolean => there.has(number) && !doomed.has(number)

  return {
    ...about,
    letters,
    octets,
    resumes: true,
    sizes: async () => (await sizesOf(wire, setsOf(unsized))).sizes,
    async retrieve(number, take, from = 0) {
      if (!isThere(number)) return cut ?? gone
      const { body, answer } = partOf(number, take, from)
      return answer(await wire.exchange({ line: `UID FETCH ${number} BODY.PEEK[]${from === 0 ? '' : `<${from}.${wholeRest}>`}`, body }))
    },
    async top(number) {
      if (!isThere(number)) return cut ?? gone
      const pieces: Uint8Array[] = []
      const { body, answer } = partOf(number, (octets) => void pieces.push(Uint8Array.from(octets)), 0)
      const got = answer(await wire.exchange({ line: `UID FETCH ${number} BODY.PEEK[HEADER]<0.${headerLimit}>`, body }))
      return got.kind === 'done' ? { ...got, header: Buffer.concat(pieces).subarray(0, headerLimit) } : got
    },
    async delete(number, sent) {
      if (cut) return cut
      if (!isThere(number)) return gone
      if (readOnly) return { kind: 'refused', code: '', text: 'The server lets us read the box only' }
      doomed.set(number, sent)
      return { kind: 'done', text: '' }
    },
    async quit(sent) {
      const parting = await expunge(wire, [...doomed.keys()], can, () => doomed.forEach((tell) => tell?.()), sent)
      wire.close('We said goodbye')
      return parting
    },
    abort(reason) {
      cut ??= { kind: 'lost', text: reason }
      wire.close(reason)
    },
  }
}

const gone: Answer = { kind: 'refused', code: '', text: 'There is no such letter' }

/** More octets than any letter has, and few enough for servers that count in 32 bits with a sign. */
const wholeRest = 1_000_000_000

/** Octets of a letter from one on; a server that sends more than it was asked for is put up with, one that leaves a gap is not. */
function partOf(uid: number, take: (octets: Uint8Array) => Promise<void> | void, from: number) {
  let skip = 0
  let gap = false
  const body = {
    uid,
    begins(origin: number) {
      skip = Math.max(0, from - origin)
      gap = origin > from
    },
    take(octets: Uint8Array) {
      const rest = octets.subarray(Math.min(skip, octets.length))
      skip -= octets.length - rest.length
      return gap || rest.length === 0 ? undefined : take(rest)
    },
  }
  const answer = (reply: Reply): Answer => {
    if (reply.kind !== 'done') return reply
    if (!reply.body) return gone
    return gap ? { kind: 'refused', code: '', text: 'The server sent another part than was asked for' } : { kind: 'done', text: reply.text }
  }
  return { body, answer }
}
