/**
 * One letter on its way in, from the LAN's SMTP door or from the sendmail command: header read, mended and marked with our
 * Received, body streamed into the queue's intake, kept. Promises that 2xx is said only after `keep`, and that whatever
 * breaks becomes 4xx with its cause in the log and nothing left behind. Knows no socket.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import { mailDate } from '../mail/date.ts'
import type { Envelope } from '../mail/envelope.ts'
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
import type { Cut } from './submission.ts'
import { cutHeader, hopsOf, mendedHeader, messageIdOf, priorityOf, subjectOf } from './submission.ts'

const lineFeed = 0x0a

/** What a letter is taken by: the same for all of them. */
export type House = {
  readonly hostname: string
  /** As Received names us. */
  readonly software: string
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
  const { intake } = arrival
  const { log } = house
  try {
    const answer = await take(arrival, house)
    if (answer.code < 300) return answer
    intake.discard()
    log.notice('refused', `${intake.id}: ${clientText(arrival.client)}: ${formatReply(answer)}`)
    return answer
  } catch (cause) {
    intake.discard()
    return broken(cause, log)
  }
}

export function tooBig(maxMessage: number): Reply {
  return reply(552, '5.3.4', `Letter is larger than ${maxMessage} octets`)
}

async function take(arrival: Arrival, house: House): Promise<Reply> {
  const { intake } = arrival
  house.log.instant('data-begun', { id: intake.id })
  const collector = collectHeader()
  const repair = lineRepair()
  let received = 0
  let size = 0
  let cut: Cut | undefined
  const write = async (octets: Uint8Array): Promise<void> => {
    if (octets.length === 0) return
    size += octets.length
    await intake.write(octets)
  }
  const headerIsWhole = async (): Promise<Reply | undefined> => {
    cut = cutHeader(collector.octets())
    const refusal = collector.tooLong() && !cut.body.includes(lineFeed) ? headerTooLong() : headerRefusal(cut, house)
    if (refusal) return refusal
    await write(newHeader(cut, arrival, house))
    await write(cut.body)
    await write(collector.rest())
    return undefined
  }
  const takePiece = async (piece: Uint8Array): Promise<Reply | undefined> => {
    if (cut !== undefined) await write(piece)
    else if (piece.length > 0 && collector.push(piece)) return headerIsWhole()
    return undefined
  }
  for await (const octets of arrival.content) {
    received += octets.length
    if (received > house.maxMessage) return tooBig(house.maxMessage)
    const refusal = await takePiece(repair.push(octets))
    if (refusal) return refusal
  }
  const refusal = (await takePiece(repair.end())) ?? (cut === undefined ? await headerIsWhole() : undefined)
  if (refusal || cut === undefined) return refusal ?? headerTooLong()
  if (repair.repairs() > 0) house.log.info('repaired', `${intake.id}: ${repair.repairs()} bare CR, LF or NUL repaired`)
  house.log.instant('data-ended', { id: intake.id })
  return keep(arrival, cut, size, house)
}

async function keep(
  { intake, envelope, copies, client, protocol }: Arrival,
  { header }: Cut,
  size: number,
  { log }: House,
): Promise<Reply> {
  const messageId = messageIdOf(header)
  const subject = subjectOf(header)
  const draft: Draft = {
    from: envelope.from,
    copies: withoutDoubles(copies),
    parameters: envelope.parameters,
    origin: { door: 'accept', client: clientText(client) },
    priority: priorityOf(header),
    ...(messageId === undefined ? {} : { messageId }),
    ...(subject === undefined ? {} : { subject }),
  }
  await intake.keep(draft)
  // From here the letter is ours: whatever fails now must not make the client send it again.
  log.from({
    id: intake.id,
    from: envelope.from,
    size,
    recipients: envelope.recipients.length,
    messageId,
    bodyType: envelope.parameters.body?.toUpperCase(),
    protocol,
    relay: clientText(client),
  })
  log.instant('accepted-250', { id: intake.id })
  return reply(250, '2.0.0', `${intake.id} Message accepted for delivery`)
}

function headerRefusal({ header }: Cut, { receivedLimit }: House): Reply | undefined {
  const hops = hopsOf(header)
  return hops > receivedLimit ? reply(554, '5.4.6', `Too many hops: ${hops} Received fields, ${receivedLimit} are allowed`) : undefined
}

function headerTooLong(): Reply {
  return reply(552, '5.3.4', `Header is larger than ${headerLimit} octets`)
}

/** Our Received, the letter's own fields, what it lacked, and the blank line. */
function newHeader({ header }: Cut, arrival: Arrival, house: House): Uint8Array {
  const { intake, envelope, client, protocol, submitted } = arrival
  const { hostname, software, clock, clockKnown } = house
  const now = clock.now()
  const date = mailDate(now)
  const [only, ...more] = envelope.recipients
  const received = receivedField({
    client,
    hostname,
    software,
    ...(protocol === undefined ? {} : { protocol }),
    id: intake.id,
    ...(only === undefined || more.length > 0 ? {} : { recipient: only.address }),
    date: clockKnown() ? date : `${date} (clock not set)`,
  })
  const lan = { hostname, date: clockKnown() ? date : '', messageId: `<${intake.id}.${now.toString(36)}@${hostname}>` }
  const fields = mendedHeader(header, { from: envelope.from, ...(submitted ? { lan } : {}) })
  return Buffer.concat([Buffer.from(received), fields, Buffer.from('\r\n')])
}

/** The one place where what is thrown here becomes an answer: always 4xx, for the letter is still the client's. */
function broken(cause: unknown, log: Log): Reply {
  if (cause instanceof ClientGone) {
    log.info('client-gone', 'a client broke off its letter')
    return reply(451, '4.4.2', 'Connection lost')
  }
  if (cause instanceof SpoolFull) {
    log.warn('spool-full', `no letter is taken while flash runs low: ${cause.message}`)
    return reply(452, '4.3.1', 'Insufficient system storage, try again later')
  }
  log.error('accept-failed', `a letter could not be taken: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  return reply(451, '4.3.0', 'Local error, try again later')
}
