/**
 * Paying once for a letter that lies in a multidrop box several times: the headers of those that may be copies (copies.ts) come by TOP,
 * ahead of the first letter and in the same burst. The first is kept for everybody who is named in any of those that are it, in one
 * commit; then they are doubles, marked and deleted without having come. Whatever turns out otherwise is fetched like any letter.
 */
import { hopsOf } from '../mail/described.ts'
import { parseHeader, type Header } from '../mail/header.ts'
import { mostHops } from './arrival.ts'
import { twinMark } from './copies.ts'
import { remove, retrieve } from './fetching.ts'
import { headerKey } from './identity.ts'
import { step, type Job } from './ledger.ts'
import { lineEnds } from './line-ends.ts'
import { whoseIs, type Whose } from './recipients.ts'
import { isRoomFor, putOff } from './putting-off.ts'
import { tellProgress, type Identified, type Session } from './session.ts'
import type { Order } from './window.ts'

type Looked = { readonly job: Job<Identified> /** Undefined: it comes by itself. */; readonly twin?: Twin | undefined }
type Twin = { readonly key: string; readonly mark: string; readonly whose: Whose }

/** The first of them and all that are it; the others by themselves. */
export async function retrieveOnce(jobs: readonly Job<Identified>[], session: Session, order: Order): Promise<void> {
  const [first, ...others] = jobs
  if (first)
    await retrieveFirst(
      first,
      others.map((job) => look(job, session)),
      session,
      order,
    )
}

async function retrieveFirst(first: Job<Identified>, looking: readonly Promise<Looked>[], session: Session, order: Order): Promise<void> {
  let twins: readonly Looked[] = []
  const fate = await retrieve(first, session, order, async (header, octets) => {
    const mark = markOf(header, octets, first.letter, session)
    twins = (await Promise.all(looking)).filter(({ twin }) => mark !== undefined && twin?.mark === mark)
    return twins.flatMap(({ twin }) => (twin ? [twin.whose] : []))
  })
  const spared = fate === 'kept' || fate === 'served' ? twins : []
  await spare(spared, session)
  const rest = (await Promise.all(looking)).filter((looked) => !spared.includes(looked))
  await Promise.all(alike(rest).map((group) => retrieveLooked(group, session)))
}

/** Those that were looked at already; with the line gone, or no room, they stay. */
async function retrieveLooked([first, ...others]: readonly Looked[], session: Session): Promise<void> {
  if (!first || session.stopped) return
  if (!isRoomFor(first.job, session))
    return putOff(
      [first, ...others].map(({ job }) => job),
      session,
    )
  const order = session.window.ask(first.job.letter.size)
  await retrieveFirst(
    first.job,
    others.map((looked) => Promise.resolve(looked)),
    session,
    order,
  )
  order.settled()
  session.done.letters += 1
  tellProgress(session)
}

function alike(letters: readonly Looked[]): readonly (readonly Looked[])[] {
  return [...Map.groupBy(letters, ({ job, twin }) => twin?.mark ?? job).values()]
}

async function look(job: Job<Identified>, session: Session): Promise<Looked> {
  const { header: raw } = await session.box.top(job.letter.number)
  if (raw === undefined) return { job }
  const octets = lineEnds().push(raw)
  const header = parseHeader(octets)
  const mark = markOf(header, octets.length, job.letter, session)
  if (mark === undefined || hopsOf(header) > mostHops) return { job }
  const { senderOf, drop, router } = session.reception
  const whose = await whoseIs(header, senderOf(header), drop, router)
  return whose.kind === 'deferred' ? { job } : { job, twin: { key: job.letter.key ?? headerKey(header), mark, whose } }
}

function markOf(header: Header, octets: number, { size }: Identified, { reception }: Session): string | undefined {
  if (reception.fingerprint(header) === undefined) return undefined
  return twinMark(header, octets, size, reception.drop.kind === 'multi' ? reception.drop.envelopeHeader : undefined)
}

/** From the first one's commit on they are doubles. */
async function spare(letters: readonly Looked[], session: Session): Promise<void> {
  const { account, parts, policy, doubles, total, done } = session
  const keys = letters.flatMap(({ twin }) => (twin ? [twin.key] : []))
  if (keys.length === 0) return
  await parts.ledger.mark(account.name, keys, 'kept')
  for (const { job, twin } of letters) {
    if (!twin) continue
    doubles.add(twin.key)
    total.octets -= job.letter.size
    done.letters += 1
    const { effect } = step(job.state, { kind: 'committed', as: 'kept' }, policy)
    if (effect === 'delete') remove(job.letter, twin.key, session)
  }
  tellProgress(session)
}
