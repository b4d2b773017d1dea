/**
 * Tells senders what became of their letters: one notice for all deliveries of a letter that share a fate, ordinary mail with a
 * null sender. Promises that a notice is committed together with the fact that it was sent, and that notices never breed: one about a
 * notice goes to postmaster, and one about that one to the log alone. A sender on the LAN is told on the LAN.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { Address } from '../mail/address.ts'
import { formatPath } from '../mail/address.ts'
import { collectHeader } from '../mail/header.ts'
import type { Copy, Message } from '../mail/message.ts'
import { formatReply } from '../mail/reply.ts'
import type { Intake } from '../queue/intake.ts'
import type { Notice, Report, Reported } from '../queue/notice.ts'
import type { Router } from '../route/route.ts'
import { dsn } from './dsn.ts'

export type BouncerOptions = {
  readonly hostname: string
  readonly router: Pick<Router, 'route'>
  readonly intake: () => Intake
  /** Marks deliveries as reported that nobody wants to hear of. */
  readonly reported: (report: Report) => void
  readonly clock: Clock
  /** Whether the wall clock is right. */
  readonly timeKnown: () => boolean
  readonly log: Log
  /** Octets; a longer letter comes back as its header alone. */
  readonly fullLimit?: number
}

export interface Bouncer {
  /** Resolves when the notice is kept or nobody wants it. Rejects if it cannot be kept or routed now: it is owed still, ask again later. */
  notify(notice: Notice): Promise<void>
}

const usualFullLimit = 64 * 1024

/** Octets of a header that are returned at most. */
const headerReturned = 16 * 1024

export function bouncer(options: BouncerOptions): Bouncer {
  return {
    async notify(notice) {
      const wanted = notice.deliveries.filter(({ notify }) => (notify ?? ['failure', 'delay']).includes(notice.kind))
      if (wanted.length === 0 || (notice.from === null && notice.kind !== 'failure')) return options.reported(reportOf(notice))
      if (notice.from === null) return tellPostmaster(options, notice, wanted, 'the letter has no sender who could be told.')
      const routing = await options.router.route({ address: notice.from }, null)
      if (routing.kind === 'copies') return send(options, notice, wanted, { address: notice.from, copies: routing.copies })
      if (routing.kind === 'deferred') throw notNow(notice.message, formatReply(routing.reply))
      await tellPostmaster(options, notice, wanted, `its sender ${formatPath(notice.from)} cannot be told (${formatReply(routing.reply)}).`)
    },
  }
}

type Reader = { readonly address: Address; readonly copies: readonly Copy[]; readonly instead?: string }

async function tellPostmaster(options: BouncerOptions, notice: Notice, wanted: readonly Reported[], instead: string): Promise<void> {
  const address = { local: 'postmaster', domain: options.hostname.toLowerCase() }
  if (isLastNotice(notice.message)) return giveUp(options, notice, 'Even postmaster cannot be told')
  const routing = await options.router.route({ address }, null)
  if (routing.kind === 'copies') return send(options, notice, wanted, { address, copies: routing.copies, instead })
  if (routing.kind === 'deferred') throw notNow(notice.message, formatReply(routing.reply))
  giveUp(options, notice, `Postmaster has no mailbox: ${formatReply(routing.reply)}`)
}

/** A notice about a notice. Should it fail there is nobody left to tell. */
function isLastNotice({ origin }: Message): boolean {
  return origin.door === 'bounce' && origin.of === undefined
}

function giveUp({ log, reported }: BouncerOptions, notice: Notice, why: string): void {
  log.error('notice-lost', `${notice.message.id}: ${why}; the log alone knows that it could not be delivered`, { id: notice.message.id })
  reported(reportOf(notice))
}

async function send(options: BouncerOptions, notice: Notice, wanted: readonly Reported[], reader: Reader): Promise<void> {
  const { hostname, clock, timeKnown, log } = options
  const { message, kind } = notice
  const now = { wall: clock.now(), known: timeKnown() }
  const returned = await returnedOf(notice, reader.copies, options)
  const intake = options.intake()
  const messageId = `<${intake.id}.${Math.trunc(now.wall)}@${hostname}>`
  const { instead } = reader
  const letter = dsn({
    kind,
    message,
    deliveries: wanted,
    hostname,
    to: reader.address,
    messageId,
    now,
    returned,
    ...(instead !== undefined && { instead }),
  })
  const origin = { door: 'bounce', of: instead === undefined ? message.id : undefined } as const
  const { octets, subject, parameters } = letter
  try {
    for (let at = 0; at < octets.length; at += 65_536) await intake.write(octets.subarray(at, at + 65_536))
    log.instant('notice-written', { id: intake.id, of: message.id })
    await intake.keep({
      from: null,
      copies: reader.copies,
      parameters,
      origin,
      priority: 'normal',
      messageId,
      subject,
      reports: reportOf(notice),
    })
  } catch (cause) {
    intake.discard()
    throw cause
  }
  log.instant('notice-kept', { id: intake.id, of: message.id })
  log.from({ id: intake.id, from: null, size: octets.length, recipients: reader.copies.length, messageId, relay: 'localhost' })
  log.notice('notice', `${message.id}: ${intake.id}: DSN: ${reason(wanted)}`, { id: message.id, notice: intake.id, kind })
}

/** All of them are settled by it: the others did not want to be told. */
function reportOf({ kind, deliveries }: Notice): Report {
  return { kind, deliveries: deliveries.map(({ id }) => id) }
}

function reason([first]: readonly Reported[]): string {
  return first ? formatReply(first.outcome.reply) : ''
}

/**
 * Of a failed letter as much as its sender asked for (RFC 3461 §4.3); unasked the whole if that is small and costs no line.
 * A warning needs no more than the header.
 */
async function returnedOf(
  notice: Notice,
  copies: readonly Copy[],
  { fullLimit, log }: BouncerOptions,
): Promise<{ kind: 'full' | 'header'; octets: Uint8Array }> {
  const { kind, message } = notice
  const ret = message.parameters.ret ?? (copies.some(({ to }) => to.courier === 'smarthost') ? 'hdrs' : 'full')
  const full = kind === 'failure' && ret === 'full' && message.size <= (fullLimit ?? usualFullLimit)
  try {
    return full ? { kind: 'full', octets: await wholeOf(notice) } : { kind: 'header', octets: await headerOf(notice) }
  } catch (cause) {
    log.error('unreadable', `${message.id}: The letter cannot be read, so its notice goes without it: ${String(cause)}`, { id: message.id })
    return { kind: 'header', octets: new Uint8Array(0) }
  }
}

async function wholeOf(notice: Notice): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const octets of notice.content()) chunks.push(octets)
  return Buffer.concat(chunks)
}

/** Cut at a line if it is long. */
async function headerOf(notice: Notice): Promise<Uint8Array> {
  const collector = collectHeader(headerReturned)
  for await (const octets of notice.content()) if (collector.push(octets)) break
  const octets = collector.octets()
  return collector.tooLong() ? octets.subarray(0, octets.lastIndexOf(0x0a) + 1) : octets
}

function notNow({ id }: Message, why: string): Error {
  return new Error(`${id}: its sender cannot be told now: ${why}`)
}
