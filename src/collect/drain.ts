/**
 * Empties one account's box in the one order that survives a crash anywhere: RETR into the queue, COMMIT on the disk, DELE, QUIT, and
 * only then the ledger forgets. It promises that every letter arrives once: one whose commit was not reached is still at the ISP,
 * one whose deletion was not confirmed is known when it is seen again. What happens to a letter afterwards it does not know.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import { parseHeader } from '../mail/header.ts'
import type { Ledger, LedgerEntry } from '../queue/ledger.ts'
import { arrival, type Fate, type Reception } from './arrival.ts'
import { headerKey, isHeaderKey } from './identity.ts'
import { costOf, inOrder, plan, step, type Job, type Policy, type Wish } from './ledger.ts'
import { lineEnds } from './line-ends.ts'
import type { FailureKind, Listed, Maildrop, OpenMaildrop, Parting } from './maildrop.ts'
import { note, type Notes } from './noting.ts'
import type { Drop } from './recipients.ts'
import { wanting, worthOrdering } from './wanting.ts'
import { orderWindow, type Order, type Window } from './window.ts'

export type Account = {
  readonly name: string
  readonly host: string
  /** False: what is safe here is deleted there. */
  readonly keep: boolean
  /** Octets; undefined: any. */
  readonly maxMessage: number | undefined
  readonly drop: Drop
}

export type DrainParts = Omit<Reception, 'account' | 'drop' | 'served' | 'isKnown' | 'server' | 'protocol'> & {
  readonly maildrop: OpenMaildrop
  /** Whether the box's last session was cut. */
  readonly wasCut: boolean
  readonly ledger: Ledger
  /** headers.ts's, for notes. */
  readonly readable: Notes['readable']
  /** Octets a second that the line has been seen to carry. */
  readonly rate: () => number
  readonly progress: (progress: Progress) => void
  readonly clock: Clock
  readonly log: Log
}

/** Of one account in one session; octets as the server's list counts them. */
export type Progress = { readonly account: string; readonly letters: Part; readonly octets: Part }

export type Part = { readonly done: number; readonly total: number }

export type Report = {
  readonly account: string
  /** stopped: we were asked to · failed: see `failure`. */
  readonly outcome: 'done' | 'stopped' | 'failed'
  readonly failure?: { readonly kind: FailureKind | 'full' | 'broken'; readonly text: string }
  /** Letters: in the box at first, kept, told of by a note, found to be doubles, deleted there, and still there. */
  readonly listed: number
  readonly collected: number
  readonly noted: number
  readonly doubles: number
  readonly deleted: number
  readonly left: number
  readonly traffic: { readonly received: number; readonly sent: number }
  /** Milliseconds. */
  readonly elapsed: number
  /** Wishes that need not be told again. */
  readonly fulfilled: readonly string[]
}

export async function drain(account: Account, parts: DrainParts, wishes: ReadonlyMap<string, Wish>, signal: AbortSignal): Promise<Report> {
  const began = parts.clock.elapsed()
  const { maildrop, ledger, wasCut } = parts
  const multidrop = account.drop.kind === 'multi'
  const wants = wanting(account, { multidrop, wasCut, told: ledger.entries(account.name).size + wishes.size > 0 })
  const opened = await maildrop(signal, wants)
  if (opened.kind === 'failed') {
    const outcome = signal.aborted ? 'stopped' : 'failed'
    return { ...nothing, account: account.name, outcome, failure: opened.failure, elapsed: parts.clock.elapsed() - began }
  }
  const session = sessionOf(account, opened.box, parts, wishes)
  const onAbort = () => stop(session, { outcome: 'stopped', text: 'We were stopped' }, grace.stopped)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    await carry(session)
    const parting = await part(session)
    return { ...reportOf(session, parting), elapsed: parts.clock.elapsed() - began }
  } finally {
    signal.removeEventListener('abort', onAbort)
    session.over.abort()
    session.box.abort('The session is over')
  }
}

/** Milliseconds that the session may still take to finish what has begun. */
const grace = { stopped: 800, full: 5000 }

