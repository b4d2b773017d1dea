/** The house as operators see it: the port's questions answered by the queue, the call, the boxes and the line. */
import type { BoxState, Boxes } from '../call/boxes.ts'
import type { Call } from '../call/call.ts'
import type { Meter } from '../call/meter.ts'
import type { Planner } from '../call/planner.ts'
import type { Clock } from '../clock.ts'
import type { Collector } from '../collect/collector.ts'
import type { Readable } from '../collect/headers.ts'
import type { Line } from '../link/line.ts'
import { hookEvent } from '../link/hook-line.ts'
import { describe, type LinkEvent } from '../link/machine.ts'
import type { Ring } from '../log/ring.ts'
import type { MessageId } from '../mail/message.ts'
import type { Queue } from '../queue/queue.ts'
import type { Router } from '../route/route.ts'
import type { Updater } from '../update/updater.ts'
import { explained, type Look } from './explain.ts'
import { beginsWith } from './grammar.ts'
import type { Answer, BoxLetter, BoxStatus, House } from './house.ts'
import { type Desk, queued, shown } from './letters.ts'
import { count, moment, size, span } from './words.ts'

export type Inside = {
  readonly version: string
  readonly hostname: string
  readonly clock: Clock
  readonly queue: Queue
  readonly line: Line
  readonly tellLine: (event: LinkEvent) => void
  readonly call: Call
  readonly planner: Planner
  /** What time it is and who says so, in words. */
  readonly time: () => string
  /** Which system runs; '' where there are no slots to tell of. */
  readonly system: () => string
  readonly updater: Updater
  /** What the modem last said of itself; '' without one. */
  readonly modem: () => string
  readonly meter: Meter
  readonly collector: Collector
  readonly boxes: Boxes
  readonly router: Router
  /** How the LAN looks outside, by each ISP; '' is the only one. */
  readonly looks: readonly Look[]
  /** The names of the ISPs, where there are several. */
  readonly isps: readonly string[]
  readonly ring: Ring
  /** Mailboxes that cannot be written, each in a sentence. */
  readonly stuck: () => readonly string[]
  readonly memory: () => { readonly pss: number; readonly anonymous: number }
  /** Octets of letters that have gone to the ISP, and are not answered for. */
  readonly partly: () => number
} & Desk &
  Office

/** What commands do beside the mail. */
export type Office = Pick<House, 'check' | 'settings'> & {
  /** Who has a mailbox, and what settings there are. */
  readonly people: () => readonly string[]
  readonly settingNames: () => readonly string[]
  /** Asks it of whoever may; a sentence says why not. */
  readonly box: (word: string) => string | undefined
}

/** Of names that a person may mean, the most that are looked at. */
const mostNames = 200

