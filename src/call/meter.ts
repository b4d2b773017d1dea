/**
 * What each call did and cost: when, how long, why, by whom, letters and octets each way; and what calls came to. It follows the line's states
 * (tally.ts) and is told of mail as it moves. What it knows survives restarts and power cuts (notes.ts), and a box that did
 * not know the time when it called (sums.ts). pppd's count of seconds and octets is the bill's; ours of mail stands beside it.
 */
import type { Clock } from '../clock.ts'
import type { LinkState } from '../link/line.ts'
import { arrivals, type Carried, type Expected } from './arrivals.ts'
import { type Learned, learned, moved, rateOf, see, type Stretch } from './learned.ts'
import { callNotes, type Notebook, ring } from './notes.ts'
import { type CallRecord, type Failed, noTraffic, type Seen, sumTraffic, type Traffic } from './record.ts'
import { type Budget, type Kept, type Spent, spentOf, type Sums, sums } from './sums.ts'
import { type Begun, type Ended, follow, noCall, secondsOf } from './tally.ts'

export type { CallRecord, Traffic } from './record.ts'

export type MeterOptions = {
  readonly clock: Clock
  /** Whether the wall clock is right. */
  readonly clockKnown: () => boolean
  readonly notebook: Notebook
  /** What a call of so many seconds costs that began then (wall clock, milliseconds); absent where there is no tariff. */
  readonly cost?: (began: number, seconds: number) => number
  readonly budgets?: readonly Budget[]
}

export interface Meter {
  /** Told of every state of the line, in order. The call that has ended by this one, if one has. */
  follow(state: LinkState): CallRecord | undefined
  /** The wall clock is right from now on: calls of this run are put to when they were, others of an unknown day or one to come to the day that it is. */
  clockLearned(): void
  sent(traffic: Traffic): void
  collected(traffic: Traffic): void
  /** The call in progress, from CONNECT on, if there is one. */
  current(): CallRecord | undefined
  /** Oldest first, the one in progress last. */
  calls(): readonly CallRecord[]
  sums(): Sums
  /** Dial attempts since the latest call that came to nothing. */
  failed(): readonly Failed[]
  /** What earlier runs spent. `elapsed` is on this run's scale: the last call whose day is known is put at its start. */
  spentBefore(): readonly Spent[]
  /** What mail is likely to come, by the calls that have ended. */
  expected(): Expected
  /** Of that ISP; without a name, of the one that is called or was called last. */
  learned(isp?: string): Learned
}

type Way = 'out' | 'in'
type Known = { readonly record: CallRecord; readonly from: number | undefined; readonly until: number | undefined }
type Running = { out: Traffic; in: Traffic; readonly stretches: Partial<Record<Way, Stretch>>; readonly ended: AbortController }

/** A long call's note is renewed so often, so that a power cut hides no more than that (milliseconds). */
const noteEvery = 600_000
/** By less the clock is put right without a word; a call's own seconds do not matter for its day (milliseconds). */
const notable = 10_000
/** Mail that moves later than this was not what the call began with (milliseconds). */
const soon = 60_000

