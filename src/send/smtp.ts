/**
 * Our own SMTP client between EHLO and QUIT: it waits for no round trip that the protocol does not demand. Where CHUNKING is
 * offered each letter follows blindly on the last (RFC 3030), held back only by a window of unanswered octets; with
 * PIPELINING alone the next MAIL, RCPT and DATA leave together with the final dot (RFC 2920); without, command by command.
 * Promises: no final dot before its note is on the disk, and each delivery it was given leaves once.
 */
import { type Outcome, brokenBy } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import { chunked, dotted } from './body.ts'
import { type PrepareOptions, type Prepared, prepare } from './prepare.ts'
import type { Transaction } from './supply.ts'
import type { Expected, Talk } from './talk.ts'
import { type Trip, type TripEvent, beginTrip, isOver, step } from './trip.ts'

/**
 * How much may be under way unanswered: enough that a modem line stays busy while replies wait behind what comes in
 * (seconds, not milliseconds), and no more than what one would like to see twice when the line drops.
 */
export type Window = { readonly letters: number; readonly octets: number }

export type SenderOptions = PrepareOptions & {
  readonly talk: Talk
  readonly window: Window
  /** Octets of letters that have just gone out. */
  readonly gone: (octets: number) => void
}

export interface Sender {
  /** Resolves when the supply gives nothing more and everything is answered, or when the talk has ended or is to stop. */
  run(): Promise<void>
  /** No more replies will come: what is unanswered is settled, or goes back into the supply. */
  abandon(reply: Reply, sure: boolean): void
}

/** Octets of one BDAT: its reply tells, within two seconds of modem line, whether it is any use to go on. */
const chunkSize = 8 * 1024

/** A transaction whose replies are coming in. */
type Flight = { readonly transaction: Transaction; trip: Trip; replies: number; readonly splits: number[] }

