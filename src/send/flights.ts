/**
 * The transactions under way on one connection: each reply is given to the one it belongs to, what it means is carried out on the
 * supply, and how much is unanswered is known. Promises that each delivery it was given leaves once.
 */
import type { Log } from '../log/events.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'
import type { Supply, Transaction } from './supply.ts'
import type { Expected, Talk } from './talk.ts'
import { type Trip, type TripEvent, beginTrip, isOver, step } from './trip.ts'

export type FlightsOptions = {
  readonly talk: Talk
  readonly supply: Supply
  /** `smtp.isp.example [192.0.2.1]`. */
  readonly where: string
  readonly log: Log
  /** Octets of letters that have just gone out. */
  readonly gone: (octets: number) => void
  /** Why nothing that the server refuses on this connection says anything about a letter. */
  readonly distrust: () => Reply | undefined
}

/** A transaction whose replies are coming in. */
export type Flight = {
  readonly transaction: Transaction
  trip: Trip
  /** Still to come. */
  replies: number
  /** Places that the server was not asked for in earnest, and those that were too many. */
  readonly vain: number[]
  readonly splits: number[]
}

export interface Flights {
  take(transaction: Transaction): Flight
  /** How many there are. */
  count(): number
  /** Something that was said has been answered. */
  answered(): boolean
  /** Letters and octets whose end, or chunk, was not answered yet. */
  unanswered(): { readonly letters: number; readonly octets: number }
  /** Each `expect…` is called before the command is written. */
  expectReset(flight: Flight): void
  expectMail(flight: Flight, accepted: () => void): void
  expectRcpt(flight: Flight, place: number): void
  /** The reply, once it is there. */
  expectData(flight: Flight): () => Reply | undefined
  expectChunk(flight: Flight, octets: number): void
  expectEnd(flight: Flight, octets: number): void
  /** The content cannot be read, or may not be sent. */
  broken(flight: Flight, outcome: Outcome): void
  /** To be called when the system has the last octet: from there the letter may have arrived. */
  ended(flight: Flight): () => void
  /** No more replies will come: what is unanswered is settled, or goes back into the supply. */
  abandon(reply: Reply, sure: boolean): void
}

export function openFlights({ talk, supply, where, log, gone, distrust }: FlightsOptions): Flights {
  const flying = new Set<Flight>()
  const unanswered = { letters: 0, octets: 0 }
  let answered = false

  /** `why` says that a refusal means nothing. */
  const apply = (flight: Flight, event: TripEvent, why?: Reply): void => {
    const { trip, effects } = step(flight.trip, event, where)
    flight.trip = trip
    for (const effect of effects) {
      if (effect.kind === 'settle' && !why) supply.settle(flight.transaction, effect.place, effect.outcome)
      else if (effect.kind === 'split' && !why) flight.splits.push(effect.place)
      else flight.vain.push(effect.place)
    }
    const lost = event.kind === 'lost' ? event.reply : undefined
    if (!lost && (flight.replies > 0 || !isOver(trip))) return
    flying.delete(flight)
    const { transaction, vain, splits } = flight
    if (lost) vain.push(...splits.splice(0))
    const otherwise = lost ?? distrust()
    if (otherwise) supply.again(transaction, vain.splice(0), { kind: 'deferred', reply: otherwise, where })
    supply.split(transaction, splits.splice(0))
  }
  const expect = (flight: Flight, kind: Expected, meant: (answer: Reply) => TripEvent | undefined): void => {
    flight.replies += 1
    talk.expect(kind, (answer) => {
      flight.replies -= 1
      answered = true
      const event = meant(answer)
      if (event) apply(flight, event, answer.code >= 400 ? distrust() : undefined)
    })
  }
  return {
    take(transaction) {
      const flight = { transaction, trip: beginTrip(transaction.recipients.length), replies: 0, vain: [], splits: [] }
      flying.add(flight)
      return flight
    },
    count: () => flying.size,
    answered: () => answered,
    unanswered: () => unanswered,
    expectReset: (flight) => expect(flight, 'reset', () => undefined),
    expectMail(flight, accepted) {
      expect(flight, 'mail', (answer) => {
        if (answer.code < 300) accepted()
        return { kind: 'reply', to: 'mail', reply: answer }
      })
    },
    expectRcpt(flight, place) {
      expect(flight, 'rcpt', (answer) => ({ kind: 'reply', to: 'rcpt', place, reply: answer }))
    },
    expectData(flight) {
      let answer: Reply | undefined
      expect(flight, 'data', (given) => {
        answer = given
        return { kind: 'reply', to: 'data', reply: given }
      })
      return () => answer
    },
    expectChunk(flight, octets) {
      unanswered.octets += octets
      expect(flight, 'chunk', (answer) => {
        unanswered.octets -= octets
        gone(octets)
        return { kind: 'reply', to: 'chunk', reply: answer }
      })
    },
    expectEnd(flight, octets) {
      unanswered.octets += octets
      unanswered.letters += 1
      expect(flight, 'end', (answer) => {
        unanswered.octets -= octets
        unanswered.letters -= 1
        gone(octets)
        log.instant('dot-answered', { id: flight.transaction.letter.message.id })
        return { kind: 'reply', to: 'end', reply: answer }
      })
    },
    broken: (flight, outcome) => apply(flight, { kind: 'broken', outcome }),
    ended: (flight) => () => {
      apply(flight, { kind: 'ended' })
      log.instant('dot-sent', { id: flight.transaction.letter.message.id })
    },
    abandon(why, sure) {
      // The last first, since each goes back to the front of the supply.
      for (const flight of [...flying].reverse()) apply(flight, { kind: 'lost', reply: why, sure })
      flying.clear()
    },
  }
}
