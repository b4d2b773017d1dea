/**
 * All the boxes at all the ISPs. Three are drained at a time: while one logs in or hangs, the others fill the line, and a big letter in
 * one does not hold up the small ones elsewhere; more would only split the same line and cost memory. One box's failure is
 * its own. A refused password is not tried again and again: ISPs lock accounts for that.
 */
import { halves } from './halves.ts'
import { turns } from './turns.ts'
import { drain } from './drain.ts'
import type { Account, DrainParts, Report } from './session.ts'
import type { RoomFor } from '../mail/room.ts'
import type { Wish } from './ledger.ts'
import { type Arrivals, parseArrivals } from './rationing.ts'
import type { Window } from './window.ts'
import type { Failure, OpenMaildrop, Settled } from './maildrop.ts'
import { preview, type Preview } from './preview.ts'

export type Box = {
  readonly account: Account
  readonly maildrop: OpenMaildrop
  /** In whose calls alone it is collected. */
  readonly isp?: string
}

export type CollectorParts = Omit<DrainParts, 'maildrop' | 'turns' | 'halves' | 'wasCut' | 'settled' | 'room' | 'windows' | 'arrivals'> & {
  readonly boxes: readonly Box[]
  /** Facts that outlive the process; wishes, and what of a box is settled, are kept there. */
  readonly recall: (name: string) => string | undefined
  readonly remember: (name: string, value: string | undefined) => void
}

export interface Collector {
  readonly names: readonly string[]
  /** In whose calls alone this box is collected; undefined: in every one. */
  ispOf(name: string): string | undefined
  /** Drains these boxes, or all; named ones even if their password was refused lately. One that is being drained already is waited for. Letters that there is no room for stay there, untouched. In a call to an ISP boxes of others are left out. Never rejects. */
  collect(names: readonly string[] | undefined, signal: AbortSignal, room?: RoomFor, isp?: string): Promise<readonly Report[]>
  /** What lies in a box. */
  preview(name: string, signal: AbortSignal): Promise<Preview | Failure>
  /** To be done when the box is next opened; undefined for a box that is not there. */
  request(wish: Wish, name: string, uidls: readonly string[]): 'noted' | undefined
}

const lanes = 3

/** Milliseconds until a busy box is tried once more. */
const busyPause = 10_000

/** Milliseconds after the first refused login; doubled by each, up to the longest. */
const loginPause = { first: 15 * 60_000, longest: 6 * 3_600_000 }

