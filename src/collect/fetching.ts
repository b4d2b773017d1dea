/** One letter of a box: fetched into the queue and deleted there, or told of, or only deleted. Its COMMIT comes before its DELE, whatever happens. */
import { arrival, type AlsoFor, type Arrival, type Fate } from './arrival.ts'
import { step, type Job } from './ledger.ts'
import type { Answer, Maildrop } from './maildrop.ts'
import { note } from './noting.ts'
import { leave, stop, stopFor, tellProgress, type Identified, type Session } from './session.ts'
import type { Order } from './window.ts'

/** Says what became of it: everything that `served` and `kept` demand has been done. */
export async function retrieve(
  { letter, state }: Job<Identified>,
  session: Session,
  order: Order,
  alsoFor?: AlsoFor,
): Promise<Fate['kind']> {
  const { box, done, account, policy, parts } = session
  const half = box.resumes && letter.key !== undefined ? parts.halves.take(account.name, letter.key) : undefined
  const coming = arrival(letter.key, session.reception, { alsoFor, half })
  void coming.fate.then((fate) => fate.kind === 'stop' && stopFor(fate, session))
  const got = (octets: number): void => {
    done.octets += octets
    order.got(octets)
    tellProgress(session)
  }
  if (half) got(half.came)
  const take = (octets: Uint8Array): Promise<void> => {
    got(octets.length)
    return coming.take(octets)
  }
  const isFirst = box.renamed && box.resumes && !half
  const answer = isFirst ? await headerFirst(letter.number, box, coming, take) : await box.retrieve(letter.number, take, half?.came)
  order.came()
  if (answer.kind === 'done') await coming.finish()
  else if (answer.kind === 'lost' && box.resumes && letter.key !== undefined) await suspend(letter.key, coming, answer.text, session)
  else coming.abandon(answer.text)
  if (answer.kind === 'lost') stop(session, { outcome: 'failed', kind: 'lost', text: answer.text }, 0)
  const fate = await coming.fate
  if (fate.kind === 'left' && answer.kind !== 'lost') leave(letter, fate.text, session)
  if (fate.kind === 'left' || fate.kind === 'stop') return fate.kind
  if (fate.kind === 'served') await parts.ledger.mark(account.name, [fate.key], 'kept')
  if (fate.kind === 'kept') session.kept.add(fate.key)
  else session.doubles.add(fate.key)
  const { effect } = step(state, { kind: 'committed', as: 'kept' }, policy)
  if (effect === 'delete') remove(letter, fate.key, session)
  return fate.kind
}

/** A letter that is ours under another id costs its header alone; of any other the rest follows. */
async function headerFirst(number: number, box: Maildrop, coming: Arrival, take: (octets: Uint8Array) => Promise<void>): Promise<Answer> {
  const { header } = await box.top(number)
  if (header) await take(header)
  const fate = await Promise.race([coming.fate, Promise.resolve(undefined)])
  return fate ? { kind: 'done', text: '' } : box.retrieve(number, take, header?.length)
}

async function suspend(key: string, coming: Arrival, text: string, { account, parts }: Session): Promise<void> {
  const half = await coming.suspend(text)
  if (!half) return
  parts.halves.keep(account.name, key, half)
  parts.log.notice('collect-suspended', `${account.name}: ${key} broke off after ${half.came} octets; the next call goes on from there`, {
    account: account.name,
    uidl: key,
  })
}

export async function tellOf(letter: Identified, session: Session, order: Order): Promise<void> {
  const { account, parts, box } = session
  const { readable, rate } = parts
  const noted = await note(box, letter, session.reception, { readable, rate, host: account.host, limit: account.maxMessage ?? 0 })
  order.came()
  if (noted.kind === 'noted') session.noted.add(noted.key)
  if (noted.kind === 'left') leave(letter, noted.text, session)
  if (noted.kind === 'stop') stopFor(noted, session)
  if (noted.kind === 'lost') stop(session, { outcome: 'failed', kind: 'lost', text: noted.text }, 0)
}

/** The answer is not waited for before QUIT is sent behind it: that is a round trip saved, and QUIT's answer comes after it anyway. */
export function remove(letter: Identified, key: string, session: Session): void {
  const { box, account, parts } = session
  const answering = box.delete(letter.number, () => parts.log.instant('dele-sent', { account: account.name, uidl: key }))
  const answered = answering.then((answer) => {
    if (answer.kind === 'done') session.removed.add(key)
    else if (answer.kind === 'refused') leave(letter, `it would not be deleted: ${answer.text}`, session)
    else stop(session, { outcome: 'failed', kind: 'lost', text: answer.text }, 0)
  })
  session.deletions.push(answered)
}
