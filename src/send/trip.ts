/**
 * One transaction on its way (MAIL, RCPT, the letter): what each reply means for each recipient, in whatever order commands
 * were pipelined. Every recipient leaves exactly once: settled, or sent again where the server did not get as far.
 * Pure: `step` takes an event and gives the next state and what is to be done.
 */
import type { Outcome } from '../mail/outcome.ts'
import { outcomeOf } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'

/** asked: no reply to its RCPT yet · taken: the server accepted it · gone: settled, or to be sent again. */
export type Place = 'asked' | 'taken' | 'gone'

export type Trip = {
  /** In the order of the RCPT commands. */
  readonly places: readonly Place[]
  /** The final dot, or BDAT LAST, is out: from here the letter may have arrived. */
  readonly ended: boolean
}

export type TripEvent =
  | { readonly kind: 'reply'; readonly to: 'mail' | 'data' | 'chunk' | 'end'; readonly reply: Reply }
  | { readonly kind: 'reply'; readonly to: 'rcpt'; readonly place: number; readonly reply: Reply }
  | { readonly kind: 'ended' }
  /** The content cannot be read, or we may not send it: nothing of it has arrived. */
  | { readonly kind: 'broken'; readonly outcome: Outcome }
  /** No more replies will come; `sure` means that what was not answered was not done either (after 421). */
  | { readonly kind: 'lost'; readonly reply: Reply; readonly sure: boolean }

export type TripEffect =
  | { readonly kind: 'settle'; readonly place: number; readonly outcome: Outcome }
  /** Nobody refused it, the server just did not get that far. */
  | { readonly kind: 'again'; readonly place: number }
  /** Too many recipients for one transaction: the rest go in another (RFC 5321 §4.5.3.1.10). */
  | { readonly kind: 'split'; readonly place: number }

export type Stepped = { readonly trip: Trip; readonly effects: readonly TripEffect[] }

export function beginTrip(recipients: number): Trip {
  return { places: Array.from({ length: recipients }, (): Place => 'asked'), ended: false }
}

/** Nobody waits for this letter any more: no need to send (more of) it. */
export function isOver(trip: Trip): boolean {
  return trip.places.every((place) => place === 'gone')
}

export function isTaken(trip: Trip): boolean {
  return trip.places.includes('taken')
}

/** `where` goes into the outcomes: `smtp.isp.example [192.0.2.1]`. */
export function step(trip: Trip, event: TripEvent, where: string): Stepped {
  switch (event.kind) {
    case 'ended':
      return { trip: { ...trip, ended: true }, effects: [] }
    case 'broken':
      return leave(trip, (place) => ({ kind: 'settle', place, outcome: event.outcome }))
    case 'lost':
      return leave(trip, (place) => lost(place, trip.ended && !event.sure, event.reply, where))
    case 'reply':
      break
  }
  return event.to === 'rcpt' ? answered(trip, event.place, event.reply, where) : judged(trip, event.to, event.reply, where)
}

/**
 * The outcome that a reply means for a letter. What blames the session (authentication missing, commands out of order)
 * says nothing about the letter: it waits until somebody mends the settings.
 */
export function verdict(answer: Reply, where: string): Outcome {
  return sessionFaults.has(answer.code) ? { kind: 'deferred', reply: answer, where } : outcomeOf(answer, where)
}

/** RFC 4954 §6 (530, 534, 535, 538), RFC 5321 §4.2.2 (500, 502, 503). */
const sessionFaults: ReadonlySet<number> = new Set([500, 502, 503, 530, 534, 535, 538])

/** MAIL, DATA or a chunk was refused, or the end was answered: all who are left share that. */
function judged(trip: Trip, to: 'mail' | 'data' | 'chunk' | 'end', reply: Reply, where: string): Stepped {
  const good = to === 'data' ? reply.code === 354 : reply.code >= 200 && reply.code < 300
  if (good && to !== 'end') return { trip, effects: [] }
  const outcome: Outcome = to === 'data' && reply.code < 400 ? { kind: 'deferred', reply, where } : verdict(reply, where)
  return leave(trip, (place) => ({ kind: 'settle', place, outcome }))
}

function answered(trip: Trip, place: number, reply: Reply, where: string): Stepped {
  if (trip.places[place] !== 'asked') return { trip, effects: [] }
  if (reply.code >= 200 && reply.code < 300) return { trip: put(trip, place, 'taken'), effects: [] }
  const effect: TripEffect =
    isTooMany(reply) && isTaken(trip) ? { kind: 'split', place } : { kind: 'settle', place, outcome: verdict(reply, where) }
  return { trip: put(trip, place, 'gone'), effects: [effect] }
}

function isTooMany({ code, enhanced, text }: Reply): boolean {
  return (code === 452 || code === 552) && (enhanced === undefined ? /too many/i.test(text) : enhanced.endsWith('.5.3'))
}

function lost(place: number, unsure: boolean, reply: Reply, where: string): TripEffect {
  return unsure ? { kind: 'settle', place, outcome: { kind: 'deferred', reply, where, unsure } } : { kind: 'again', place }
}

function leave(trip: Trip, effect: (place: number) => TripEffect): Stepped {
  const left = trip.places.flatMap((place, at) => (place === 'gone' ? [] : [at]))
  return { trip: { ...trip, places: trip.places.map((): Place => 'gone') }, effects: left.map(effect) }
}

function put(trip: Trip, at: number, place: Place): Trip {
  return { ...trip, places: trip.places.with(at, place) }
}