type Stop = { readonly outcome: 'stopped' | 'failed'; readonly kind?: FailureKind | 'full' | 'broken'; readonly text: string }

type Session = {
  readonly account: Account
  readonly box: Maildrop
  readonly parts: DrainParts
  readonly wishes: ReadonlyMap<string, Wish>
  readonly policy: Policy
  readonly rows: ReadonlyMap<string, LedgerEntry>
  readonly reception: Reception
  readonly window: Window
  /** Ends the grace. */
  readonly over: AbortController
  /** Keys of this session, by what became of them. */
  readonly kept: Set<string>
  readonly noted: Set<string>
  readonly doubles: Set<string>
  readonly removed: Set<string>
  readonly missing: Set<string>
  /** One for each DELE, resolved when it is answered. */
  readonly deletions: Promise<void>[]
  stopped: Stop | undefined
  readonly done: { letters: number; octets: number }
}

function sessionOf(account: Account, box: Maildrop, parts: DrainParts, wishes: ReadonlyMap<string, Wish>): Session {
  const rows = parts.ledger.entries(account.name)
  const kept = new Set<string>()
  const isKnown = (key: string) => kept.has(key) || rows.get(key)?.state === 'kept' || rows.get(key)?.state === 'removed'
  const served = (fingerprint: string) => parts.ledger.served(fingerprint)
  return {
    account,
    box,
    parts,
    wishes,
    policy: account,
    rows,
    reception: { ...parts, account: account.name, drop: account.drop, served, isKnown, server: box.server, protocol: box.protocol },
    window: orderWindow(),
    over: new AbortController(),
    kept,
    noted: new Set(),
    doubles: new Set(),
    removed: new Set(),
    missing: new Set(),
    deletions: [],
    stopped: undefined,
    done: { letters: 0, octets: 0 },
  }
}

/** Nothing new is begun; what has begun has `patience` milliseconds, and then the session is cut. */
function stop(session: Session, why: Stop, patience: number): void {
  if (session.stopped) return
  session.stopped = why
  session.window.open()
  const { clock } = session.parts
  void clock.sleep(clock.elapsed() + patience, session.over.signal).then(() => session.box.abort(why.text))
}

async function carry(session: Session): Promise<void> {
  const { account, box, parts, rows, wishes, policy, window } = session
  const letters = await identified(session)
  const { jobs, absent } = plan(letters, rows, wishes, policy)
  if (absent.length > 0) parts.ledger.forget(account.name, absent)
  for (const key of wishes.keys()) if (!letters.some((letter) => letter.key === key)) session.missing.add(key)
  const total = {
    letters: jobs.length,
    octets: jobs.reduce((sum, { letter, effect }) => sum + (effect === 'retrieve' ? letter.size : 0), 0),
  }
  const told = () => tellProgress(session, total)
  told()
  const broken = (cause: unknown) =>
    stopFor({ kind: 'stop', reason: 'broken', text: cause instanceof Error ? cause.message : String(cause) }, session)
  const todo = [...jobs]
  const running: Promise<void>[] = []
  let ordered = !worthOrdering(box)
  while (todo.length > 0) {
    await window.room()
    const job = session.stopped ? undefined : todo.shift()
    if (!job) break
    if (!ordered && !job.letter.coming) {
      ordered = true
      running.push(order(todo, box).catch(broken))
    }
    running.push(run(job, session, told).catch(broken))
  }
  await Promise.all(running)
}

/** Puts what is still to do in order when the sizes have come; what is done meanwhile is done in the server's order. */
async function order(todo: Job<Identified>[], box: Maildrop): Promise<void> {
  const sizes = await box.sizes?.()
  if (sizes) todo.splice(0, todo.length, ...inOrder(todo, sizes))
}

function tellProgress({ account, parts, done }: Session, total: { readonly letters: number; readonly octets: number }): void {
  parts.progress({
    account: account.name,
    letters: { done: done.letters, total: total.letters },
    octets: { done: Math.min(done.octets, total.octets), total: total.octets },
  })
}