export function collector(parts: CollectorParts): Collector {
  const { boxes, clock, log } = parts
  const shared = { turns: turns(), halves: halves(), windows: new Set<Window>() }
  const running = new Map<string, Promise<Report>>()
  const arrived = new Map<string, Arrivals>()
  /** Boxes whose last session was cut. */
  const cut = new Set<string>()
  const refused = new Map<string, { readonly times: number; readonly until: number; readonly failure: Failure }>()

  const wishesOf = (name: string): ReadonlyMap<string, Wish> => parseWishes(parts.recall(wishName(name)))
  const keepWishes = (name: string, wishes: ReadonlyMap<string, Wish>): void =>
    parts.remember(wishName(name), wishes.size === 0 ? undefined : [...wishes].map(([uidl, wish]) => `${wish} ${uidl}`).join('\n'))

  /** Only a session that ended well knows; after any other the former beginning of the box is as settled as it was. */
  const keepSettled = (account: Account, before: Settled | undefined, { outcome, settled }: Report): void => {
    if (outcome !== 'done' || (settled?.letters === before?.letters && settled?.uidl === before?.uidl)) return
    const { keep, maxMessage } = account
    parts.remember(settledName(account.name), settled && JSON.stringify({ ...settled, keep, maxMessage }))
  }

  /** A box that we never saw holds nothing that has waited for us. */
  const arrivalsOf = (name: string): Arrivals =>
    arrived.get(name) ?? parseArrivals(parts.recall(arrivalsName(name))) ?? { since: parts.running(clock.elapsed()), off: {} }

  /** On the disk only when something came, or was put off: what is known there is older then, and promises too much rather than too little. */
  const keepArrivals = ({ name }: Account, { outcome, collected, putOff, arrivals }: Report): void => {
    if (outcome !== 'done' || !arrivals) return
    const before = arrivalsOf(name)
    arrived.set(name, arrivals)
    if (collected > 0 || putOff || Object.keys(before.off).length > 0) parts.remember(arrivalsName(name), JSON.stringify(arrivals))
  }

  const drainOnce = async ({ account, maildrop }: Box, room: RoomFor | undefined, signal: AbortSignal): Promise<Report> => {
    const began = clock.elapsed()
    try {
      const wasCut = cut.has(account.name)
      const settled = remembered(parts.recall(settledName(account.name)), account)
      const arrivals = arrivalsOf(account.name)
      const report = await drain(
        account,
        { ...parts, maildrop, ...shared, wasCut, settled, arrivals, room },
        wishesOf(account.name),
        signal,
      )
      if (report.outcome === 'done') cut.delete(account.name)
      else if (report.failure?.kind === 'lost') cut.add(account.name)
      keepSettled(account, settled, report)
      keepArrivals(account, report)
      return report
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause)
      return { ...failed(account.name, { kind: 'broken', text }), elapsed: clock.elapsed() - began }
    }
  }

  /** A box that is busy may be free in a moment: one more try in the same call (a dropped session holds the lock for a while), then the next poll. */
  const drainTwice = async (box: Box, room: RoomFor | undefined, signal: AbortSignal): Promise<Report> => {
    const report = await drainOnce(box, room, signal)
    if (report.failure?.kind !== 'busy') return report
    await clock.sleep(clock.elapsed() + busyPause, signal)
    return signal.aborted ? report : drainOnce(box, room, signal)
  }

  const afterwards = (box: Box, report: Report): Report => {
    const name = box.account.name
    const left = [...wishesOf(name)].filter(([key]) => !report.fulfilled.includes(key))
    if (report.fulfilled.length > 0) keepWishes(name, new Map(left))
    if (report.failure?.kind === 'login') return holdOff(name, { kind: 'login', text: report.failure.text }, report)
    if (report.failure?.kind !== 'unreachable') refused.delete(name)
    if (report.failure)
      log.warn('collect-failed', `${name}: ${report.failure.text}; ${report.collected} letters were kept before`, { ...report })
    else log.info('collected', summary(report), { ...report })
    return report
  }

  const holdOff = (name: string, failure: Failure, report: Report): Report => {
    const times = (refused.get(name)?.times ?? 0) + 1
    const pause = Math.min(loginPause.first * 2 ** (times - 1), loginPause.longest)
    refused.set(name, { times, until: clock.elapsed() + pause, failure })
    log.warn(
      'collect-login',
      `${name}: ${failure.text}. Check user and password_file of this mailbox; it is tried again in ${Math.round(pause / 60_000)} minutes, or at once by: dialpost poll ${name}`,
      { account: name },
    )
    return report
  }

  const collectOne = (box: Box, named: boolean, room: RoomFor | undefined, signal: AbortSignal): Promise<Report> => {
    const { name } = box.account
    const already = running.get(name)
    if (already) return already
    const refusal = refused.get(name)
    if (refusal && !named && clock.elapsed() < refusal.until) return Promise.resolve(failed(name, refusal.failure))
    const draining = drainTwice(box, room, signal)
      .then((report) => afterwards(box, report))
      .finally(() => running.delete(name))
    running.set(name, draining)
    return draining
  }

  return {
    names: boxes.map(({ account }) => account.name),
    ispOf: (name) => boxes.find(({ account }) => account.name === name)?.isp,
    async collect(names, signal, room, isp) {
      const wanted = boxes
        .filter((box) => isp === undefined || box.isp === undefined || box.isp === isp)
        .filter(({ account }) => names === undefined || names.includes(account.name))
      const reports = new Map<string, Report>()
      const queue = [...wanted]
      const lane = async (): Promise<void> => {
        for (let box = queue.shift(); box && !signal.aborted; box = queue.shift()) {
          reports.set(box.account.name, await collectOne(box, names !== undefined, room, signal))
        }
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      return wanted.map(({ account }) => reports.get(account.name) ?? { ...failed(account.name), outcome: 'stopped' })
    },
    async preview(name, signal) {
      const box = boxes.find(({ account }) => account.name === name)
      if (!box)
        return {
          kind: 'unreachable',
          text: `There is no mailbox ${name}; there are: ${boxes.map(({ account }) => account.name).join(', ')}`,
        }
      await running.get(name)
      const { off } = arrivalsOf(name)
      return preview(box, { ...parts, isPutOff: (uidl) => uidl in off }, signal)
    },
    request(wish, name, uidls) {
      if (!boxes.some(({ account }) => account.name === name)) return undefined
      keepWishes(name, new Map([...wishesOf(name), ...uidls.map((uidl) => [uidl, wish] as const)]))
      return 'noted'
    },
  }
}

function wishName(account: string): string {
  return `wishes ${account}`
}

function arrivalsName(account: string): string {
  return `arrivals ${account}`
}

function settledName(account: string): string {
  return `settled ${account}`
}

/** Under another policy there may be something to do with every letter. */
function remembered(text: string | undefined, { keep, maxMessage }: Account): Settled | undefined {
  if (text === undefined) return undefined
  try {
    const { letters, uidl, ...policy }: Settled & Pick<Account, 'keep'> & { maxMessage?: number } = JSON.parse(text)
    return policy.keep === keep && policy.maxMessage === maxMessage ? { letters, uidl } : undefined
  } catch {
    return undefined
  }
}

function parseWishes(text: string | undefined): ReadonlyMap<string, Wish> {
  const wishes = new Map<string, Wish>()
  for (const line of text?.split('\n') ?? []) {
    const [wish, uidl] = line.split(' ')
    if (uidl && (wish === 'fetch' || wish === 'drop')) wishes.set(uidl, wish)
  }
  return wishes
}

function failed(account: string, failure?: Report['failure']): Report {
  const none = {
    listed: 0,
    collected: 0,
    noted: 0,
    doubles: 0,
    deleted: 0,
    left: 0,
    traffic: { received: 0, sent: 0 },
    elapsed: 0,
    fulfilled: [],
  }
  return { account, outcome: 'failed', ...none, ...(failure ? { failure } : {}) }
}

function summary({ account, outcome, collected, noted, doubles, putOff, left, traffic, elapsed }: Report): string {
  const extras = [
    noted > 0 ? `${noted} too big` : '',
    doubles > 0 ? `${doubles} doubles` : '',
    putOff ? `${putOff.letters} put off` : '',
    outcome === 'stopped' ? 'stopped' : '',
  ].filter((text) => text !== '')
  const seconds = (elapsed / 1000).toFixed(1)
  return `${account}: ${[`${collected} letters`, ...extras].join(', ')}, ${left} left there; ${traffic.received} octets in ${seconds} s`
}
