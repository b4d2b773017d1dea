/**
 * What lies in INBOX, for as few octets as the server allows: sizes by UID; of letters that are ours already only that they are still
 * there, in one line however many they are, where the server can say it so (ESEARCH, RFC 4731). Letters that somebody else has marked
 * \Deleted are not listed: they have been thrown away, and are not ours to expunge.
 */
import type { LedgerEntry } from '../queue/ledger.ts'
import { boxSizeOf, countIn, fetchedOf, foundBy, setsOf } from './imap-words.ts'
import type { ImapWire, Reply } from './imap-wire.ts'
import type { Listed, Wants } from './maildrop.ts'

/** What we have of the box, by UIDL, and what is wanted of it; undefined: all that there is to say. */
export type Ours = { readonly rows: ReadonlyMap<string, LedgerEntry>; readonly wants: Wants | undefined }

export type Inbox = {
  readonly kind: 'listed'
  readonly letters: readonly Listed[]
  /** Of all letters together, where their sizes were not asked for. */
  readonly octets: number | undefined
  /** Letters that are not ours yet and were listed without their sizes. */
  readonly unsized: readonly number[]
  /** We have letters of it, but by another UIDVALIDITY. */
  readonly renamed: boolean
  /** Nothing can be deleted. */
  readonly readOnly: boolean
}

/** Letters in a box that fits in memory. */
const most = 60_000

/** Known letters from which on a list of the new ones and a line for the others is the shorter. */
const many = 8

/** SELECT and the lists, sent together. */
export async function ask(
  wire: ImapWire,
  can: readonly string[],
  { rows, wants }: Ours,
): Promise<Inbox | Exclude<Reply, { kind: 'done' }>> {
  const past = pastOf(rows)
  const canSet = can.includes('ESEARCH')
  const bare = canSet && wants?.sizes === false && can.includes('STATUS=SIZE')
  const brief = canSet && wants !== undefined && past.kept.size >= many && past.noted.size <= many
  const few = bare ? undefined : brief ? [...setsOf(past.noted), `${past.last + 1}:*`].join(',') : '1:*'
  const [selected, deleted, there, octets, listed] = await Promise.all([
    select(wire),
    search(wire, `${canSet ? 'RETURN (ALL) ' : ''}DELETED`),
    bare || brief ? search(wire, 'RETURN (ALL) ALL') : undefined,
    bare ? boxSize(wire) : undefined,
    few === undefined ? undefined : sizesOf(wire, [few]),
  ])
  if (selected.reply.kind !== 'done') return selected.reply
  if (listed && listed.reply.kind === 'lost') return listed.reply
  if (listed && listed.reply.kind === 'refused' && selected.exists > 0) return listed.reply
  const isKept = (uid: number): boolean => past.validity === selected.validity && past.kept.has(uid)
  const sizes = new Map(listed?.sizes)
  const left = there ? there.filter((uid) => !sizes.has(uid) && !isKept(uid) && !bare) : []
  const more = await sizesOf(wire, there || few === '1:*' ? setsOf(left) : ['1:*'])
  if (more.reply.kind !== 'done') return more.reply
  for (const [uid, size] of more.sizes) sizes.set(uid, size)
  const thrown = new Set(deleted)
  const uids = [...new Set([...(there ?? []), ...sizes.keys()])].filter((uid) => !thrown.has(uid) || isKept(uid))
  const letters = uids.sort((a, b) => a - b).map((uid) => ({ number: uid, size: sizes.get(uid) ?? 0, uidl: uidl(selected.validity, uid) }))
  const unsized = uids.filter((uid) => !sizes.has(uid) && !isKept(uid))
  const renamed = past.kept.size > 0 && past.validity !== selected.validity
  return { kind: 'listed', letters, octets, unsized, renamed, readOnly: selected.reply.code.toUpperCase() === 'READ-ONLY' }
}

