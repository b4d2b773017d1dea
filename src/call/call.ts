/**
 * One telephone call: from the moment the line is up, sending and collecting run at the same time (a modem is full duplex);
 * new letters leave at once, boxes are polled every `pollEvery`. When the line goes, both stop within a second and keep
 * what is safe. While the line is down nothing here runs, so nothing towards the ISP can touch the network.
 */
import type { Clock } from '../clock.ts'
import type { Line, LinkState } from '../link/line.ts'
import type { Log } from '../log/events.ts'
import { type Bell, bell } from './bell.ts'
import type { Meter } from './meter.ts'

export type CallOptions = {
  readonly line: Line
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
  /** Sends all that is due to the ISP; resolves when nothing more is, or on abort. */
  readonly send: (signal: AbortSignal) => Promise<void>
  /** Elapsed time at which a letter that waits becomes due again, if one does. */
  readonly nextDue: () => number | undefined
  /** Empties these boxes at the ISP, or all. */
  readonly collect: (names: readonly string[] | undefined, signal: AbortSignal) => Promise<void>
  /** Milliseconds. */
  readonly pollEvery: number
  /** Told first on up and last on down: the queue's line time. */
  readonly lineUp: (up: boolean) => void
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
  const { line, clock, log, meter, lineUp } = options
  const out = bell(clock)
  const poll = bell(clock)
  const asked = new Set<string>()
  let planned: number | undefined
  let current: { end: AbortController; done: Promise<unknown> } | undefined

  const begin = (state: LinkState & { kind: 'up' }): void => {
    const end = new AbortController()
    lineUp(true)
    meter.begin(state.reason)
    log.notice('line-up', `line up${state.link.interface === '' ? '' : ` on ${state.link.interface}`}: ${state.reason}`)
    current = { end, done: Promise.all([sending(end.signal), collecting(end.signal)]) }
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
    const record = meter.current()
    meter.end(reason)
    if (record)
      log.notice('line-down', `line down after ${record.seconds} s: ${reason}; ${record.out.letters} letters out, ${record.in.letters} in`)
  }

  const sending = (signal: AbortSignal): Promise<void> =>
    whileUp('send', out, signal, async () => {
      await options.send(signal)
      return options.nextDue() ?? Number.POSITIVE_INFINITY
    })
  const collecting = (signal: AbortSignal): Promise<void> =>
    whileUp('collect', poll, signal, async () => {
      const names = asked.size > 0 && planned !== undefined && clock.elapsed() < planned ? [...asked] : undefined
      asked.clear()
      if (names === undefined || names.includes(everyBox)) planned = clock.elapsed() + options.pollEvery
      await options.collect(names?.includes(everyBox) ? undefined : names, signal)
      return planned ?? 0
    }).finally(() => {
      planned = undefined
    })

  /** Works, then waits for the bell or the time that the work gave; a fault in it rests and goes on, for mail must not stop. */
  const whileUp = async (name: string, wake: Bell, signal: AbortSignal, work: () => Promise<number>): Promise<void> => {
    while (!signal.aborted) {
      let next = clock.elapsed() + restAfterFault
      try {
        next = await work()
      } catch (fault) {
        log.error(
          `${name}-fault`,
          `${name} stopped: ${fault instanceof Error ? fault.message : String(fault)}; goes on in ${restAfterFault / 1000} s`,
        )
      }
      await wake.heard(next, signal)
    }
  }

  let last: Promise<void> = Promise.resolve()
  const follow = (state: LinkState): void => {
    // In order, one after another: a new call begins only when the former one has let go of its letters.
    last = last.then(() => (state.kind === 'up' ? begin(state) : finish(state.reason)))
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

/** In `asked`, where no box can be called so. */
const everyBox = ''
