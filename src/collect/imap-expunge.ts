/**
 * The end of an IMAP session: our letters marked \Deleted and expunged, and nobody else's. With UIDPLUS (RFC 4315) the server is told
 * which; without it EXPUNGE takes all that are marked, and is therefore said only if these are ours alone. Else the marks stay, and the
 * letters go when whoever marked the others lets them go.
 */
import { foundBy, setsOf } from './imap-words.ts'
import type { ImapWire, Reply } from './imap-wire.ts'
import type { Parting } from './maildrop.ts'

/** `marked` and `left` are called when the marks, and LOGOUT, are the kernel's. */
export async function expunge(
  wire: ImapWire,
  uids: readonly number[],
  can: readonly string[],
  marked: () => void,
  left: (() => void) | undefined,
): Promise<Parting> {
  if (uids.length === 0) return leave(wire, left)
  const sets = setsOf(uids)
  const replies = sets.map((set, nth) =>
    wire.exchange({ line: `UID STORE ${set} +FLAGS.SILENT (\\Deleted)`, ...(nth === sets.length - 1 ? { sent: marked } : {}) }),
  )
  if (can.includes('UIDPLUS')) replies.push(...sets.map((set) => wire.exchange({ line: `UID EXPUNGE ${set}` })))
  else if (await isOursAlone(wire, new Set(uids))) replies.push(wire.exchange({ line: 'EXPUNGE' }))
  else replies.push(Promise.resolve({ kind: 'refused', code: '', text: 'Others have letters marked for deletion, too' }))
  void wire.exchange({ line: 'LOGOUT', ...(left ? { sent: left } : {}) })
  const kinds = (await Promise.all(replies)).map(({ kind }) => kind)
  if (kinds.includes('lost')) return 'unknown'
  return kinds.includes('refused') ? 'refused' : 'committed'
}

/** Nothing depends on the answer, so that none is waited for. */
async function leave(wire: ImapWire, left: (() => void) | undefined): Promise<Parting> {
  const gone = new Promise<Parting>((resolve) => {
    const sent = () => {
      left?.()
      resolve('committed')
    }
    void wire.exchange({ line: 'LOGOUT', sent }).then((reply: Reply) => resolve(reply.kind === 'lost' ? 'unknown' : 'committed'))
  })
  return gone
}

async function isOursAlone(wire: ImapWire, ours: ReadonlySet<number>): Promise<boolean> {
  let found: readonly number[] | undefined
  const data = (text: string, tag: string): boolean => {
    const uids = foundBy(text, tag, mostMarked)
    found = uids ?? found
    return uids !== undefined
  }
  const reply = await wire.exchange({ line: 'UID SEARCH DELETED', data })
  return reply.kind === 'done' && found !== undefined && found.every((uid) => ours.has(uid))
}

const mostMarked = 60_000