function uidl(validity: number | undefined, uid: number): string | undefined {
  return validity === undefined ? undefined : `${validity}.${uid}`
}

type Selected = {
  readonly reply: Reply
  readonly exists: number /** Undefined where UIDs do not last (RFC 4315 §2). */
  readonly validity: number | undefined
}

async function select(wire: ImapWire): Promise<Selected> {
  const found: { exists: number; validity?: number | undefined; fleeting: boolean } = { exists: 0, fleeting: false }
  const reply = await wire.exchange({
    line: 'SELECT INBOX',
    code(code) {
      found.validity = countIn(code, 'UIDVALIDITY') ?? found.validity
      found.fleeting ||= code.toUpperCase() === 'UIDNOTSTICKY'
    },
    data(text) {
      const exists = /^(\d{1,10}) EXISTS$/i.exec(text)?.[1]
      found.exists = exists === undefined ? found.exists : Number(exists)
      return exists !== undefined
    },
  })
  return { reply, exists: found.exists, validity: found.fleeting ? undefined : found.validity }
}

/** Undefined where the server would not say, or said too much. */
async function search(wire: ImapWire, criteria: string): Promise<readonly number[] | undefined> {
  let found: readonly number[] | undefined
  const reply = await wire.exchange({
    line: `UID SEARCH ${criteria}`,
    data(text, tag) {
      const uids = found === undefined ? foundBy(text, tag, most) : undefined
      found = uids ?? found
      return uids !== undefined
    },
  })
  return reply.kind === 'done' ? found : undefined
}

/** Octets of all letters together; undefined where the server would not say. */
async function boxSize(wire: ImapWire): Promise<number | undefined> {
  let octets: number | undefined
  const data = (text: string): boolean => {
    const size = boxSizeOf(text)
    octets = size ?? octets
    return size !== undefined
  }
  await wire.exchange({ line: 'STATUS INBOX (SIZE)', data })
  return octets
}

/** Sizes by UID; of no set they are nothing. */
export async function sizesOf(
  wire: ImapWire,
  sets: readonly string[],
): Promise<{ readonly reply: Reply; readonly sizes: ReadonlyMap<number, number> }> {
  const sizes = new Map<number, number>()
  const data = (text: string): boolean => {
    const { uid, size } = /^\d+ FETCH /i.test(text) ? (fetchedOf(text) ?? {}) : {}
    if (uid === undefined || size === undefined) return false
    if (sizes.size >= most) wire.close('The server lists more letters than this box can hold')
    else sizes.set(uid, size)
    return true
  }
  const replies = await Promise.all(sets.map((set) => wire.exchange({ line: `UID FETCH ${set} RFC822.SIZE`, data })))
  const nothing: Reply = { kind: 'done', code: '', text: '', body: false }
  return { reply: replies.find(({ kind }) => kind !== 'done') ?? nothing, sizes }
}

type Past = {
  readonly validity: number | undefined
  readonly kept: ReadonlySet<number>
  readonly noted: ReadonlySet<number>
  /** The greatest UID that is ours. */
  readonly last: number
}

/** Our rows of the box as it was when the last of them was made. */
function pastOf(rows: ReadonlyMap<string, LedgerEntry>): Past {
  const named = [...rows].flatMap(([key, { state }]) => {
    const [, validity, uid] = /^(\d{1,10})\.(\d{1,10})$/.exec(key) ?? []
    return uid === undefined ? [] : [{ validity: Number(validity), uid: Number(uid), state }]
  })
  const validity = named.at(-1)?.validity
  const mine = named.filter((row) => row.validity === validity)
  const [noted, kept] = [mine.filter(({ state }) => state === 'noted'), mine.filter(({ state }) => state !== 'noted')]
  const uids = (of: typeof mine) => new Set(of.map(({ uid }) => uid))
  return { validity, kept: uids(kept), noted: uids(noted), last: Math.max(0, ...kept.map(({ uid }) => uid)) }
}
