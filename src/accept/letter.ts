/**
 * One letter on its way in, from the LAN's SMTP door or from the sendmail command: header read, mended and marked with our
 * Received, body streamed into the queue's intake, kept. Promises that 2xx is said only after `keep`, and that whatever
 * breaks becomes 4xx with its cause in the log and nothing left behind. Knows no socket.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import { mailDate, stampDate } from '../mail/date.ts'
import { hopsOf, messageIdOf, priorityOf, subjectOf } from '../mail/described.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Header } from '../mail/header.ts'
import { collectHeader, headerLimit } from '../mail/header.ts'
import type { Copy } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply, reply } from '../mail/reply.ts'
import type { Draft, Intake } from '../queue/intake.ts'
import { SpoolFull } from '../queue/intake.ts'
import { withoutDoubles } from '../route/route.ts'
import { lineRepair } from './lines.ts'
import type { Client } from './received.ts'
import { clientText, receivedField } from './received.ts'
import type { Mending } from './submission.ts'
import { cutHeader, mended } from './submission.ts'

const lineFeed = 0x0a
const blankLine = Buffer.from('\r\n')

/** What a letter is taken by: the same for all of them. */
export type House = {
  readonly hostname: string
  /** Octets of content. */
  readonly maxMessage: number
  /** Received fields of a letter that has been everywhere; one more is a loop (RFC 5321 §6.3). */
  readonly receivedLimit: number
  readonly clock: Pick<Clock, 'now'>
  /** False while the box does not know the time: then no Date is added, and Received says so. */
  readonly clockKnown: () => boolean
  readonly log: Log
}

export type Arrival = {
  readonly envelope: Envelope
  /** Where routing sent its recipients; doubles are taken out here. */
  readonly copies: readonly Copy[]
  readonly client: Client
  /** RFC 3848; a user's letter has none. */
  readonly protocol?: string
  /** From one of ours: it is given the fields it lacks. */
  readonly submitted: boolean
  /** Dots taken off, line ends as the client sent them. Throwing `ClientGone` is no fault of ours. */
  readonly content: AsyncIterable<Uint8Array>
  readonly intake: Intake
}

/** The client went away, or began anew, before its letter was whole. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** An intake, or what the client hears while there is none. */
export async function openIntake(open: () => Intake | Promise<Intake>, log: Log): Promise<Intake | Reply> {
  try {
    return await open()
  } catch (cause) {
    return broken(cause, log)
  }
}

/** Takes the letter to the end, or stops reading as soon as it is refused. Never rejects. */
export async function takeLetter(arrival: Arrival, house: House): Promise<Reply> {
  const { intake, client } = arrival
  const { log } = house
  let taken: Taken
  try {
    taken = await take(arrival, house)
    if (taken.refusal === undefined) {
      log.instant('data-ended', { id: intake.id })
      await intake.keep(draftOf(arrival, taken.header))
    }
  } catch (cause) {
    intake.discard()
    return broken(cause, log)
  }
  if (taken.refusal !== undefined) {
    intake.discard()
    log.notice('refused', `${intake.id}: ${clientText(client)}: ${formatReply(taken.refusal)}`)
    return taken.refusal
  }
  // From here the letter is ours.
  logKept(arrival, taken, log)
  log.instant('accepted-250', { id: intake.id })
  return reply(250, '2.0.0', `${intake.id} Message accepted for delivery`)
}

export function tooBig(maxMessage: number): Reply {
  return reply(552, '5.3.4', `Letter is larger than ${maxMessage} octets`)
}

/** A letter wholly written, or why not. */
type Taken =
  | { readonly refusal: Reply }
  | { readonly header: Header /** Octets written. */; readonly size: number; readonly refusal?: undefined }

