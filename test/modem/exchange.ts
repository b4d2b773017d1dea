/**
 * The telephone network between the caller (near) and the ISP (far): a call is busy, or rings until the ISP answers; then both have a
 * carrier, and a trunk carries what they say until one of them hangs up, or as long as the call's fate lets it.
 */
import type { ModemEvent } from './state.ts'
import { openTrunk, other, type Side, sides, type Trunk, type TrunkEnd, type TrunkOptions } from './trunk.ts'

/** What becomes of a call. A fault comes when so many octets have arrived, of both ways together: both are told, or nobody is. */
export type Fate =
  | (ModemEvent & { readonly kind: 'heard' })['progress']
  | 'through'
  | { readonly after: number; readonly fault: 'no-carrier' | 'silence' }

export type LineEvent = ModemEvent & { readonly kind: 'rings' | 'heard' | 'carrier' | 'arrived' | 'lost' }

/** A modem, or whatever answers in its place. */
export type Subscriber = Omit<TrunkEnd, 'arrived'> & { tell(event: LineEvent): void }

export type Connection = {
  /** `after`: milliseconds that dialling takes. */
  dial(number: string, after: number): void
  answer(): void
  send(octets: Buffer): void
  hangUp(): void
}

export type Exchange = {
  /** Once for each side, before anybody calls. */
  plug(side: Side, subscriber: Subscriber): Connection
  /** What becomes of the next calls; those after them go through. */
  awaits(...fates: readonly Fate[]): void
  /** From the next call on the modems agree on this. */
  trains(bitsPerSecond: number): void
  /** Numbers that were dialled, and their calls' beginnings and ends in milliseconds (`performance.now()`): from carrier to hang-up. */
  calls(): readonly PlacedCall[]
  /** Octets that have arrived since the beginning, by the side that sent them. */
  carried(): Readonly<Record<Side, number>>
  /** The call under way dies; nobody is told. */
  cut(): void
  close(): void
}

export type ExchangeOptions = TrunkOptions & {
  /** Dialling, ringing and training take so many times less. */
  readonly hurry?: number
}

export type PlacedCall = { readonly number: string; readonly answered?: number; readonly ended?: number }

/** Milliseconds: from the last digit to what is heard; between rings; while the modems agree. Less than in a house, so that tests are short. */
const pace = { progress: 300, ring: 2000, training: 700 }

export function openExchange({ hurry = 1, ...options }: ExchangeOptions = {}): Exchange {
  let { bitsPerSecond = 33_600 } = options
  const subscribers: Partial<Record<Side, Subscriber>> = {}
  const calls: PlacedCall[] = []
  const fates: Fate[] = []
  const carriedBefore = { near: 0, far: 0 }
  let fate: Fate = 'through'
  let trunk: Trunk | undefined
  let stage: 'idle' | 'ringing' | 'answered' = 'idle'
  let step: NodeJS.Timeout | undefined

  const soon = (after: number, then: () => void): void => {
    clearTimeout(step)
    step = setTimeout(then, after / hurry)
  }
  const note = (what: Partial<PlacedCall>): void => {
    const last = calls.pop()
    if (last) calls.push({ ...last, ...what })
  }
  const ring = (): void => {
    stage = 'ringing'
    subscribers.far?.tell({ kind: 'rings' })
    if (stage === 'ringing') soon(pace.ring, ring)
  }
  const connect = (): void => {
    const ends = { near: endOf('near'), far: endOf('far') }
    trunk = openTrunk({ ...options, bitsPerSecond }, ends)
    note({ answered: performance.now() })
    for (const side of sides) subscribers[side]?.tell({ kind: 'carrier', speed: bitsPerSecond, protocol: 'ARQ/V34/LAPM' })
  }
  const release = (): void => {
    clearTimeout(step)
    stage = 'idle'
    if (!trunk) return
    const { near, far } = trunk.carried()
    carriedBefore.near += near
    carriedBefore.far += far
    trunk.close()
    trunk = undefined
    note({ ended: performance.now() })
  }
  const endOf = (side: Side): TrunkEnd => ({
    arrived(octets) {
      subscribers[side]?.tell({ kind: 'arrived', octets })
      failAsFated()
    },
    hold: () => subscribers[side]?.hold(),
    go: () => subscribers[side]?.go(),
  })
  const failAsFated = (): void => {
    if (typeof fate === 'string' || !trunk) return
    const { near, far } = trunk.carried()
    if (near + far < fate.after) return
    if (fate.fault === 'silence') return trunk.cut()
    release()
    for (const side of sides) subscribers[side]?.tell({ kind: 'lost' })
  }
  return {
    plug(side, subscriber) {
      subscribers[side] = subscriber
      return {
        dial(number, after) {
          calls.push({ number })
          fate = fates.shift() ?? 'through'
          const progress = typeof fate === 'string' && fate !== 'through' ? fate : undefined
          soon(after + pace.progress, progress ? () => subscriber.tell({ kind: 'heard', progress }) : ring)
        },
        answer() {
          // Too late: the caller has hung up.
          if (stage !== 'ringing') return
          stage = 'answered'
          soon(pace.training, connect)
        },
        send: (octets) => trunk?.send(side, octets),
        hangUp() {
          release()
          subscribers[other[side]]?.tell({ kind: 'lost' })
        },
      }
    },
    awaits: (...more) => void fates.push(...more),
    trains(rate) {
      bitsPerSecond = rate
    },
    calls: () => calls,
    carried() {
      const { near, far } = trunk?.carried() ?? { near: 0, far: 0 }
      return { near: carriedBefore.near + near, far: carriedBefore.far + far }
    },
    cut: () => trunk?.cut(),
    close: release,
  }
}
