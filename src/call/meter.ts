/** What each call did: when, how long, why, letters and octets each way. Kept in RAM, the latest calls only. */
import type { Clock } from '../clock.ts'

export type CallRecord = {
  /** Wall clock at the beginning; marked unknown by the caller who knows. */
  readonly began: number
  /** Seconds on line so far, or in all. */
  readonly seconds: number
  readonly reason: string
  /** '' while it lasts. */
  readonly ended: string
  readonly out: Traffic
  readonly in: Traffic
}

/** Octets of mail content, without what the protocols add. */
export type Traffic = { readonly letters: number; readonly octets: number }

export interface Meter {
  begin(reason: string): void
  end(reason: string): void
  sent(traffic: Traffic): void
  collected(traffic: Traffic): void
  /** The call in progress, if there is one. */
  current(): CallRecord | undefined
  /** Octets a second that the line has been seen to carry one way; before the first call, what a 33.6 kbit/s modem does. */
  rate(): number
  /** A transfer that filled the line: octets, and milliseconds. Short ones say nothing. */
  measured(octets: number, milliseconds: number): void
  /** Oldest first, the one in progress last. */
  calls(): readonly CallRecord[]
}

const remembered = 100
const usualRate = 3500
/** Transfers below this many octets are mostly round trips. */
const telling = 16 * 1024

export function meter(clock: Clock): Meter {
  const past: CallRecord[] = []
  let rate = usualRate
  let call: { began: number; at: number; reason: string; out: Traffic; in: Traffic } | undefined
  const current = (): CallRecord | undefined => {
    if (!call) return undefined
    const { at, ...rest } = call
    return { ...rest, seconds: Math.round((clock.elapsed() - at) / 1000), ended: '' }
  }
  return {
    begin(reason) {
      call = { began: clock.now(), at: clock.elapsed(), reason, out: nothing, in: nothing }
    },
    end(reason) {
      const record = current()
      if (record) past.push({ ...record, ended: reason })
      if (past.length > remembered) past.shift()
      call = undefined
    },
    sent(traffic) {
      if (call) call.out = sum(call.out, traffic)
    },
    collected(traffic) {
      if (call) call.in = sum(call.in, traffic)
    },
    current,
    rate: () => rate,
    measured(octets, milliseconds) {
      if (octets >= telling && milliseconds > 0) rate = (rate + (octets * 1000) / milliseconds) / 2
    },
    calls() {
      const now = current()
      return now ? [...past, now] : [...past]
    },
  }
}

const nothing: Traffic = { letters: 0, octets: 0 }

function sum(a: Traffic, b: Traffic): Traffic {
  return { letters: a.letters + b.letters, octets: a.octets + b.octets }
}
