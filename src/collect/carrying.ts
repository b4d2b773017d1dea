/**
 * All that one session has to do with a box, in the order of `plan`, as much ahead as the window allows. A long session is not ended
 * early to make its deletions final: what a cut makes the server forget costs some fifty octets a letter to say again (its id, DELE
 * and the answer), a new session costs four round trips and the ids of all letters that are left, each time.
 */
import { parseHeader } from '../mail/header.ts'
import { remove, tellOf } from './fetching.ts'
import { suspects } from './copies.ts'
import { headerKey, isHeaderKey } from './identity.ts'
import { costOf, inOrder, plan, type Job } from './ledger.ts'
import { lineEnds } from './line-ends.ts'
import type { Maildrop } from './maildrop.ts'
import { retrieveOnce } from './sparing.ts'
import { inTurn, isRoomFor, putOff } from './putting-off.ts'
import { stopFor, tellProgress, type Identified, type Session } from './session.ts'
import { worthOrdering } from './wanting.ts'

export async function carry(session: Session): Promise<void> {
  const { account, box, parts, rows, wishes, policy, window } = session
  const letters = await identified(session)
  const { jobs, absent } = plan(letters, rows, wishes, policy)
  const busy = new Set(jobs.map(({ letter }) => letter.number))
  for (const { number, uidl } of letters) if (uidl !== undefined && !busy.has(number)) session.resting.add(uidl)
  if (absent.length > 0 && box.unlisted === undefined) parts.ledger.forget(account.name, absent)
  if (box.unlisted === undefined) parts.halves.retain(account.name, new Set(letters.map(({ key }) => key)))
  for (const key of wishes.keys()) if (!letters.some((letter) => letter.key === key)) session.missing.add(key)
  session.total.letters = jobs.length
  session.total.octets = jobs.reduce((sum, { letter, effect }) => sum + (effect === 'retrieve' ? letter.size : 0), 0)
  tellProgress(session)
  const broken = (cause: unknown) =>
    stopFor({ kind: 'stop', reason: 'broken', text: cause instanceof Error ? cause.message : String(cause) }, session)
  const copies = mayBeCopies(jobs, session)
  const later = new Set([...copies.values()].flat())
  const todo = inTurn(
    jobs.filter((job) => !later.has(job)),
    session,
  )
  const running: Promise<void>[] = []
  let passed: Job<Identified>[] = []
  let ordered = !worthOrdering(box)
  while (todo.length > 0) {
    await window.room()
    const job = session.stopped ? undefined : todo.shift()
    if (!job) break
    if (!ordered && !job.letter.coming) {
      ordered = true
      running.push(order(todo, box).catch(broken))
    }
    if (isRoomFor(job, session)) running.push(run([job, ...(copies.get(job) ?? [])], session).catch(broken))
    else passed.push(job)
    if (todo.length > 0) continue
    await Promise.all(running)
    // There may be more room than when they were passed by.
    if (session.stopped || !passed.some((other) => isRoomFor(other, session))) break
    todo.push(...passed)
    passed = []
  }
  await Promise.all(running)
  putOff(
    passed.flatMap((job) => [job, ...(copies.get(job) ?? [])]),
    session,
  )
}

/** By the first of each group, the others. What somebody asked for by its id comes by itself. */
function mayBeCopies(
  jobs: readonly Job<Identified>[],
  { account, wishes }: Session,
): ReadonlyMap<Job<Identified>, readonly Job<Identified>[]> {
  if (account.drop.kind !== 'multi') return new Map()
  const plain = jobs.filter(({ effect, letter: { key } }) => effect === 'retrieve' && !(key !== undefined && wishes.has(key)))
  const byNumber = new Map(plain.map((job) => [job.letter.number, job]))
  const groups = suspects(plain.map(({ letter }) => letter)).map((group) => group.flatMap(({ number }) => byNumber.get(number) ?? []))
  return new Map(groups.flatMap(([first, ...others]) => (first ? [[first, others] as const] : [])))
}

/** Puts what is still to do in order when the sizes have come; what is done meanwhile is done in the server's order. */
async function order(todo: Job<Identified>[], box: Maildrop): Promise<void> {
  const sizes = await box.sizes?.()
  if (sizes) todo.splice(0, todo.length, ...inOrder(todo, sizes))
}

/** Letters without an id are looked at only if one of them may be ours already: else all are new. A size that is not known is the average. */
async function identified({ box, rows }: Session): Promise<readonly Identified[]> {
  const look = [...rows.keys()].some(isHeaderKey)
  const average = Math.ceil((box.octets ?? 0) / Math.max(1, box.letters.length))
  return Promise.all(
    box.letters.map(async (listed) => {
      const letter = { ...listed, size: listed.size || average }
      if (letter.uidl !== undefined || !look) return { ...letter, key: letter.uidl }
      const { header } = await box.top(letter.number)
      return { ...letter, key: header === undefined ? undefined : headerKey(parseHeader(lineEnds().push(header))) }
    }),
  )
}

/** The first of these jobs is to be done; the others are for letters that may be copies of its. */
async function run([job, ...copies]: readonly [Job<Identified>, ...Job<Identified>[]], session: Session): Promise<void> {
  const { letter, effect } = job
  const { window, done, wishes, parts, account } = session
  const order = window.ask(costOf(job))
  if (effect === 'delete' && letter.key !== undefined) {
    order.came()
    if (wishes.get(letter.key) === 'drop')
      parts.log.notice('collect-dropped', `${account.name}: ${letter.key} is deleted at ${account.host} as asked`, {
        account: account.name,
        uidl: letter.key,
      })
    remove(letter, letter.key, session)
  } else if (effect === 'note') {
    await tellOf(letter, session, order)
  } else {
    await retrieveOnce([job, ...copies], session, order)
  }
  order.settled()
  done.letters += 1
  tellProgress(session)
}
