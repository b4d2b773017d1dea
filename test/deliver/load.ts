/** The queue's load for one courier, in memory: what was taken, noted, settled and put back, in order. */
import type { Copy, Destination, Message } from '../../src/mail/message.ts'
import type { Outcome } from '../../src/mail/outcome.ts'
import type { Delivery, Letter, Load } from '../../src/queue/courier.ts'

export interface FakeLoad extends Load {
  /** Adds a letter with one delivery for each destination. */
  add(...to: readonly FakeDelivery[]): void
  /** By delivery: the last answer. */
  readonly outcomes: ReadonlyMap<number, Outcome>
  /** By delivery: the last note. */
  readonly notes: ReadonlyMap<number, string>
  /** Deliveries put back, by letter. */
  readonly returned: readonly (readonly number[])[]
  /** How often notes were flushed. */
  flushes(): number
  /** Lets every note fail. */
  breakNotes(): void
}

export type FakeDelivery = { readonly to: Destination; readonly interrupted?: string; readonly size?: number }

export function fakeLoad(): FakeLoad {
  const waiting: Letter[] = []
  const outcomes = new Map<number, Outcome>()
  const notes = new Map<number, string>()
  const returned: (readonly number[])[] = []
  let flushes = 0
  let broken = false
  let serial = 0
  return {
    add(...wanted) {
      const id = (++serial).toString(16).toUpperCase()
      const deliveries = wanted.map(({ to, interrupted }, index) => deliveryOf(serial * 100 + index, id, to, interrupted))
      waiting.push({ message: messageOf(id, wanted[0]?.size ?? 100), deliveries, content: contentOf })
    },
    isStillWanted: () => true,
    next: () => waiting.shift(),
    async trying(deliveries, note) {
      if (broken) throw new Error('the queue is broken')
      flushes++
      for (const { id } of deliveries) notes.set(id, note)
    },
    settle: (delivery, outcome) => void outcomes.set(delivery.id, outcome),
    putBack: (letter) => void returned.push(letter.deliveries.map(({ id }) => id)),
    outcomes,
    notes,
    returned,
    flushes: () => flushes,
    breakNotes: () => {
      broken = true
    },
  }
}

function deliveryOf(id: number, message: string, to: Destination, interrupted: string | undefined): Delivery {
  const copy: Copy = { from: { local: 'keith', domain: 'shire.lan' }, recipient: { local: 'eddy', domain: 'shire.lan' }, to }
  return { ...copy, id, message, attempts: 0, ...(interrupted === undefined ? {} : { interrupted }) }
}

function messageOf(id: string, size: number): Message {
  const kept = { wall: Date.UTC(2026, 10, 22), known: true }
  return {
    id,
    from: { local: 'keith', domain: 'shire.lan' },
    size,
    kept,
    priority: 'normal',
    parameters: {},
    origin: { door: 'accept', client: 'herring [192.168.1.7]' },
  }
}

async function* contentOf(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('Subject: hello\r\n\r\nhello\r\n')
}
