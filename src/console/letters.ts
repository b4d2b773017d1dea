/** Letters of the queue as the house shows them to operators. */
import type { Clock } from '../clock.ts'
import type { Readable } from '../collect/headers.ts'
import { formatAddress } from '../mail/address.ts'
import { collectHeader } from '../mail/header.ts'
import type { MessageId, Origin } from '../mail/message.ts'
import type { Entry, Listed } from '../queue/views.ts'
import type { QueuedDelivery, QueuedLetter, ShownLetter } from './house.ts'
import { moment } from './words.ts'

/** Where the letters lie, and how they are read. */
export type Desk = {
  /** The content as stored. */
  readonly content: (id: MessageId) => AsyncIterable<Uint8Array> | undefined
  readonly readable: (header: Uint8Array) => Promise<Readable>
  readonly readableText: (content: AsyncIterable<Uint8Array>) => Promise<string>
}

/** How much of a header `show` prints (octets). */
const shownHeader = 16 * 1024

export function queued({ message, deliveries }: Entry, seconds: (octets: number) => number, clock: Clock): QueuedLetter {
  const goesOut = deliveries.some(({ to, state }) => to.courier === 'smarthost' && (state === 'waiting' || state === 'trying'))
  return {
    id: message.id,
    from: message.from ? formatAddress(message.from) : '<>',
    size: message.size,
    priority: message.priority,
    subject: message.subject ?? '',
    kept: message.kept.wall,
    keptKnown: message.kept.known,
    lineSeconds: goesOut ? seconds(message.size) : 0,
    deliveries: deliveries.map((one) => queuedDelivery(one, clock)),
  }
}

function queuedDelivery({ recipient, to, state, words, attempts, due, unsure, interrupted }: Listed, clock: Clock): QueuedDelivery {
  const left = due === undefined ? 0 : Math.round((due - clock.elapsed()) / 1000)
  return {
    recipient: formatAddress(recipient),
    courier: to.courier,
    state,
    words,
    attempts,
    ...(left > 0 && Number.isFinite(left) ? { nextIn: left } : {}),
    possibleDuplicate: unsure === true || interrupted !== undefined,
  }
}

export async function shown({ message, deliveries }: Entry, letter: QueuedLetter, desk: Desk): Promise<ShownLetter> {
  const content = desk.content(message.id)
  const header = content ? await headerOf(content) : new Uint8Array(0)
  const again = desk.content(message.id)
  const past = deliveries.flatMap(({ recipient, history }) => history.map((one) => ({ ...one, recipient: formatAddress(recipient) })))
  return {
    ...letter,
    origin: originWords(message.origin),
    messageId: message.messageId ?? '',
    history: past
      .toSorted((a, b) => a.at.wall - b.at.wall)
      .map(
        ({ at, recipient, what, said }) => `${moment(at.wall, at.known)}  ${recipient}  ${what}${said === undefined ? '' : `: ${said}`}`,
      ),
    readable: { ...(await desk.readable(header)), text: again ? await desk.readableText(again) : '' },
    header: Buffer.from(header.subarray(0, shownHeader)).toString('utf8').replaceAll('\r\n', '\n').trimEnd(),
  }
}

async function headerOf(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const header = collectHeader()
  for await (const octets of content) if (header.push(octets)) break
  return header.octets()
}

function originWords(origin: Origin): string {
  switch (origin.door) {
    case 'accept':
      return `from ${origin.client}`
    case 'collect':
      return `collected from ${origin.account}`
    case 'bounce':
      return origin.of === undefined ? 'a notice' : `a notice about ${origin.of}`
  }
}