export function openSender(options: SenderOptions): Sender {
  const { talk, supply, features, where, log, window, gone } = options
  const flying = new Set<Flight>()
  const unanswered = { letters: 0, octets: 0 }
  /** The server has a transaction open, or may have. */
  let open = false

  const run = async (): Promise<void> => {
    const send = features.pipelining && features.chunking ? sendChunks : sendData
    while (await talk.until(() => flying.size === 0 || supply.waiting())) {
      let upcoming = prepareNext()
      for (let current = await upcoming; current; current = await upcoming) {
        if (talk.ending() || talk.stopped()) return supply.unget(current.transaction)
        upcoming = prepareNext()
        await send(current, upcoming)
      }
      if (flying.size === 0 && !supply.waiting()) return
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
    if (!(await talk.until(() => hasRoom(Math.min(content.size, chunkSize))))) return supply.unget(transaction)
    const flight = take(transaction)
    let lead = `${open ? 'RSET\r\n' : ''}${mail}${rcpts.join('')}`
    try {
      for await (const { octets, last } of chunked(content.octets(), chunkSize)) {
        if (last && !(await mayEnd(flight))) return
        if (!(await talk.until(() => isOver(flight.trip) || hasRoom(octets.length))) || isOver(flight.trip)) return
        if (lead !== '') expectEnvelope(flight, rcpts.length)
        if (last) expectEnd(flight, octets.length)
        else expectChunk(flight, octets.length)
        const command = Buffer.from(`${lead}BDAT ${octets.length}${last ? ' LAST' : ''}\r\n`)
        const begun = lead === '' ? [] : ['mail-sent']
        lead = ''
        open = true
        if (!(await talk.write(Buffer.concat([command, octets]), last ? ended(flight, begun) : tell(flight, begun)))) return
      }
    } catch (cause) {
      apply(flight, { kind: 'broken', outcome: brokenBy(cause) })
    }
  }

  /** RFC 2920 §3.1: DATA ends a group, and the content with its dot begins the next one. */
  const sendData = async ({ transaction, content, mail, rcpts }: Prepared, upcoming: Promise<unknown>): Promise<void> => {
    const flight = take(transaction)
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
      apply(flight, { kind: 'broken', outcome: brokenBy(cause) })
      return talk.end(reply(451, '4.3.0', 'a letter can no longer be read'))
    }
    if (talk.ending() || talk.stopped()) return
    expectEnd(flight, 0)
    open = false
    await talk.write(Buffer.from('.\r\n'), ended(flight))
    if (!features.pipelining) await talk.until(() => talk.pending() === 0)
  }

  /** The reply to DATA; undefined when the talk ended instead. */
  const askTogether = async (flight: Flight, mail: string, rcpts: readonly string[]): Promise<Reply | undefined> => {
    const group = `${open ? 'RSET\r\n' : ''}${mail}${rcpts.join('')}DATA\r\n`
    expectEnvelope(flight, rcpts.length)
    const answer = expectData(flight)
    await talk.write(Buffer.from(group), tell(flight, ['mail-sent']))
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
    tell(flight, ['mail-sent'])()
    for (const [place, command] of rcpts.entries()) {
      expectRcpt(flight, place)
      if (!(await say(command))) return undefined
    }
    const answer = expectData(flight)
    await say('DATA\r\n')
    return answer()
  }

  const expectEnvelope = (flight: Flight, recipients: number): void => {
    if (open) expectReset(flight)
    expectMail(flight)
    for (let place = 0; place < recipients; place++) expectRcpt(flight, place)
  }
  const expectReset = (flight: Flight): void => {
    open = false
    expect(flight, 'reset', () => {})
  }
  const expectMail = (flight: Flight): void => {
    expect(flight, 'mail', (answer) => {
      open = open || answer.code < 300
      apply(flight, { kind: 'reply', to: 'mail', reply: answer })
    })
  }
  const expectRcpt = (flight: Flight, place: number): void => {
    expect(flight, 'rcpt', (answer) => apply(flight, { kind: 'reply', to: 'rcpt', place, reply: answer }))
  }
  const expectData = (flight: Flight): (() => Reply | undefined) => {
    let answer: Reply | undefined
    expect(flight, 'data', (given) => {
      answer = given
      apply(flight, { kind: 'reply', to: 'data', reply: given })
    })
    return () => answer
  }
  const expectChunk = (flight: Flight, octets: number): void => {
    unanswered.octets += octets
    expect(flight, 'chunk', (answer) => {
      unanswered.octets -= octets
      gone(octets)
      apply(flight, { kind: 'reply', to: 'chunk', reply: answer })
    })
  }
  const expectEnd = (flight: Flight, octets: number): void => {
    unanswered.octets += octets
    unanswered.letters += 1
    expect(flight, 'end', (answer) => {
      unanswered.octets -= octets
      unanswered.letters -= 1
      gone(octets)
      tell(flight, ['dot-answered'])()
      apply(flight, { kind: 'reply', to: 'end', reply: answer })
    })
  }

  /** The system has the last octet: from here the letter may have arrived. */
  const ended = (flight: Flight, begun: readonly string[] = []): (() => void) => {
    const [before, dot] = [tell(flight, begun), tell(flight, ['dot-sent'])]
    return () => {
      apply(flight, { kind: 'ended' })
      before()
      dot()
    }
  }

  const take = (transaction: Transaction): Flight => {
    const flight = { transaction, trip: beginTrip(transaction.recipients.length), replies: 0, splits: [] }
    flying.add(flight)
    return flight
  }
  const expect = (flight: Flight, kind: Expected, took: (answer: Reply) => void): void => {
    flight.replies += 1
    talk.expect(kind, (answer) => {
      flight.replies -= 1
      took(answer)
    })
  }
  const apply = (flight: Flight, event: TripEvent): void => {
    const { trip, effects } = step(flight.trip, event, where)
    flight.trip = trip
    const again: number[] = []
    for (const effect of effects) {
      if (effect.kind === 'settle') supply.settle(flight.transaction, effect.place, effect.outcome)
      else if (effect.kind === 'split') flight.splits.push(effect.place)
      else again.push(effect.place)
    }
    if (event.kind === 'lost') supply.again(flight.transaction, [...again, ...flight.splits.splice(0)], deferred(event.reply))
    if (flight.replies > 0 || !isOver(trip)) return
    flying.delete(flight)
    supply.split(flight.transaction, flight.splits.splice(0))
  }
  /** The note that a power cut would leave must be on the disk before the last octet is out. */
  const mayEnd = async (flight: Flight): Promise<boolean> => {
    const trouble = await flight.transaction.noted
    if (trouble) apply(flight, { kind: 'broken', outcome: trouble })
    return trouble === undefined
  }
  const hasRoom = (octets: number): boolean =>
    unanswered.letters < window.letters && (unanswered.octets === 0 || unanswered.octets + octets <= window.octets)
  const deferred = (why: Reply): Outcome => ({ kind: 'deferred', reply: why, where })
  const tell =
    ({ transaction }: Flight, instants: readonly string[]): (() => void) =>
    () => {
      for (const instant of instants) log.instant(instant, { id: transaction.letter.message.id })
    }

  return {
    run,
    abandon(why, sure) {
      // The last first, since each goes back to the front of the supply.
      for (const flight of [...flying].reverse()) apply(flight, { kind: 'lost', reply: why, sure })
      flying.clear()
    },
  }
}