export function meter({ clock, clockKnown, notebook, cost, budgets = [] }: MeterOptions): Meter {
  const notes = callNotes(notebook)
  const seen = new Map(notes.seen)
  let past: readonly Known[] = notes.records.map((record) => ({ record, from: undefined, until: undefined }))
  let tally = noCall
  let failed: readonly Failed[] = []
  let running = idle()
  let likely: { readonly by: readonly Known[]; readonly expected: Expected } | undefined

  const wall = (): number | undefined => (clockKnown() ? clock.now() : undefined)
  const wallAt = (elapsed: number): number | undefined => (clockKnown() ? clock.now() - clock.elapsed() + elapsed : undefined)
  const priceOf = (began: number | undefined, seconds: number): number | undefined =>
    began === undefined ? undefined : cost?.(began, seconds)
  const recordOf = (call: Begun, seconds: number, ended: string): CallRecord => {
    const began = wallAt(call.at)
    return {
      number: (past.at(-1)?.record.number ?? 0) + 1,
      began,
      counted: began,
      seconds,
      cause: call.cause,
      ended,
      isp: call.isp,
      carrier: call.carrier,
      cameUp: call.up !== undefined,
      line: undefined,
      out: running.out,
      in: running.in,
      cost: priceOf(began, seconds),
      failed,
    }
  }
  const current = (): CallRecord | undefined => tally.call && recordOf(tally.call, secondsOf(tally.call, clock.elapsed()), '')
  const seenOf = (isp: string): Seen => seen.get(isp) ?? {}
  const learn = (isp: string, what: keyof Seen, value: number | undefined): void => {
    if (value !== undefined) seen.set(isp, see(seenOf(isp), what, value))
  }
  const move = (way: Way, traffic: Traffic): void => {
    if (!tally.call) return
    const { isp, at, up } = tally.call
    if (traffic.octets > 0 && up !== undefined && nothingMoved(running) && clock.elapsed() - up < soon)
      learn(isp, 'setup', (clock.elapsed() - at) / 1000)
    running[way] = sumTraffic(running[way], traffic)
    if (traffic.octets === 0) return
    const { stretch, rate } = moved(running.stretches[way], traffic.octets, clock.elapsed())
    running.stretches[way] = stretch
    learn(isp, way, rate)
  }
  const begin = (): void => {
    running = idle()
    void noteNowAndThen(running.ended.signal)
  }
  const noteNowAndThen = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(clock.elapsed() + noteEvery, signal)
      const record = current()
      if (signal.aborted || !record) return
      notes.keep(record, seenOf(record.isp))
    }
  }
  const end = ({ call, seconds, reason, usage }: Ended): CallRecord => {
    const { isp, at, dialled } = call
    running.ended.abort()
    learn(isp, 'out', rateOf(running.stretches.out))
    learn(isp, 'in', rateOf(running.stretches.in))
    learn(isp, 'dial', dialled === undefined ? undefined : dialled / 1000)
    const record: CallRecord = {
      ...recordOf(call, seconds, reason),
      line: usage && { sent: usage.sent, received: usage.received },
    }
    past = [...past, { record, from: at, until: clock.elapsed() }].slice(-ring)
    failed = []
    running = idle()
    notes.keep(record, seenOf(isp))
    return record
  }
  const dateCalls = (): void => {
    const now = clock.now()
    past = past.map((one) => {
      const { counted, seconds } = one.record
      const began = one.from === undefined ? undefined : wallAt(one.from)
      if (counted !== undefined && isDated(counted, began, now)) return one
      const cost = one.from === undefined ? one.record.cost : priceOf(began, seconds)
      const record = { ...one.record, began, counted: counted === undefined ? now : (began ?? now), cost }
      notes.keep(record, seenOf(record.isp))
      return { ...one, record }
    })
  }
  if (clockKnown()) dateCalls()
  return {
    follow(state) {
      const next = follow(tally, state)
      const began = tally.call === undefined && next.tally.call !== undefined
      const record = next.ended && end(next.ended)
      tally = next.tally
      if (next.failed !== undefined) failed = counted(failed, next.failed)
      if (began) begin()
      return record
    },
    clockLearned: dateCalls,
    sent: (traffic) => move('out', traffic),
    collected: (traffic) => move('in', traffic),
    current,
    calls() {
      const now = current()
      return [...past.map(({ record }) => record), ...(now ? [now] : [])]
    },
    sums() {
      const elapsed = clock.elapsed()
      const now = current()
      const kept: readonly Kept[] = [
        ...past.filter(({ record }) => notes.has(record.number)),
        ...(now ? [{ record: now, until: elapsed }] : []),
      ]
      return sums(kept, notes.fallen(), budgets, { elapsed, wall: wall() })
    },
    failed: () => failed,
    spentBefore: () => spentOf(past.filter(({ until }) => until === undefined).map(({ record }) => record)),
    expected() {
      if (likely?.by !== past) likely = { by: past, expected: arrivals(carriedBy(past)) }
      return likely.expected
    },
    learned(isp = tally.call?.isp ?? past.at(-1)?.record.isp ?? '') {
      const [out, back] = isp === tally.call?.isp ? [rateOf(running.stretches.out), rateOf(running.stretches.in)] : []
      const live = (so: Seen, what: Way, rate: number | undefined): Seen => (rate === undefined ? so : see(so, what, rate))
      return learned(live(live(seenOf(isp), 'out', out), 'in', back))
    },
  }
}

/** Right as far as anybody knows: as the clock that is right has it, and not in the future. */
function isDated(counted: number, began: number | undefined, now: number): boolean {
  return began === undefined ? counted <= now + notable : Math.abs(counted - began) < notable || (counted > began && counted <= now)
}

/** Of calls whose day is known. */
function carriedBy(calls: readonly Known[]): readonly Carried[] {
  return calls
    .flatMap(({ record: { counted: at, out, in: back } }) => (at === undefined ? [] : [{ at, out: out.octets, in: back.octets }]))
    .sort((a, b) => a.at - b.at)
}

function nothingMoved({ out, in: back }: Running): boolean {
  return out.octets + back.octets === 0
}

function idle(): Running {
  return { out: noTraffic, in: noTraffic, stretches: {}, ended: new AbortController() }
}

function counted(failed: readonly Failed[], reason: string): readonly Failed[] {
  const before = failed.find((one) => one.reason === reason)
  return [...failed.filter((one) => one !== before), { reason, times: (before?.times ?? 0) + 1 }]
}
