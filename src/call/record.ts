/** What is kept of a call, and how it is written as one short note. Pure. */
import type { Carrier } from '../link/line.ts'

export type CallRecord = {
  /** 1 is the first that was ever counted here. */
  readonly number: number
  /** Wall clock, milliseconds; undefined where the box did not know it, and never learned it before it was switched off. */
  readonly began: number | undefined
  /** Wall clock at which it is charged to a day; of a call without a beginning, when the box next knew the time. */
  readonly counted: number | undefined
  /** Charged for, so far or in all. */
  readonly seconds: number
  readonly cause: string
  /** How it ended; '' while it lasts. */
  readonly ended: string
  /** '' where there is but one. */
  readonly isp: string
  /** What the modem said. */
  readonly carrier: Carrier | undefined
  /** False: it was connected and paid for, but never came up. */
  readonly cameUp: boolean
  /** Octets on the line as pppd counted them, once it has. */
  readonly line: { readonly sent: number; readonly received: number } | undefined
  readonly out: Traffic
  readonly in: Traffic
  /** Undefined where nobody can say: no tariff, or no clock. */
  readonly cost: number | undefined
  /** Dial attempts since the call before that came to nothing, by their reason. */
  readonly failed: readonly Failed[]
}

/** Octets of mail content, without what the protocols add. */
export type Traffic = { readonly letters: number; readonly octets: number }

export type Failed = { readonly reason: string; readonly times: number }

/** What a line has been seen to do: octets of mail a second each way, seconds until CONNECT, and from there until mail moves. */
export type Seen = { readonly out?: number; readonly in?: number; readonly dial?: number; readonly setup?: number }

/** All that a call's note holds; `fallen` is what calls cost whose notes are no more. */
export type Note = { readonly record: CallRecord; readonly seen: Seen; readonly fallen?: Fallen | undefined }

export type Sum = {
  readonly calls: number
  readonly seconds: number
  readonly cost: number
  /** Calls whose cost nobody knows. */
  readonly unpriced: number
}

/** Of all calls that are no longer remembered one by one, and of those of the latest month among them. */
export type Fallen = { readonly total: Sum; readonly month: Sum; readonly counted: number | undefined }

export const noSum: Sum = { calls: 0, seconds: 0, cost: 0, unpriced: 0 }
export const noTraffic: Traffic = { letters: 0, octets: 0 }

export function sumOf({ seconds, cost }: CallRecord): Sum {
  return { calls: 1, seconds, cost: cost ?? 0, unpriced: cost === undefined ? 1 : 0 }
}

export function add(a: Sum, b: Sum): Sum {
  return { calls: a.calls + b.calls, seconds: a.seconds + b.seconds, cost: a.cost + b.cost, unpriced: a.unpriced + b.unpriced }
}

export function sumTraffic(a: Traffic, b: Traffic): Traffic {
  return { letters: a.letters + b.letters, octets: a.octets + b.octets }
}

/** Numbers without names: a flash is worn by each octet. */
export function write({ record, seen, fallen }: Note): string {
  const { number, began, counted, seconds, cause, ended, isp, carrier, cameUp, line, out, in: back, cost, failed } = record
  return JSON.stringify([
    number,
    began === undefined ? null : Math.round(began),
    counted === undefined ? null : Math.round(counted),
    seconds,
    cause.slice(0, longestWords),
    ended.slice(0, longestWords),
    isp,
    carrier ? [carrier.speed, carrier.protocol] : 0,
    cameUp ? 1 : 0,
    line ? [line.sent, line.received] : 0,
    [out.letters, out.octets, back.letters, back.octets],
    cost ?? null,
    failed.map(({ reason, times }) => [reason.slice(0, longestWords), times]),
    [seen.out, seen.in, seen.dial, seen.setup].map((value) => (value === undefined ? null : Math.round(value * 10) / 10)),
    ...(fallen ? [[...numbers(fallen.total), ...numbers(fallen.month), fallen.counted ?? null]] : []),
  ])
}

/** Undefined for what was written by another version, or is damaged: a call too few is better than no start. */
export function read(text: string): Note | undefined {
  try {
    return noteOf(JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

const longestWords = 120

function numbers({ calls, seconds, cost, unpriced }: Sum): readonly number[] {
  return [calls, seconds, Math.round(cost * 1e4) / 1e4, unpriced]
}

function noteOf(value: unknown): Note | undefined {
  if (!Array.isArray(value) || value.length < 14) return undefined
  const [number, began, counted, seconds, cause, ended, isp, carrier, cameUp, line, mail, cost, failed, seen, fallen] = value as unknown[]
  const [letters, octets, lettersIn, octetsIn] = amounts(mail)
  const [sent, received] = amounts(line)
  const [speed, protocol] = Array.isArray(carrier) ? (carrier as unknown[]) : []
  if (typeof number !== 'number' || typeof seconds !== 'number' || !Number.isSafeInteger(number)) return undefined
  return {
    record: {
      number,
      began: amount(began),
      counted: amount(counted),
      seconds,
      cause: words(cause),
      ended: words(ended),
      isp: words(isp),
      carrier: typeof speed === 'number' ? { speed, protocol: words(protocol) } : undefined,
      cameUp: cameUp === 1,
      line: sent === undefined || received === undefined ? undefined : { sent, received },
      out: { letters: letters ?? 0, octets: octets ?? 0 },
      in: { letters: lettersIn ?? 0, octets: octetsIn ?? 0 },
      cost: amount(cost),
      failed: (Array.isArray(failed) ? (failed as unknown[]) : []).flatMap((one) => failedOf(one)),
    },
    seen: seenOf(amounts(seen)),
    fallen: Array.isArray(fallen) ? fallenOf(amounts(fallen)) : undefined,
  }
}

function failedOf(value: unknown): readonly Failed[] {
  const [reason, times] = Array.isArray(value) ? (value as unknown[]) : []
  return typeof times === 'number' ? [{ reason: words(reason), times }] : []
}

function seenOf([out, back, dial, setup]: readonly (number | undefined)[]): Seen {
  return {
    ...(out === undefined ? {} : { out }),
    ...(back === undefined ? {} : { in: back }),
    ...(dial === undefined ? {} : { dial }),
    ...(setup === undefined ? {} : { setup }),
  }
}

function fallenOf(given: readonly (number | undefined)[]): Fallen {
  const sum = (from: number): Sum => {
    const [calls = 0, seconds = 0, cost = 0, unpriced = 0] = given.slice(from, from + 4)
    return { calls, seconds, cost, unpriced }
  }
  return { total: sum(0), month: sum(4), counted: given[8] }
}

function amounts(value: unknown): readonly (number | undefined)[] {
  return Array.isArray(value) ? value.map((one) => amount(one)) : []
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function words(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
