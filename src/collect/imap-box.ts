/**
 * A session with an IMAP box that is open. Letters are fetched by UID, and may be taken up where a line that dropped left them.
 * Deletions wait until `quit`, as POP3's do: then one STORE and one UID EXPUNGE (RFC 4315) of exactly our letters leave in one burst, so
 * that a line that drops before has changed nothing there, and one that drops behind them is `unknown`.
 */
import { headerLimit } from '../mail/header.ts'
import { expunge } from './imap-expunge.ts'
import { sizesOf, type Inbox } from './imap-list.ts'
import type { Body, ImapWire, Reply } from './imap-wire.ts'
import { setsOf } from './imap-words.ts'
import type { Answer, Maildrop } from './maildrop.ts'

/** `can`: what the server can do. */
export function imapBox(
  wire: ImapWire,
  { letters, octets, unsized, renamed, readOnly }: Inbox,
  can: readonly string[],
  about: Pick<Maildrop, 'server' | 'protocol' | 'traffic'>,
): Maildrop {
  const there = new Set(letters.map(({ number }) => number))
  const doomed = new Map<number, (() => void) | undefined>()
  let cut: Extract<Answer, { kind: 'lost' }> | undefined
  const isThere = (number: number): boolean => there.has(number) && !doomed.has(number)

  return {
    ...about,
    letters,
    octets,
    renamed,
    resumes: true,
    sizes: async () => (await sizesOf(wire, setsOf(unsized))).sizes,
    async retrieve(number, take, from = 0) {
      if (!isThere(number)) return cut ?? gone
      const { body, answer } = partOf(number, take, from)
      return answer(await wire.exchange({ line: `UID FETCH ${number} BODY.PEEK[]${from === 0 ? '' : `<${from}.${wholeRest}>`}`, body }))
    },
    async top(number) {
      if (!isThere(number)) return cut ?? gone
      const pieces: Uint8Array[] = []
      const { body, answer } = partOf(number, (octets) => void pieces.push(Uint8Array.from(octets)), 0)
      const got = answer(await wire.exchange({ line: `UID FETCH ${number} BODY.PEEK[HEADER]<0.${headerLimit}>`, body }))
      return got.kind === 'done' ? { ...got, header: Buffer.concat(pieces).subarray(0, headerLimit) } : got
    },
    async delete(number, sent) {
      if (cut) return cut
      if (!isThere(number)) return gone
      if (readOnly) return { kind: 'refused', code: '', text: 'The server lets us read the box only' }
      doomed.set(number, sent)
      return { kind: 'done', text: '' }
    },
    async quit(sent) {
      const parting = await expunge(wire, [...doomed.keys()], can, () => doomed.forEach((tell) => tell?.()), sent)
      wire.close('We said goodbye')
      return parting
    },
    abort(reason) {
      cut ??= { kind: 'lost', text: reason }
      wire.close(reason)
    },
  }
}

const gone: Answer = { kind: 'refused', code: '', text: 'There is no such letter' }

/** More octets than any letter has, and few enough for servers that count in 32 bits with a sign. */
const wholeRest = 1_000_000_000

type Part = { readonly body: Body; readonly answer: (reply: Reply) => Answer }

/** Octets of a letter from one on; a server that sends more than it was asked for is put up with, one that leaves a gap is not. */
function partOf(uid: number, take: (octets: Uint8Array) => Promise<void> | void, from: number): Part {
  let skip = 0
  let gap = false
  const body = {
    uid,
    begins(origin: number) {
      skip = Math.max(0, from - origin)
      gap = origin > from
    },
    take(octets: Uint8Array) {
      const rest = octets.subarray(Math.min(skip, octets.length))
      skip -= octets.length - rest.length
      return gap || rest.length === 0 ? undefined : take(rest)
    },
  }
  const answer = (reply: Reply): Answer => {
    if (reply.kind !== 'done') return reply
    if (!reply.body) return gone
    return gap ? { kind: 'refused', code: '', text: 'The server sent another part than was asked for' } : { kind: 'done', text: reply.text }
  }
  return { body, answer }
}
