/**
 * One direction of a telephone line, as a model without timers: packets wait in a bounded queue, leave one after another at the
 * line rate, and arrive `latency` later. What cannot wait is dropped, as a modem pool does. Times are milliseconds and only
 * ever those that the caller gives; a caller who comes late changes nothing, because one packet begins when the last one ended.
 */
export type PipeOptions = {
  readonly bitsPerSecond: number
  /** One way, milliseconds. */
  readonly latency: number
  /** Packets that may wait behind the one that is being sent. */
  readonly depth: number
  /** Octets that the link adds to each packet (PPP: flags, address, control, protocol, FCS). */
  readonly framing: number
  readonly queue: QueueName
  /** Octets that a driver and the modem take from the queue before the line does, and that nothing overtakes: 0 on an ideal one. */
  readonly driver?: number
}

/**
 * `fifo`: in order of arrival. `pfifo_fast`: by the type of service, as Linux does in front of any device that it is told nothing
 * about (tc-pfifo_fast(8)). `small first`: packets of at most 256 octets before others, as a `prio` queue can be told to.
 */
export type QueueName = 'fifo' | 'pfifo_fast' | 'small first'

export interface Pipe {
  /** False when the queue was full. */
  offer(packet: Uint8Array, now: number): boolean
  /** What has come out at the other end by now, in order. */
  arrived(now: number): readonly Uint8Array[]
  /** When something happens next, if nothing is offered. */
  next(): number | undefined
  /** Everything under way is gone (the line dropped). */
  clear(): void
  counted(): Counted
}

/** `busy`: milliseconds that the line carried something; `last`: when it last did. */
export type Counted = {
  readonly packets: number
  readonly octets: number
  readonly dropped: number
  readonly busy: number
  readonly last: number
}

type Serving = { readonly packet: Uint8Array; readonly ends: number }

export function pipe({ bitsPerSecond, latency, depth, framing, queue, driver = 0 }: PipeOptions): Pipe {
  let waiting: Uint8Array[] = []
  /** With the driver. */
  let given: Uint8Array[] = []
  let serving: Serving | undefined
  let flying: { readonly packet: Uint8Array; readonly at: number }[] = []
  const counted = { packets: 0, octets: 0, dropped: 0, busy: 0, last: 0 }

  const serve = (packet: Uint8Array, from: number): void => {
    const octets = packet.length + framing
    const lasts = (octets * 8000) / bitsPerSecond
    serving = { packet, ends: from + lasts }
    counted.packets += 1
    counted.octets += octets
    counted.busy += lasts
    counted.last = from + lasts
  }
  const following = (): Uint8Array | undefined => {
    fill()
    return given.shift() ?? first()
  }
  const fill = (): void => {
    for (let room = driver - octetsOf(given); room > 0 && waiting.length > 0; room = driver - octetsOf(given))
      given.push(first() ?? new Uint8Array())
  }
  /** Whose turn it is. */
  const first = (): Uint8Array | undefined => {
    const bands = waiting.map((packet) => bandOf[queue](packet))
    return waiting.splice(bands.indexOf(Math.min(...bands)), 1)[0]
  }
  const hold = (packet: Uint8Array): void => {
    waiting.push(packet)
    fill()
  }
  const advance = (now: number): void => {
    while (serving && serving.ends <= now) {
      const { packet, ends } = serving
      flying.push({ packet, at: ends + latency })
      serving = undefined
      const next = following()
      if (next) serve(next, ends)
    }
  }
  return {
    offer(packet, now) {
      advance(now)
      if (!serving) serve(packet, now)
      else if (waiting.length < depth) hold(packet)
      else {
        counted.dropped += 1
        return false
      }
      return true
    },
    arrived(now) {
      advance(now)
      const here = flying.filter(({ at }) => at <= now)
      flying = flying.slice(here.length)
      return here.map(({ packet }) => packet)
    },
    next() {
      const instants = [serving?.ends, flying[0]?.at].filter((at) => at !== undefined)
      return instants.length === 0 ? undefined : Math.min(...instants)
    },
    clear() {
      waiting = []
      given = []
      flying = []
      serving = undefined
    },
    counted: () => ({ ...counted }),
  }
}

const octetsOf = (packets: readonly Uint8Array[]): number => packets.reduce((sum, { length }) => sum + length, 0)

const bandOf: Readonly<Record<QueueName, (packet: Uint8Array) => number>> = {
  fifo: () => 0,
  pfifo_fast: ({ 1: service = 0 }) => bands[(service & 0x1e) >> 1] ?? 1,
  'small first': ({ length }) => (length <= 256 ? 0 : 1),
}

/** By the four bits of RFC 1349: low delay goes first, throughput last. */
const bands: readonly number[] = [1, 2, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1]
