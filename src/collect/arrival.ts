/**
 * One letter on its way from an ISP's box into the queue: header first, which says whose it is, then the body straight to the disk.
 * It promises one fate for every letter, whatever breaks: nothing truncated is ever kept, and what is not kept stays at the ISP.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { ReversePath } from '../mail/address.ts'
import { stampDate } from '../mail/date.ts'
import { hopsOf, messageIdOf, priorityOf, subjectOf } from '../mail/described.ts'
import { collectHeader, parseHeader, type Header } from '../mail/header.ts'
import type { MessageId } from '../mail/message.ts'
import { SpoolFull, type Draft, type Intake } from '../queue/intake.ts'
import { worthKeeping, type Half } from './halves.ts'
import { headerKey, shortFingerprint } from './identity.ts'
import { lineEnds } from './line-ends.ts'
import { notServed, together, whoseIs, whoseIsLoop, type Drop, type Whose } from './recipients.ts'
import { receivedLine, withTrace } from './trace.ts'
import type { Turns } from './turns.ts'
import type { Router } from '../route/route.ts'

export type Fate =
  | { readonly kind: 'kept'; readonly key: string; readonly id: MessageId }
  /** It was ours before: only the server's copy is left to delete. */
  | { readonly kind: 'known'; readonly key: string }
  /** Everybody it is for has had another copy of it. */
  | { readonly kind: 'served'; readonly key: string }
  /** It stays at the ISP, and the next one may come. */
  | { readonly kind: 'left'; readonly text: string }
  /** No letter can be taken now. */
  | { readonly kind: 'stop'; readonly reason: 'full' | 'broken'; readonly text: string }

/** What all letters of one session are taken by. */
export type Reception = {
  readonly account: string
  readonly drop: Drop
  readonly router: Router
  readonly open: () => Intake
  readonly senderOf: (header: Header) => ReversePath
  /** route/fingerprint. */
  readonly fingerprint: (header: Header) => string | undefined
  readonly served: (fingerprint: string) => readonly string[]
  /** Whether a letter of that header key is ours already. */
  readonly isKnown: (key: string) => boolean
  readonly turns: Turns
  readonly hostname: string
  /** A user here, for what goes in circles. */
  readonly postmaster: string
  readonly server: string
  readonly protocol: string
  readonly clock: Clock
  /** False while the box does not know the time: then Received says so. */
  readonly clockKnown: () => boolean
  readonly log: Log
}

export interface Arrival {
  /** Takes octets as they come, dot-stuffing undone; resolves when more may come. Never rejects. */
  take(octets: Uint8Array): Promise<void>
  /** All octets have come. From the resolution of `fate` on as kept, the letter is ours. */
  finish(): Promise<void>
  /** They will not come. */
  abandon(text: string): void
  /** They will not come now: what is worth keeping of them may be given to another arrival of this letter, and is the caller's. */
  suspend(text: string): Promise<Half | undefined>
  readonly fate: Promise<Fate>
}

/** More Received lines than this are a loop (sendmail's MaxHopCount). */
export const mostHops = 25

/** For whom other letters are that are this one, given its header and that header's length; they must be known by then or soon. */
export type AlsoFor = (header: Header, octets: number) => Promise<readonly Whose[]>

export type Circumstances = {
  readonly alsoFor?: AlsoFor | undefined
  /** What came of the letter before: its octets go on where that ends. */
  readonly half?: Half | undefined
}

