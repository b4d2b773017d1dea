/** Letters of one session that its call has no room for: each is weighed when its turn comes, against what all boxes have asked for together. */
import type { Room } from '../mail/room.ts'
import type { Job } from './ledger.ts'
import { mayBegin, pressingFirst } from './rationing.ts'
import { type Identified, type Session, tellProgress } from './session.ts'

export function isRoomFor(job: Job<Identified>, session: Session): boolean {
  const room = roomNow(session)
  return !room || job.letter.coming === true || mayBegin(job, room, session.parts.arrivals, session.wishes)
}

/** What must go first. */
export function inTurn(jobs: readonly Job<Identified>[], session: Session): Job<Identified>[] {
  const room = roomNow(session)
  return [...(room ? pressingFirst(jobs, room, session.parts.arrivals) : jobs)]
}

/** They stay where they are, and nobody is told but whoever plans the next call. */
export function putOff(jobs: readonly Job<Identified>[], session: Session): void {
  if (jobs.length === 0) return
  session.putOff.push(...jobs.map(({ letter }) => letter))
  session.total.letters -= jobs.length
  session.total.octets -= jobs.reduce((sum, { letter, effect }) => sum + (effect === 'retrieve' ? letter.size : 0), 0)
  tellProgress(session)
}

/** `mustBefore` in running time. */
function roomNow({ parts: { room, windows, running } }: Session): Room | undefined {
  const now = room?.(windows.values().reduce((sum, window) => sum + window.toCome(), 0))
  return now && { ...now, mustBefore: running(now.mustBefore) }
}