export function houseOf(inside: Inside): House {
  const { clock, queue, line, call, planner, meter, collector } = inside
  const started = clock.elapsed()
  const of = (part: { waiting: number; trying: number }): number => part.waiting + part.trying
  const isUp = (): boolean => line.state().kind === 'up'
  /** Why this box is not to be had in the call under way, if that is so. */
  const elsewhere = (box: string | undefined): string | undefined => {
    const state = line.state()
    const isp = box === undefined ? undefined : collector.ispOf(box)
    return isp === undefined || state.kind !== 'up' || state.isp === isp
      ? undefined
      : `${box} is collected in calls to ${isp}, and this one is to ${state.isp === '' ? 'another' : state.isp}`
  }
  const seconds = (octets: number): number => Math.max(1, Math.round(octets / meter.learned().outRate))
  const known = (id: MessageId, touched: number, done: string): Answer =>
    touched > 0 ? { done: `${id} ${done}` } : { refused: `there is no message ${id} that waits; dialpost queue lists those` }
  return {
    status() {
      const { letters, octets, couriers } = queue.counts()
      const waiting = queue.backlog().octets
      const nextPoll = call.nextPoll()
      return {
        version: inside.version,
        hostname: inside.hostname,
        system: inside.system(),
        update: inside.updater.words(),
        running: (clock.elapsed() - started) / 1000,
        line: { kind: line.state().kind, words: describe(line.state(), clock.elapsed()) },
        plan: planner.words(),
        modem: inside.modem(),
        call: meter.current(),
        nextPoll: nextPoll === undefined ? undefined : Math.max(0, (nextPoll - clock.elapsed()) / 1000),
        queue: {
          letters,
          octets,
          forIsp: of(couriers.smarthost),
          local: of(couriers.mailbox) + of(couriers.program) + of(couriers.file),
          held: Object.values(couriers).reduce((sum, { held }) => sum + held, 0),
          lineSeconds: waiting > 0 ? seconds(waiting) : 0,
        },
        outward: { waiting, gone: inside.partly() },
        rate: { out: meter.learned().outRate, in: meter.learned().inRate },
        boxes: collector.names.map((name) => boxStatus(name, inside.boxes.of(name))),
        stuck: inside.stuck(),
        clock: inside.time(),
        memory: inside.memory(),
        flash: { ...queue.written(), ...queue.room() },
      }
    },
    *queue() {
      for (const entry of queue.list()) yield queued(entry, seconds, clock)
    },
    async letter(id) {
      const entry = queue.find(id)
      return entry && shown(entry, queued(entry, seconds, clock), inside)
    },
    calls: () => meter.calls(),
    sums: () => meter.sums(),
    flush(target) {
      const what = target === undefined || !target.includes('.') ? target?.toUpperCase() : { domain: target.toLowerCase() }
      const touched = queue.makeDue(what)
      if (target !== undefined && touched === 0) return { refused: `nothing waits for ${target}; dialpost queue lists what does` }
      const refused = of(queue.counts().couriers.smarthost) === 0 ? undefined : planner.ask('sender', 'flush')
      call.mailWaits()
      const when = isUp() ? 'now' : refused === undefined ? 'once the line is up: it is dialled' : `when the line is up (${refused})`
      return {
        done: touched === 0 ? 'Nothing waits.' : `${count(touched, 'delivery').replace('deliverys', 'deliveries')} will be tried ${when}.`,
      }
    },
    poll(box) {
      if (box !== undefined && !collector.names.includes(box)) return noBox(box, collector)
      const boxes = box ?? 'every mailbox'
      const other = elsewhere(box)
      if (other !== undefined) return { refused: `${other}; dialpost hangup, then dialpost poll ${box}` }
      const refused = planner.ask('sender', `poll ${boxes}`, box === undefined ? undefined : collector.ispOf(box))
      if (isUp() && call.poll(box) === undefined) return { done: `Polling ${boxes}.` }
      return refused === undefined ? { done: `The line is dialled to poll ${boxes}.` } : { refused }
    },
    async preview(box, signal) {
      if (!collector.names.includes(box)) return noBox(box, collector)
      if (line.state().kind !== 'up')
        return { refused: `the line is ${line.state().kind}: what lies at the ISP can be seen while it is up` }
      const other = elsewhere(box)
      if (other !== undefined) return { refused: other }
      const found = await collector.preview(box, signal)
      return found.kind === 'preview' ? found.letters.map(boxLetter) : { refused: `${box}: ${found.text}` }
    },
    request(what, box, uids) {
      if (collector.request(what, box, uids) === undefined) return noBox(box, collector)
      const now = elsewhere(box) === undefined && call.poll(box) === undefined
      const isp = collector.ispOf(box)
      const next = `with the next call${isp === undefined ? '' : ` to ${isp}`}`
      return { done: `${count(uids.length, 'letter')} at ${box}: ${what} ${now ? 'now' : next}.` }
    },
    hold: (id) => known(id, queue.hold(id), 'is held.'),
    release: (id) => known(id, queue.release(id), 'is free.'),
    delete: (id) => known(id, queue.remove(id), 'is gone.'),
    dial(isp) {
      if (isp !== undefined && !inside.isps.includes(isp)) return noIsp(isp, inside)
      const state = line.state()
      if (state.kind === 'up' && isp !== undefined && state.isp !== isp)
        return { refused: `the line is up${state.isp === '' ? '' : ` to ${state.isp}`}; dialpost hangup, then dialpost dial ${isp}` }
      if (isUp()) return { done: 'The line is up.' }
      const refused = planner.ask('operator', 'operator', isp)
      return refused === undefined ? { done: 'The line is dialled; dialpost status shows how far it is.' } : { refused }
    },
    hangUp() {
      const refused = planner.hangUp()
      return refused === undefined ? { done: 'The line is hung up.' } : { refused }
    },
    tellLine(up, words) {
      const parsed = hookEvent([up ? 'up' : 'down', ...words], { up: 'operator', down: 'operator' })
      if ('wrong' in parsed) return { refused: `link ${up ? 'up' : 'down'}: ${parsed.wrong}` }
      inside.tellLine(parsed.event)
      return { done: `The line is ${line.state().kind}.` }
    },
    update: inside.updater.update,
    explain: (address, from) => explained(address, from, inside),
    log: (lines) => inside.ring.last(lines).map(logLine),
    async followLog(heard, signal) {
      const stop = inside.ring.follow((entry) => heard(logLine(entry)))
      await clock.sleep(Number.POSITIVE_INFINITY, signal)
      stop()
    },
    later: (ms, signal) => clock.sleep(clock.elapsed() + ms, signal),
    check: inside.check,
    settings: inside.settings,
    names: (hole, begun) => namesFor(hole, begun, inside),
    box(word) {
      const refused = inside.box(word)
      return refused === undefined ? { done: word === 'reboot' ? 'It starts anew.' : 'It ends.' } : { refused }
    },
  }
}