/** `uidl` is undefined where the server gives none. */
export function arrival(uidl: string | undefined, reception: Reception, { alsoFor = async () => [], half }: Circumstances = {}): Arrival {
  const { log, account } = reception
  const collector = collectHeader()
  const { ends, came: before, size: written } = half ?? { ends: lineEnds(), came: 0, size: 0 }
  let phase: 'header' | 'body' | 'over' = 'header'
  let came = before
  let size = written
  let busy: Promise<void> = Promise.resolve()
  let taken: Taken | undefined
  let free: (() => void) | undefined
  let settle: (fate: Fate) => void = () => {}
  const fate = new Promise<Fate>((resolve) => (settle = resolve))

  const end = (how: Fate): undefined => {
    phase = 'over'
    if (how.kind !== 'kept') (taken ?? half)?.intake.discard()
    release()
    settle(how)
  }
  const release = (): undefined => {
    free?.()
    free = undefined
  }
  const isOver = (): boolean => phase === 'over'
  const guarded = (work: () => Promise<void>): Promise<void> => {
    busy = work().catch((cause: unknown) => end(stopBy(cause)))
    return busy
  }
  const write = async (intake: Intake, octets: Uint8Array): Promise<void> => {
    size += octets.length
    if (octets.length > 0) await intake.write(octets)
  }

  /** Whose it is now; undefined if that was its end. */
  const admit = async (header: Header): Promise<Omit<Taken, 'intake'> | undefined> => {
    const key = headerKey(header)
    const octets = half?.headerOctets ?? collector.octets().length
    const mark = reception.fingerprint(header)
    const fingerprint = mark === undefined ? undefined : shortFingerprint(mark)
    free = await reception.turns.take(fingerprint ?? key)
    if (isOver()) return release()
    if (reception.isKnown(key)) return end({ kind: 'known', key: uidl ?? key })
    const judged = await judge(header, fingerprint, reception, () => alsoFor(header, octets))
    if (isOver()) return undefined
    if (judged.kind === 'deferred') return end({ kind: 'left', text: judged.text })
    if (judged.kind === 'served') return end({ kind: 'served', key: uidl ?? key })
    return { ...judged, header, key: uidl ?? key }
  }

  const begin = async (): Promise<void> => {
    const admitted = await admit(half?.header ?? parseHeader(collector.octets()))
    if (!admitted) return
    const intake = half?.intake ?? reception.open()
    taken = { ...admitted, intake }
    log.instant('body-begun', { account, uidl: taken.key, id: intake.id })
    if (!half) await write(intake, withTrace(collector.octets(), trace(taken, reception), taken.whose.warnings))
    await write(intake, collector.rest())
    if (phase === 'header') phase = 'body'
  }

  return {
    fate,
    take: (octets) =>
      guarded(async () => {
        if (phase === 'over') return
        came += octets.length
        const clean = ends.push(octets)
        if (phase === 'header' && half) await begin()
        if (phase === 'body' && taken) await write(taken.intake, clean)
        else if (phase === 'header' && collector.push(clean)) await begin()
      }),
    finish: () =>
      guarded(async () => {
        if (phase === 'header') await begin()
        if (phase !== 'body' || !taken) return
        log.instant('body-ended', { account, uidl: taken.key, id: taken.intake.id })
        await taken.intake.keep(draftOf(taken, ends.eightBit(), reception))
        tell(taken, size, ends, reception)
        end({ kind: 'kept', key: taken.key, id: taken.intake.id })
      }),
    abandon: (text) => end({ kind: 'left', text }),
    async suspend(text) {
      await busy
      const rest = taken ?? half
      if (phase === 'over' || !rest || came < worthKeeping) return end({ kind: 'left', text })
      phase = 'over'
      release()
      settle({ kind: 'left', text })
      const headerOctets = half?.headerOctets ?? collector.octets().length
      return { intake: rest.intake, header: rest.header, headerOctets, ends, came, size }
    },
  }
}

type Taken = {
  readonly intake: Intake
  readonly header: Header
  readonly key: string
  readonly from: ReversePath
  readonly whose: Whose
  readonly fingerprint: string | undefined
  readonly served: readonly string[]
}

type Judged =
  | {
      readonly kind: 'ours'
      readonly from: ReversePath
      readonly whose: Whose
      readonly fingerprint: string | undefined
      readonly served: readonly string[]
    }
  | { readonly kind: 'deferred'; readonly text: string }
  | { readonly kind: 'served' }

/** Whose it is, less those who have had it. */
async function judge(
  header: Header,
  fingerprint: string | undefined,
  { drop, router, postmaster, senderOf, served }: Reception,
  others: () => Promise<readonly Whose[]>,
): Promise<Judged> {
  const hops = hopsOf(header)
  const loops = hops > mostHops
  const from = loops ? null : senderOf(header)
  const own = loops ? await whoseIsLoop(hops, postmaster, router) : await whoseIs(header, from, drop, router)
  if (own.kind === 'deferred') return own
  const whose = loops ? own : together(own, await others())
  const rest = notServed(whose.copies, fingerprint === undefined ? [] : served(fingerprint))
  if (rest.copies.length === 0) return { kind: 'served' }
  return { kind: 'ours', from, whose: { ...whose, copies: rest.copies }, fingerprint, served: rest.served }
}

function trace({ intake, whose }: Taken, { account, server, hostname, protocol, clock, clockKnown }: Reception): string {
  const date = stampDate(clock.now(), clockKnown())
  return receivedLine({ server, hostname, protocol, account, id: intake.id, recipients: whose.recipients, by: whose.by, date })
}

function draftOf({ header, key, from, whose, fingerprint, served }: Taken, eightBit: boolean, { account }: Reception): Draft {
  const messageId = messageIdOf(header)
  const subject = subjectOf(header)
  return {
    from,
    copies: whose.copies,
    parameters: eightBit ? { body: '8bitmime' } : {},
    origin: { door: 'collect', account, uidl: key },
    priority: priorityOf(header),
    ...(messageId === undefined ? {} : { messageId }),
    ...(subject === undefined ? {} : { subject }),
    ledger: { state: 'kept', ...(fingerprint === undefined ? {} : { fingerprint, served }) },
  }
}

function tell(
  { intake, header, from, key, whose }: Taken,
  size: number,
  ends: { repaired(): number; eightBit(): boolean },
  { account, protocol, server, log }: Reception,
): void {
  log.instant('collected-kept', { account, uidl: key, id: intake.id })
  log.from({
    id: intake.id,
    from,
    size,
    recipients: whose.copies.length,
    messageId: messageIdOf(header),
    bodyType: ends.eightBit() ? '8BITMIME' : undefined,
    protocol,
    relay: server,
  })
  if (ends.repaired() > 0) log.info('repaired', `${intake.id}: ${ends.repaired()} bare LF repaired`)
  for (const warning of whose.warnings) log.notice('collect-warning', `${intake.id}: ${account}: ${warning}`, { account })
}

function stopBy(cause: unknown): Fate {
  const text = cause instanceof Error ? cause.message : String(cause)
  return { kind: 'stop', reason: cause instanceof SpoolFull ? 'full' : 'broken', text }
}
