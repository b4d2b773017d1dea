/** What is measured: the rows of the table, and who is measured in each. */
import type { CorpusName } from './corpus.ts'
import type { LineOptions } from './emulator.ts'
import type { Measurement } from './measure.ts'
import type { DriverName } from './near.ts'
import type { QueueName } from './pipe.ts'
import { type EndSettings, modem } from './telephone.ts'

/** `target`: the ratio that dialpost is to keep to. */
export type Row = { readonly name: string; readonly target: number; readonly who: readonly Who[] }

export type Who = { readonly name: string; readonly measurement: Measurement }

/**
 * As rootfs/etc/ppp/ip-up sets the device: no timestamps, which cost 12 octets a segment and defeat header compression; and nothing is
 * taken for lost within three seconds, since a modem loses nothing and an acknowledgement may wait that long in the ISP's queue.
 */
const device: EndSettings = { tcp_timestamps: 0 }
const deviceLine: LineOptions = { ...modem, route: 'rto_min 3s' }

type Kind = Omit<Measurement, 'drivers' | 'line'>

const mixed = (way: 'out' | 'in' | 'both', rest: Partial<Kind> = {}): Kind => kindOf('mixed', way, rest)
const small = (way: 'out' | 'in' | 'both', rest: Partial<Kind> = {}): Kind => kindOf('small', way, rest)

function kindOf(corpus: CorpusName, way: 'out' | 'in' | 'both', rest: Partial<Kind>): Kind {
  return { corpus, out: way !== 'in', in: way !== 'out', ...rest }
}

const peer = (kind: Kind, name: string, ...drivers: readonly DriverName[]): Who => ({
  name,
  measurement: { ...kind, drivers, line: modem },
})
const dialpost = (kind: Kind): Who => ({
  name: 'dialpost',
  measurement: { near: device, ...kind, drivers: ['dialpost'], line: deviceLine },
})

const out = (name: string, target: number, kind: Kind): Row => ({
  name,
  target,
  who: [peer(kind, 'sendmail', 'sendmail'), peer(kind, 'Postfix, 4 connections', 'postfix'), dialpost(kind)],
})
const collected = (name: string, target: number, kind: Kind): Row => ({
  name,
  target,
  who: [peer(kind, 'fetchmail', 'fetchmail'), peer(kind, 'mpop', 'mpop'), dialpost(kind)],
})
const both = (name: string, target: number, kind: Kind): Row => ({
  name,
  target,
  who: [
    peer(kind, 'sendmail and fetchmail at once', 'sendmail', 'fetchmail'),
    peer(kind, 'Postfix and mpop at once', 'postfix', 'mpop'),
    dialpost(kind),
  ],
})

const imap = mixed('in', { protocol: 'imap' })
const plain = small('out', { without: ['chunking'] })
const secure = small('both', { tls: true })

export const rows: readonly Row[] = [
  out('out, mixed', 1.07, mixed('out')),
  out('out, small', 1.13, small('out')),
  collected('in, mixed', 1.065, mixed('in')),
  collected('in, small', 1.13, small('in')),
  both('both, mixed', 1.12, mixed('both')),
  both('both, small', 1.25, small('both')),
  { name: 'in, IMAP, mixed', target: 0.6, who: [peer(imap, 'fetchmail', 'fetchmail'), dialpost(imap)] },
  { name: 'out, small, no CHUNKING', target: 1.25, who: [peer(plain, 'Postfix, 4 connections', 'postfix'), dialpost(plain)] },
  {
    name: 'both, small, TLS',
    target: 1.35,
    who: [peer(secure, 'sendmail and fetchmail at once', 'sendmail', 'fetchmail'), dialpost(secure)],
  },
]

/** What each lever is worth: dialpost, both directions, small letters, with one of them taken away. */
export const levers: readonly Who[] = [
  { name: 'all levers', measurement: lever({}) },
  { name: 'timestamps on, as Linux has them', measurement: lever({ near: {} }) },
  { name: 'what is late taken for lost, as Linux does', measurement: lever({ line: modem }) },
  { name: 'our queue first come, first served', measurement: lever({ line: queued('fifo') }) },
  { name: 'our queue by size: small packets first, of whatever kind', measurement: lever({ line: queued('small first') }) },
  {
    name: 'behind a serial driver that holds 5 KB',
    measurement: lever({ line: { ...deviceLine, up: { ...deviceLine.up, driver: 5120 } } }),
  },
  { name: 'windows left to the kernel', measurement: lever({ settings: '[call]\nshort_queues = false\n' }) },
]

function lever(other: Partial<Measurement>): Measurement {
  return { ...small('both'), near: device, drivers: ['dialpost'], line: deviceLine, ...other }
}

function queued(queue: QueueName): LineOptions {
  return { ...deviceLine, up: { ...deviceLine.up, queue } }
}
