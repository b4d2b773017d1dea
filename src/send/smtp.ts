/**
 * Our own SMTP client between EHLO and QUIT: it waits for no round trip that the protocol does not demand. Where CHUNKING is
 * offered each letter follows blindly on the last (RFC 3030), held back only by a window of unanswered octets; with
 * PIPELINING alone the next MAIL, RCPT and DATA leave together with the final dot (RFC 2920); without, command by command.
 * Promises: no final dot before its note is on the disk.
 */
import { brokenBy } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import { chunked, dotted } from './body.ts'
import { type Flight, openFlights } from './flights.ts'
import { type PrepareOptions, type Prepared, prepare } from './prepare.ts'
import type { Login } from './session.ts'
import type { Talk } from './talk.ts'
import { isOver } from './trip.ts'

/**
 * How much may be under way unanswered: enough that a modem line stays busy while replies wait behind what comes in
 * (seconds, not milliseconds), and no more than what one would like to see twice when the line drops.
 */
export type Window = { readonly letters: number; readonly octets: number }

export type SenderOptions = PrepareOptions & {
  readonly talk: Talk
  readonly window: Window
  /** AUTH is out, and its answer is still to come. */
  readonly login?: Login
  /** Octets of letters that have just gone out. */
  readonly gone: (octets: number) => void
}

export interface Sender {
  /** Resolves when the supply gives nothing more (or the login was refused) and everything is answered, or when the talk has ended or is to stop. */
  run(): Promise<void>
  /** Something that it said has been answered. */
  answered(): boolean
  /** No more replies will come: what is unanswered is settled, or goes back into the supply. */
  abandon(reply: Reply, sure: boolean): void
}

/** Octets of one BDAT: its reply tells, within two seconds of modem line, whether it is any use to go on. */
const chunkSize = 8 * 1024