type Identified = Listed & { readonly key: string | undefined }

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

async function run(job: Job<Identified>, session: Session, told: () => void): Promise<void> {
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
    await retrieve(job, session, told, order)
  }
  order.settled()
  done.letters += 1
  told()
}

async function retrieve({ letter, state }: Job<Identified>, session: Session, told: () => void, order: Order): Promise<void> {
  const { box, done, account, policy } = session
  const coming = arrival(letter.key, session.reception)
  void coming.fate.then((fate) => fate.kind === 'stop' && stopFor(fate, session))
  const answer = await box.retrieve(letter.number, (octets) => {
    done.octets += octets.length
    order.got(octets.length)
    told()
    return coming.take(octets)
  })
  order.came()
  if (answer.kind === 'done') await coming.finish()
  else coming.abandon(answer.text)
  if (answer.kind === 'lost') stop(session, { outcome: 'failed', kind: 'lost', text: answer.text }, 0)
  const fate = await coming.fate
  if (fate.kind === 'left' && answer.kind !== 'lost') leave(letter, fate.text, session)
  if (fate.kind === 'left' || fate.kind === 'stop') return
  if (fate.kind === 'served') await session.parts.ledger.mark(account.name, [fate.key], 'kept')
  if (fate.kind === 'kept') session.kept.add(fate.key)
  else session.doubles.add(fate.key)
  const { effect } = step(state, { kind: 'committed', as: 'kept' }, policy)
  if (effect === 'delete') remove(letter, fate.key, session)
}

async function tellOf(letter: Identified, session: Session, order: Order): Promise<void> {
  const { account, parts, box } = session
  const { readable, rate } = parts
  const noted = await note(box, letter, session.reception, { readable, rate, host: account.host, limit: account.maxMessage ?? 0 })
  order.came()
  if (noted.kind === 'noted') session.noted.add(noted.key)
  if (noted.kind === 'left') leave(letter, noted.text, session)
  if (noted.kind === 'stop') stopFor(noted, session)
  if (noted.kind === 'lost') stop(session, { outcome: 'failed', kind: 'lost', text: noted.text }, 0)
}

function stopFor({ reason, text }: Extract<Fate, { kind: 'stop' }>, session: Session): void {
  stop(session, { outcome: 'failed', kind: reason, text }, grace.full)
}

function leave(letter: Identified, text: string, { account, parts }: Session): void {
  const name = letter.key ?? `letter ${letter.number}`
  parts.log.notice('collect-left', `${account.name}: ${name} stays at ${account.host}: ${text}`, {
    account: account.name,
    uidl: letter.key,
  })
}

/** The answer is not waited for before QUIT is sent behind it: that is a round trip saved, and QUIT's answer comes after it anyway. */
function remove(letter: Identified, key: string, session: Session): void {
  const { box, account, parts } = session
  const answering = box.delete(letter.number, () => parts.log.instant('dele-sent', { account: account.name, uidl: key }))
  const answered = answering.then((answer) => {
    if (answer.kind === 'done') session.removed.add(key)
    else if (answer.kind === 'refused') leave(letter, `it would not be deleted: ${answer.text}`, session)
    else stop(session, { outcome: 'failed', kind: 'lost', text: answer.text }, 0)
  })
  session.deletions.push(answered)
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
  const { box, account, stopped, kept, noted, doubles, removed, missing, wishes } = session
  const deleted = parting === 'committed' ? removed.size : 0
  return {
    account: account.name,
    outcome: stopped?.outcome ?? 'done',
    ...(stopped?.kind === undefined ? {} : { failure: { kind: stopped.kind, text: stopped.text } }),
    listed: box.letters.length,
    collected: kept.size,
    noted: noted.size,
    doubles: doubles.size,
    deleted,
    left: box.letters.length - deleted,
    traffic: box.traffic(),
    fulfilled: [...wishes.keys()].filter((key) => kept.has(key) || removed.has(key) || missing.has(key)),
  }
}