function namesFor(hole: string, begun: string, { queue, collector, isps, people, settingNames }: Inside): readonly string[] {
  switch (hole) {
    case 'ID':
      return Iterator.from(queue.list())
        .filter(({ message }) => beginsWith(message.id, begun))
        .take(mostNames)
        .map(({ message }) => message.id)
        .toArray()
    case 'MAILBOX':
      return collector.names
    case 'ISP':
      return isps
    case 'ADDRESS':
    case 'A':
      return people()
    case 'NAME':
      return settingNames()
    default:
      return []
  }
}

function noBox(box: string, { names }: Collector): { refused: string } {
  return { refused: `there is no mailbox ${box}; there ${names.length === 0 ? 'is none in the settings' : `are: ${names.join(' ')}`}` }
}

function noIsp(isp: string, { isps }: Inside): { refused: string } {
  return { refused: `there is no ISP ${isp}; there ${isps.length === 0 ? 'is but one, without a name' : `are: ${isps.join(' ')}`}` }
}

function boxStatus(name: string, { now, last: report }: BoxState): BoxStatus {
  if (now)
    return {
      name,
      words: `collecting: ${now.letters.done} of ${now.letters.total} letters, ${size(now.octets.done)} of ${size(now.octets.total)}`,
      ok: true,
      busy: true,
      progress: { letters: now.letters, octets: now.octets },
    }
  if (!report) return { name, words: 'not polled since the start', ok: true, busy: false }
  const { collected, noted, doubles, left } = report
  const parts = [
    count(collected, 'letter'),
    noted > 0 && `${noted} left there as too big`,
    doubles > 0 && count(doubles, 'double'),
    left > 0 && `${left} there still`,
  ]
  const words = parts.filter((part) => part !== false).join(', ')
  return report.failure
    ? { name, words: `${report.failure.text}; before that ${words}`, ok: false, busy: false }
    : { name, words: `${words} in ${span(report.elapsed / 1000)}`, ok: true, busy: false }
}

function boxLetter({
  uidl,
  size,
  state,
  putOff,
  readable,
}: {
  uidl: string | undefined
  size: number
  state: string | undefined
  putOff: boolean
  readable: Readable | undefined
}): BoxLetter {
  return {
    uidl: uidl ?? '',
    size,
    from: readable?.from ?? '',
    subject: readable?.subject ?? '',
    state: state ?? (putOff ? 'waits for cheap rate' : 'new'),
  }
}

function logLine({ at, level, text }: { at: number; level: string; text: string }): string {
  const date = new Date(at)
  const seconds = String(date.getSeconds()).padStart(2, '0')
  return `${moment(at)}:${seconds} ${level === 'info' || level === 'notice' ? '' : `${level} `}${text}`
}