export function openSender(options: SenderOptions): Sender {
  const { talk, supply, features, where, log, window, gone, login } = options
  const distrust = (): Reply | undefined => login?.refusal()
  const flights = openFlights({ ...options, distrust })
  /** The server has a transaction open, or may have. */
  let open = false

  const run = async (): Promise<void> => {
    const send = features.pipelining && features.chunking ? sendChunks : sendData
    while (await talk.until(() => flights.count() === 0 || supply.waiting() || distrust() !== undefined)) {
      if (distrust()) return void (await talk.until(() => talk.pending() === 0))
      let upcoming = prepareNext()
      for (let current = await upcoming; current; current = await upcoming) {
        if (talk.ending() || talk.stopped() || distrust()) {
          supply.unget(current.transaction)
          break
        }
        const begins = supply.begin(current.transaction)
        upcoming = prepareNext()
        if (begins) await send(current, upcoming)
      }
      if (flights.count() === 0 && !supply.waiting()) return
    }
  }
  const prepareNext = async (): Promise<Prepared | undefined> => {
    for (let transaction = supply.next(where); transaction; transaction = supply.next(where)) {
      const prepared = await prepare(transaction, options)
      if (prepared) return prepared
    }
    return undefined
  }

  /** RFC 3030: nothing is waited for but the window. RSET every time, since nobody knows yet how the last letter fared. */
  const sendChunks = async ({ transaction, content, mail, rcpts }: Prepared): Promise<void> => {
    const size = Math.min(content.size, chunkSize)
    if (!(await talk.until(() => hasRoom(size) || distrust() !== undefined)) || distrust()) return supply.unget(transaction)
    const flight = flights.take(transaction)
    let lead = `${open ? 'RSET\r\n' : ''}${mail}${rcpts.join('')}`
    try {
      for await (const { octets, last } of chunked(content.octets(), chunkSize)) {
        if (last && !(await mayEnd(flight))) return
        if (!(await talk.until(() => isOver(flight.trip) || hasRoom(octets.length))) || isOver(flight.trip)) return
        if (lead !== '') expectEnvelope(flight, rcpts.length)
        if (last) flights.expectEnd(flight, octets.length)
        else flights.expectChunk(flight, octets.length)
        const command = Buffer.from(`${lead}BDAT ${octets.length}${last ? ' LAST' : ''}\r\n`)
        const sent = [...(lead === '' ? [] : [begun(flight)]), ...(last ? [flights.ended(flight)] : [])]
        lead = ''
        open = true
        if (!(await talk.write(Buffer.concat([command, octets]), () => sent.forEach((tell) => tell())))) return
      }
    } catch (cause) {
      flights.broken(flight, brokenBy(cause))
    }
  }

  /** RFC 2920 §3.1: DATA ends a group, and the content with its dot begins the next one. */
  const sendData = async ({ transaction, content, mail, rcpts }: Prepared, upcoming: Promise<unknown>): Promise<void> => {
    const flight = flights.take(transaction)
    const go = await (features.pipelining ? askTogether(flight, mail, rcpts) : askOneByOne(flight, mail, rcpts))
    if (go?.code !== 354) return
    try {
      // Where every recipient was refused a lone dot ends it.
      if (!isOver(flight.trip)) {
        for await (const octets of dotted(content.octets())) {
          if (!(await talk.write(octets))) return
          gone(octets.length)
        }
        await upcoming
        if (!(await mayEnd(flight))) return talk.end(reply(451, '4.3.0', 'a letter may not be sent on: its note is not on the disk'))
      }
    } catch (cause) {
      flights.broken(flight, brokenBy(cause))
      return talk.end(reply(451, '4.3.0', 'a letter can no longer be read'))
    }
    if (talk.ending() || talk.stopped()) return
    flights.expectEnd(flight, 0)
    open = false
    await talk.write(Buffer.from('.\r\n'), flights.ended(flight))
    if (!features.pipelining) await talk.until(() => talk.pending() === 0)
  }

  /** The reply to DATA; undefined when the talk ended instead. */
  const askTogether = async (flight: Flight, mail: string, rcpts: readonly string[]): Promise<Reply | undefined> => {
    const group = `${open ? 'RSET\r\n' : ''}${mail}${rcpts.join('')}DATA\r\n`
    expectEnvelope(flight, rcpts.length)
    const answer = flights.expectData(flight)
    await talk.write(Buffer.from(group), begun(flight))
    await talk.until(() => answer() !== undefined)
    return answer()
  }

  const askOneByOne = async (flight: Flight, mail: string, rcpts: readonly string[]): Promise<Reply | undefined> => {
    const say = async (command: string): Promise<boolean> =>
      (await talk.write(Buffer.from(command))) && (await talk.until(() => talk.pending() === 0)) && !isOver(flight.trip)
    if (open) {
      expectReset(flight)
      if (!(await say('RSET\r\n'))) return undefined
    }
    expectMail(flight)
    if (!(await say(mail))) return undefined
    begun(flight)()
    for (const [place, command] of rcpts.entries()) {
      flights.expectRcpt(flight, place)
      if (!(await say(command))) return undefined
    }
    const answer = flights.expectData(flight)
    await say('DATA\r\n')
    return answer()
  }

  const expectEnvelope = (flight: Flight, recipients: number): void => {
    if (open) expectReset(flight)
    expectMail(flight)
    for (let place = 0; place < recipients; place++) flights.expectRcpt(flight, place)
  }
  const expectReset = (flight: Flight): void => {
    open = false
    flights.expectReset(flight)
  }
  const expectMail = (flight: Flight): void => {
    flights.expectMail(flight, () => {
      open = true
    })
  }
  /** The note that a power cut would leave must be on the disk before the last octet is out. */
  const mayEnd = async (flight: Flight): Promise<boolean> => {
    const trouble = await flight.transaction.noted
    if (trouble) flights.broken(flight, trouble)
    return trouble === undefined
  }
  const hasRoom = (more: number): boolean => {
    const { letters, octets } = flights.unanswered()
    return letters < window.letters && (octets === 0 || octets + more <= window.octets)
  }
  const begun =
    ({ transaction }: Flight): (() => void) =>
    () =>
      log.instant('mail-sent', { id: transaction.letter.message.id })

  return { run, answered: flights.answered, abandon: flights.abandon }
}