async function take(arrival: Arrival, house: House): Promise<Taken> {
  const { intake, content } = arrival
  house.log.instant('data-begun', { id: intake.id })
  const collector = collectHeader()
  const repair = lineRepair()
  let received = 0
  let size = 0
  let header: Header | undefined
  const write = async (octets: Uint8Array): Promise<void> => {
    if (octets.length === 0) return
    size += octets.length
    await intake.write(octets)
  }
  const headerIsWhole = async (): Promise<Reply | undefined> => {
    const cut = cutHeader(collector.octets())
    if (collector.tooLong() && !cut.body.includes(lineFeed)) return headerTooLong()
    const hops = hopsOf(cut.header)
    if (hops > house.receivedLimit) return tooManyHops(hops, house.receivedLimit)
    const now = house.clock.now()
    header = mended(cut.header, mendingOf(arrival, house, now))
    await write(Buffer.concat([receivedOctets(arrival, house, now), ...header.map(({ raw }) => raw), blankLine]))
    await write(cut.body)
    await write(collector.rest())
    return undefined
  }
  const takePiece = async (piece: Uint8Array): Promise<Reply | undefined> => {
    if (header !== undefined) await write(piece)
    else if (piece.length > 0 && collector.push(piece)) return headerIsWhole()
    return undefined
  }
  for await (const octets of content) {
    received += octets.length
    if (received > house.maxMessage) return { refusal: tooBig(house.maxMessage) }
    const refusal = await takePiece(repair.push(octets))
    if (refusal) return { refusal }
  }
  const refusal = (await takePiece(repair.end())) ?? (header === undefined ? await headerIsWhole() : undefined)
  if (refusal || header === undefined) return { refusal: refusal ?? headerTooLong() }
  if (repair.repairs() > 0) house.log.info('repaired', `${intake.id}: ${repair.repairs()} bare CR, LF or NUL repaired`)
  return { header, size }
}

function draftOf({ envelope, copies, client }: Arrival, header: Header): Draft {
  const messageId = messageIdOf(header)
  const subject = subjectOf(header)
  return {
    from: envelope.from,
    copies: withoutDoubles(copies),
    parameters: envelope.parameters,
    origin: { door: 'accept', client: clientText(client) },
    priority: priorityOf(header),
    ...(messageId === undefined ? {} : { messageId }),
    ...(subject === undefined ? {} : { subject }),
  }
}

function logKept({ intake, envelope, client, protocol }: Arrival, { header, size }: { header: Header; size: number }, log: Log): void {
  log.from({
    id: intake.id,
    from: envelope.from,
    size,
    recipients: envelope.recipients.length,
    messageId: messageIdOf(header),
    bodyType: envelope.parameters.body?.toUpperCase(),
    protocol,
    relay: clientText(client),
  })
}

function receivedOctets({ intake, envelope, client, protocol }: Arrival, { hostname, clockKnown }: House, now: number): Uint8Array {
  const [only, ...more] = envelope.recipients
  const field = receivedField({
    client,
    hostname,
    ...(protocol === undefined ? {} : { protocol }),
    id: intake.id,
    ...(only === undefined || more.length > 0 ? {} : { recipient: only.address }),
    date: stampDate(now, clockKnown()),
  })
  return Buffer.from(field)
}

/** A letter that is not ours is left as it is; a Date that is decades wrong is worse than none. */
function mendingOf({ intake, envelope, submitted }: Arrival, { hostname, clockKnown }: House, now: number): Mending | undefined {
  if (!submitted) return undefined
  const messageId = `<${intake.id}.${now.toString(36)}@${hostname}>`
  return { hostname, from: envelope.from, messageId, ...(clockKnown() ? { date: mailDate(now) } : {}) }
}

function tooManyHops(hops: number, limit: number): Reply {
  return reply(554, '5.4.6', `Too many hops: ${hops} Received fields, ${limit} are allowed`)
}

function headerTooLong(): Reply {
  return reply(552, '5.3.4', `Header is larger than ${headerLimit} octets`)
}

/** The one place where what is thrown here becomes an answer: always 4xx, for the letter is still the client's. */
function broken(cause: unknown, log: Log): Reply {
  if (cause instanceof ClientGone) {
    log.info('client-gone', 'a client broke off its letter')
    return reply(451, '4.4.2', 'Connection lost')
  }
  if (cause instanceof SpoolFull) {
    log.info('refused-full', `a letter is refused for now: ${cause.message}`)
    return reply(452, '4.3.1', 'Insufficient system storage, try again later')
  }
  log.error('accept-failed', `a letter could not be taken: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  return reply(451, '4.3.0', 'Local error, try again later')
}
