/**
 * Telling people of a letter that is too big to fetch unasked: its header comes by TOP, a note goes to those who would have had the
 * letter, and the ledger remembers that they were told, all in one commit.
 */
import type { Fate, Reception } from './arrival.ts'
import { mostHops } from './arrival.ts'
import { stampDate } from '../mail/date.ts'
import { hopsOf, subjectOf } from '../mail/described.ts'
import { parseHeader } from '../mail/header.ts'
import { SpoolFull } from '../queue/intake.ts'
import type { Readable } from './headers.ts'
import { headerKey } from './identity.ts'
import { lineEnds } from './line-ends.ts'
import type { Listed, Maildrop } from './maildrop.ts'
import { sizeNote } from './note.ts'
import { whoseIs, whoseIsLoop } from './recipients.ts'

export type Notes = {
  readonly readable: (header: Uint8Array) => Promise<Readable>
  /** Octets a second. */
  readonly rate: () => number
  readonly host: string
  readonly limit: number
}

export type Noted = Fate | { readonly kind: 'noted'; readonly key: string } | { readonly kind: 'lost'; readonly text: string }

/** Without TOP the note says what is known. */
export async function note(
  box: Maildrop,
  letter: Listed & { readonly key: string | undefined },
  reception: Reception,
  notes: Notes,
): Promise<Noted> {
  const answer = await box.top(letter.number)
  if (answer.kind === 'lost') return { kind: 'lost', text: answer.text }
  const header = answer.header === undefined ? new Uint8Array(0) : lineEnds().push(answer.header)
  const key = letter.key ?? (header.length > 0 ? headerKey(parseHeader(header)) : undefined)
  if (key === undefined) return { kind: 'left', text: 'It is too big, and the server neither names it nor shows its header' }
  try {
    return await deliver(letter, key, header, reception, notes)
  } catch (cause) {
    return {
      kind: 'stop',
      reason: cause instanceof SpoolFull ? 'full' : 'broken',
      text: cause instanceof Error ? cause.message : String(cause),
    }
  }
}

async function deliver(letter: Listed, key: string, octets: Uint8Array, reception: Reception, notes: Notes): Promise<Noted> {
  const { drop, router, postmaster, account, hostname, clock, clockKnown, log, server } = reception
  const header = parseHeader(octets)
  const hops = hopsOf(header)
  const whose = hops > mostHops ? await whoseIsLoop(hops, postmaster, router) : await whoseIs(header, null, drop, router)
  if (whose.kind === 'deferred') return { kind: 'left', text: whose.text }
  const readable = await notes.readable(octets)
  const intake = reception.open()
  const { id } = intake
  const { host, limit } = notes
  const facts = {
    id,
    hostname,
    recipients: whose.recipients,
    account,
    host,
    uidl: key,
    size: letter.size,
    limit,
    rate: notes.rate(),
    readable,
    header: octets,
    date: stampDate(clock.now(), clockKnown()),
  }
  const text = sizeNote(facts)
  try {
    await intake.write(text)
    await intake.keep({
      from: null,
      copies: whose.copies,
      parameters: { body: '8bitmime' },
      origin: { door: 'collect', account, uidl: key },
      priority: 'normal',
      messageId: `<${id}.note@${hostname}>`,
      ...subjectLine(text),
      ledger: { state: 'noted' },
    })
  } catch (cause) {
    intake.discard()
    throw cause
  }
  log.from({ id, from: null, size: text.length, recipients: whose.copies.length, relay: server })
  log.notice('collect-noted', `${account}: ${key} is ${letter.size} octets and stays at ${host}; a note was delivered`, {
    account,
    uidl: key,
  })
  return { kind: 'noted', key }
}

function subjectLine(letter: Uint8Array): { readonly subject?: string } {
  const subject = subjectOf(parseHeader(letter))
  return subject === undefined ? {} : { subject }
}
