/**
 * One telephone call: from the moment the line is up, sending and collecting run at the same time (a modem is full duplex);
 * new letters leave at once, boxes are polled every `pollEvery`. It says when there is work and when there is none, so that whoever
 * plans can end the call within the second. When the line goes, both stop within a second and keep what is safe. While the
 * line is down nothing here runs, so nothing towards the ISP can touch the network.
 */
import type { Clock } from '../clock.ts'
import type { Line, LinkState } from '../link/line.ts'
import type { Log } from '../log/events.ts'
import { type Bell, bell } from './bell.ts'

export type CallOptions = {
  readonly line: Line
  readonly clock: Clock
  readonly log: Log
  /** Sends all that is due by way of this ISP; resolves when nothing more is, or on abort. */
  readonly send: (isp: string, signal: AbortSignal) => Promise<void>
  /** Elapsed time at which a letter that waits becomes due again, if one does. */
  readonly nextDue: () => number | undefined
  /** Empties these boxes, or all that are collected on this ISP's line. */
  readonly collect: (isp: string, names: readonly string[] | undefined, signal: AbortSignal) => Promise<void>
  /** Asks what time it is; resolves with the elapsed time at which to ask again. The line is kept for it as long as that is wanted. */
  readonly askTime?: (signal: AbortSignal) => Promise<number>
  readonly timeWanted?: () => boolean
  /** Milliseconds. */
  readonly pollEvery: number
  /** Told first on up and last on down: the queue's line time. */
  readonly lineUp: (up: boolean) => void
  /** Told of every state of the line, in order; of the end of a call only when the work in it has ended, too. */
  readonly seen: (state: LinkState) => void
  /** Told whenever there is something to do in this call, and whenever there is nothing left. */
  readonly working: (busy: boolean) => void
}

export interface Call {
  /** A letter for the ISP has become due. */
  mailWaits(): void
  /** Collect now, these boxes or all; a sentence says why not. */
  poll(name?: string): string | undefined
  /** Elapsed time of the next planned poll, while the line is up. */
  nextPoll(): number | undefined
  /** Ends the call in progress and watches the line no more. */
  close(): Promise<void>
}

/** How long work may take to stop once the line is gone, and how long it rests after it broke (milliseconds). */
const grace = 1000
const restAfterFault = 30_000

export function openCall(options: CallOptions): Call {
  const { line, clock, log, lineUp, askTime = async () => Number.POSITIVE_INFINITY, timeWanted = () => false } = options
  const out = bell(clock)
  const poll = bell(clock)
  const hour = bell(clock)
  const asked = new Set<string>()
  let planned: number | undefined
  let current: { end: AbortController; done: Promise<unknown> } | undefined

  const begin = ({ isp }: LinkState & { kind: 'up' }): void => {
    const end = new AbortController()
    const busy = workOf(['send', 'collect', ...(timeWanted() ? ['time' as const] : [])], options.working)
    lineUp(true)
    options.working(true)
    current = { end, done: Promise.all([sending(isp, busy, end.signal), collecting(isp, busy, end.signal), asking(busy, end.signal)]) }
  }
  const finish = async (reason: string): Promise<void> => {
    if (!current) return
    const { end, done } = current
    current = undefined
    const from = clock.elapsed()
    end.abort(new Error(reason))
    lineUp(false)
    await done
    const late = clock.elapsed() - from
    if (late > grace) log.warn('call-late', `the call took ${Math.round(late)} ms to stop after the line went down`)
  }

  const sending = (isp: string, busy: Work, signal: AbortSignal): Promise<void> =>
    whileUp('send', out, busy, signal, async () => {
      await options.send(isp, signal)
      return options.nextDue() ?? Number.POSITIVE_INFINITY
    })
  const collecting = (isp: string, busy: Work, signal: AbortSignal): Promise<void> =>
    whileUp('collect', poll, busy, signal, async () => {
      const names = asked.size > 0 && planned !== undefined && clock.elapsed() < planned ? [...asked] : undefined
      asked.clear()
      if (names === undefined || names.includes(everyBox)) planned = clock.elapsed() + options.pollEvery
      await options.collect(isp, names?.includes(everyBox) ? undefined : names, signal)
      return planned ?? 0
    }).finally(() => {
      planned = undefined
    })

  const asking = (busy: Work, signal: AbortSignal): Promise<void> => {
    const whileWanted: Work = (part, begins) => (begins && !timeWanted() ? undefined : busy(part, begins))
    return whileUp('time', hour, whileWanted, signal, () => askTime(signal))
  }

  /** Works, then waits for the bell or the time that the work gave; a fault in it rests and goes on, for mail must not stop. */
  const whileUp = async (name: Part, wake: Bell, busy: Work, signal: AbortSignal, work: () => Promise<number>): Promise<void> => {
    while (!signal.aborted) {
      let next = clock.elapsed() + restAfterFault
      busy(name, true)
      try {
        next = await work()
      } catch (fault) {
        log.error(
          `${name}-fault`,
          `${name} stopped: ${fault instanceof Error ? fault.message : String(fault)}; goes on in ${restAfterFault / 1000} s`,
        )
      }
      if (!signal.aborted) busy(name, false)
      await wake.heard(next, signal)
    }
  }

  let last: Promise<void> = Promise.resolve()
  const follow = (state: LinkState): void => {
    // In order, one after another: a new call begins only when the former one has let go of its letters.
    last = last.then(async () => {
      if (state.kind !== 'up') await finish(state.reason)
      options.seen(state)
      if (state.kind === 'up') begin(state)
    })
    if (state.kind !== 'up') current?.end.abort(new Error(state.reason))
  }
  const unwatch = line.watch(follow)
  follow(line.state())
  return {
    mailWaits: () => out.ring(),
    poll(name) {
      const { kind } = line.state()
      if (kind !== 'up') return `the line is ${kind}: the boxes are polled as soon as it is up`
      asked.add(name ?? everyBox)
      poll.ring()
      return undefined
    },
    nextPoll: () => planned,
    async close() {
      unwatch()
      follow({ kind: 'down', since: clock.elapsed(), reason: 'dialpost ends' })
      await last
    },
  }
}

type Part = 'send' | 'collect' | 'time'
type Work = (part: Part, busy: boolean) => void

/** From what each part says, whether there is work at all; told when that changes. All of them have some at first. */
function workOf(parts: readonly Part[], tell: (busy: boolean) => void): Work {
  const busy = new Set<Part>(parts)
  return (part, begins) => {
    const before = busy.size > 0
    if (begins) busy.add(part)
    else busy.delete(part)
    if (busy.size > 0 !== before) tell(busy.size > 0)
  }
}

/** In `asked`, where no box can be called so. */
const everyBox = ''
