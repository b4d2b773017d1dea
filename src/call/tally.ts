/**
 * The line's states as calls: which began, of what each was charged for, which ended and how, and which attempts never became one. Pure;
 * it knows no mail. A call is charged from CONNECT on, which is `negotiating`, where dialpost dials, else from `up`; so
 * one that is connected and never comes up (a wrong password) is a call, too. All times are the states' own.
 */
import type { Carrier, LinkState, Usage } from '../link/line.ts'

export type Tally = {
  readonly call?: Begun
  /** Since when the modem dials this number, `clock.elapsed()` milliseconds. */
  readonly dialling?: number
}

/** A call in progress; times in `clock.elapsed()` milliseconds. */
export type Begun = {
  readonly at: number
  readonly cause: string
  readonly isp: string
  readonly carrier?: Carrier
  readonly up?: number
  /** From the first digit to CONNECT, milliseconds. */
  readonly dialled?: number
  /** Why it is hung up, once it is. */
  readonly hungUp?: string
}

export type Ended = {
  readonly call: Begun
  /** As it is charged: our own count or pppd's, whichever is more. */
  readonly seconds: number
  readonly reason: string
  /** Octets on the line, as pppd counted them. */
  readonly usage?: Usage
}

export type Followed = {
  readonly tally: Tally
  readonly ended?: Ended
  /** A dial attempt came to nothing: why. */
  readonly failed?: string
}

export const noCall: Tally = {}

export function follow(tally: Tally, state: LinkState): Followed {
  switch (state.kind) {
    case 'dialling':
      return dials(tally, state)
    case 'negotiating':
      return { tally: { call: { ...charged(state), carrier: state.carrier, ...dialledFor(tally, state.since) } } }
    case 'up':
      return { tally: { call: cameUp(tally, state) } }
    case 'closing':
      return { tally: tally.call ? { ...tally, call: { ...tally.call, hungUp: state.reason } } : tally }
    case 'down':
    case 'resting':
    case 'broken':
      return isOver(tally, state)
    default:
      return state satisfies never
  }
}

/** Seconds that are paid for, so far. */
export function secondsOf({ at }: Begun, now: number): number {
  return Math.max(0, Math.ceil((now - at) / 1000))
}

/** A second number is dialled at once when the first was of no use. */
function dials({ dialling, call }: Tally, { since }: LinkState): Followed {
  const tally = { dialling: since, ...(call ? { call } : {}) }
  return dialling === undefined ? { tally } : { tally, failed: 'no connection' }
}

function charged({ since, reason, isp }: LinkState & { readonly isp: string }): Begun {
  return { at: since, cause: reason, isp }
}

function dialledFor({ dialling }: Tally, since: number): { readonly dialled?: number } {
  return dialling === undefined ? {} : { dialled: since - dialling }
}

function cameUp({ call }: Tally, state: LinkState & { kind: 'up' }): Begun {
  if (call) return call.up === undefined ? { ...call, up: state.since } : call
  return { ...charged(state), ...(state.carrier ? { carrier: state.carrier } : {}), up: state.since }
}

function isOver({ call, dialling }: Tally, { since, reason, ...state }: LinkState & { readonly usage?: Usage }): Followed {
  if (!call) return dialling === undefined ? { tally: noCall } : { tally: noCall, failed: reason }
  const seconds = Math.max(secondsOf(call, since), state.usage?.seconds ?? 0)
  const ended = { call, seconds, reason: call.hungUp ?? reason, ...(state.usage ? { usage: state.usage } : {}) }
  return { tally: noCall, ended }
}
