/**
 * A bounded number of letters taken from the queue's load, sorted by where they go. Holds no body: a letter is read when it
 * is appended.
 */
import type { Delivery, Letter, Load } from '../queue/courier.ts'
import type { Mailbox } from './mailbox.ts'

/** One delivery of one letter. */
export type Item = { readonly letter: Letter; readonly delivery: Delivery }

/** Where items of one key go, together and in order. */
export type Lane = { readonly key: string; readonly user: string; readonly mailbox: Mailbox }

/** What one lock and one flush may be good for: longer, and a reader waits; larger, and an undo throws too much away. */
const batchLetters = 50
const batchOctets = 1024 * 1024

export function take(load: Load, signal: AbortSignal): readonly Item[] {
  const items: Item[] = []
  let octets = 0
  while (!signal.aborted && items.length < batchLetters && octets < batchOctets) {
    const letter = load.next()
    if (!letter) break
    octets += letter.message.size
    items.push(...letter.deliveries.map((delivery) => ({ letter, delivery })))
  }
  return items
}

export function grouped(
  items: readonly Item[],
  laneOf: (delivery: Delivery) => Lane | undefined,
): readonly { lane: Lane; items: readonly Item[] }[] {
  const groups = new Map<string, { lane: Lane; items: Item[] }>()
  for (const item of items) {
    const lane = laneOf(item.delivery)
    if (!lane) throw new Error(`delivery ${item.delivery.id} is for ${item.delivery.to.courier}`)
    const group = groups.get(lane.key)
    if (group) group.items.push(item)
    else groups.set(lane.key, { lane, items: [item] })
  }
  return [...groups.values()]
}

export async function severally<T>(all: readonly T[], limit: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all]
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}

export function putBack(items: readonly Item[], load: Load): void {
  for (const [letter, deliveries] of Map.groupBy(items, (item) => item.letter))
    load.putBack({ ...letter, deliveries: deliveries.map((item) => item.delivery) })
}
