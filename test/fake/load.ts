/** A queue in a few lines: gives letters in order, and remembers all that is done with them. */
import { parseAddress } from '../../src/mail/address.ts'
import type { Parameters } from '../../src/mail/envelope.ts'
import type { Outcome } from '../../src/mail/outcome.ts'
import { formatReply } from '../../src/mail/reply.ts'
import type { Delivery, Letter, Load } from '../../src/queue/courier.ts'

export type FakeLetter = {
  readonly id: string
  /** An address, '' for the null sender. */
  readonly from?: string
  readonly to: readonly (string | Partial<Delivery>)[]
  readonly content?: string | Uint8Array
  readonly parameters?: Parameters
  /** Octets of the pieces in which it is read. */
  readonly piece?: number
}

export interface FakeLoad extends Load {
  add(letter: Letter): void
  /** Every settlement in order, those that should not have been too. */
  readonly settled: { readonly delivery: Delivery; readonly outcome: Outcome }[]
  readonly noted: { readonly deliveries: readonly number[]; readonly note: string }[]
  readonly returned: Letter[]
  /** What `next` gave. */
  readonly taken: Letter[]
  /** `1 frodo@a.example accepted 250 2.0.0 Ok`, `… unsure 451 …`: in the order of letters and recipients. */
  lines(): readonly string[]
}

export type FakeLoadOptions = {
  /** The nth call of `trying` (from 1) rejects. */
  readonly failsAt?: number
  /** What a flush waits for. */
  readonly flush?: () => Promise<void>
  /** Whether the call has room for a letter that begins. */
  readonly wanted?: (id: string) => boolean
}

export function fakeLoad(letters: readonly Letter[], options: FakeLoadOptions = {}): FakeLoad {
  const waiting = [...letters]
  const all = [...letters]
  const settled: FakeLoad['settled'] = []
  const noted: FakeLoad['noted'] = []
  const returned: Letter[] = []
  const taken: Letter[] = []
  return {
    settled,
    noted,
    returned,
    taken,
    isStillWanted: ({ message }) => options.wanted?.(message.id) ?? true,
    next() {
      const letter = waiting.shift()
      if (letter) taken.push(letter)
      return letter
    },
    add(letter) {
      waiting.push(letter)
      all.push(letter)
    },
    async trying(deliveries, note) {
      noted.push({ deliveries: deliveries.map(({ id }) => id), note })
      const call = noted.length
      await options.flush?.()
      if (call === options.failsAt) throw new Error('the disk is full')
    },
    settle: (delivery, outcome) => void settled.push({ delivery, outcome }),
    putBack: (letter) => void returned.push(letter),
    lines: () =>
      all.flatMap((letter) =>
        letter.deliveries.map((delivery) => {
          const answers = settled.filter((one) => one.delivery.id === delivery.id).map(({ outcome }) => words(outcome))
          const back = returned.includes(letter) ? ['put back'] : []
          return `${letter.message.id} ${address(delivery)} ${[...answers, ...back].join(' and ') || 'left'}`
        }),
      ),
  }
}

let deliveries = 0

/** Content defaults to a short header and one line. */
export function fakeLetter({
  id,
  from = 'eddy@shire.lan',
  to,
  content = 'Subject: hello\r\n\r\nHello.\r\n',
  parameters = {},
  piece = 65_536,
}: FakeLetter): Letter {
  const octets = Buffer.from(content)
  const sender = from === '' ? null : addressOf(from)
  return {
    message: {
      id,
      from: sender,
      size: octets.length,
      kept: { wall: 0, known: false },
      priority: 'normal',
      parameters,
      origin: { door: 'accept', client: 'herring [127.0.0.1]' },
    },
    deliveries: to.map((one) => ({
      id: ++deliveries,
      message: id,
      from: sender,
      recipient: addressOf(typeof one === 'string' ? one : 'frodo@a.example'),
      to: { courier: 'smarthost' },
      attempts: 0,
      ...(typeof one === 'string' ? {} : one),
    })),
    async *content(from = 0) {
      for (let at = from; at < octets.length; at += piece) yield octets.subarray(at, at + piece)
    },
  }
}

export function addressOf(text: string): NonNullable<ReturnType<typeof parseAddress>> {
  const address = parseAddress(text)
  if (!address) throw new Error(`no address: ${text}`)
  return address
}

function address({ recipient }: Delivery): string {
  return `${recipient.local}@${recipient.domain}`
}

function words(outcome: Outcome): string {
  const kind = outcome.kind === 'deferred' && outcome.unsure ? 'unsure' : outcome.kind
  return `${kind} ${formatReply(outcome.reply)}`
}
