/**
 * Empties one account's box in the one order that survives a crash anywhere: RETR into the queue, COMMIT on the disk, DELE, QUIT, and
 * only then the ledger forgets. It promises that every letter arrives once: one whose commit was not reached is still at the ISP,
 * one whose deletion was not confirmed is known when it is seen again. What happens to a letter afterwards it does not know.
 */
import { carry } from './carrying.ts'
import { step, type Wish } from './ledger.ts'
import type { Parting, Settled } from './maildrop.ts'
import { arrivalsAfter } from './rationing.ts'
import { grace, sessionOf, stop, type Account, type DrainParts, type Report, type Session } from './session.ts'
import { settledIn, wanting } from './wanting.ts'

export async function drain(account: Account, parts: DrainParts, wishes: ReadonlyMap<string, Wish>, signal: AbortSignal): Promise<Report> {
  const began = parts.clock.elapsed()
  const { maildrop, ledger, wasCut, settled } = parts
  const multidrop = account.drop.kind === 'multi'
  const told = ledger.entries(account.name).size > 0
  const wants = wanting(account, { multidrop, wasCut, told, wished: wishes.size > 0, settled, rationed: parts.room?.(0) !== undefined })
  const opened = await maildrop(signal, wants)
  if (opened.kind === 'failed') {
    const outcome = signal.aborted ? 'stopped' : 'failed'
    return { ...nothing, account: account.name, outcome, failure: opened.failure, elapsed: parts.clock.elapsed() - began }
  }
  const session = sessionOf(account, opened.box, parts, wishes)
  parts.windows.add(session.window)
  const onAbort = () => stop(session, { outcome: 'stopped', text: 'We were stopped' }, grace.stopped)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    await carry(session)
    const parting = await part(session)
    const arrivals = parts.room && arrivalsAfter(parts.arrivals, parts.running(began), session.putOff)
    return { ...reportOf(session, parting), elapsed: parts.clock.elapsed() - began, arrivals }
  } finally {
    signal.removeEventListener('abort', onAbort)
    parts.windows.delete(session.window)
    session.over.abort()
    session.box.abort('The session is over')
  }
}

/** QUIT, and what its answer makes of the ledger. */
async function part(session: Session): Promise<Parting> {
  const { box, account, parts, removed } = session
  const { log, ledger } = parts
  const parting = await box.quit(() => log.instant('quit-sent', { account: account.name }))
  await Promise.all(session.deletions)
  session.over.abort()
  if (parting !== 'unknown') log.instant('quit-answered', { account: account.name, parting })
  const { effect } = step('removed', { kind: 'ended', deletions: parting }, session.policy)
  if (removed.size > 0 && effect === 'forget') ledger.forget(account.name, [...removed])
  if (removed.size > 0 && effect === 'mark-removed') await ledger.mark(account.name, [...removed], 'removed')
  return parting
}

const nothing = { listed: 0, collected: 0, noted: 0, doubles: 0, deleted: 0, left: 0, traffic: { received: 0, sent: 0 }, fulfilled: [] }

function reportOf(session: Session, parting: Parting): Omit<Report, 'elapsed'> {
  const { box, account, stopped, kept, noted, doubles, removed, missing, putOff, wishes } = session
  const deleted = parting === 'committed' ? removed.size : 0
  const listed = box.letters.length + (box.unlisted ?? 0)
  return {
    account: account.name,
    outcome: stopped?.outcome ?? 'done',
    ...(stopped?.kind === undefined ? {} : { failure: { kind: stopped.kind, text: stopped.text } }),
    listed,
    collected: kept.size,
    noted: noted.size,
    doubles: doubles.size,
    deleted,
    left: listed - deleted,
    ...(putOff.length === 0 ? {} : { putOff: leftBehind(putOff.map(({ size }) => size)) }),
    settled: parting === 'committed' && !stopped ? settledAfter(session) : undefined,
    traffic: box.traffic(),
    fulfilled: [...wishes.keys()].filter((key) => kept.has(key) || removed.has(key) || missing.has(key)),
  }
}

function leftBehind(sizes: readonly number[]): NonNullable<Report['putOff']> {
  return { letters: sizes.length, octets: sizes.reduce((sum, size) => sum + size, 0), largest: Math.max(...sizes) }
}

/** Letters that stayed there on purpose and are known by their ids. */
function settledAfter({ box, parts, policy, kept, noted, doubles, removed, resting }: Session): Settled | undefined {
  const stays = (uidl: string) => resting.has(uidl) || noted.has(uidl) || (policy.keep && (kept.has(uidl) || doubles.has(uidl)))
  const left = box.letters.filter(({ uidl }) => uidl === undefined || !removed.has(uidl))
  return settledIn(
    left.map(({ uidl }) => ({ uidl, settled: uidl !== undefined && stays(uidl) })),
    box.unlisted === undefined ? undefined : parts.settled,
  )
}
