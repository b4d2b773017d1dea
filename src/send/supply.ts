/**
 * What is to be sent next: takes letters from the load a window ahead, has their notes on the disk before they are needed
 * (one flush for a window), cuts a letter into transactions (one for each reverse path), keeps what may be a second copy for
 * the end, and sees to it that each delivery it took is settled or put back exactly once. Knows no SMTP.
 */
import type { Address, ReversePath } from '../mail/address.ts'
import { addressKey } from '../mail/address.ts'
import type { Outcome } from '../mail/outcome.ts'
import { brokenBy } from '../mail/outcome.ts'
import type { Delivery, Letter, Load } from '../queue/courier.ts'

/** One MAIL, its RCPTs, and the letter. */
export type Transaction = {
  readonly letter: Letter
  readonly from: ReversePath
  readonly recipients: readonly { readonly delivery: Delivery; readonly address: Address }[]
  /** How often it was begun in vain. */
  readonly tries: number
  /** Resolves when its note is on the disk; an outcome says that it never will be. Never rejects. */
  readonly noted: Promise<Outcome | undefined>
}

export interface Supply {
  /** The next transaction, its note under way. */
  next(where: string): Transaction | undefined
  /** Whether `next` would give one. */
  waiting(): boolean
  /** What is known to come next, a window of it at most. */
  ahead(): { readonly letters: number; readonly octets: number }
  settle(transaction: Transaction, place: number, outcome: Outcome): void
  /** Whether the call still has room for it, now that it is its turn. If not, its letter is due again, unless part of it is settled. */
  begin(transaction: Transaction): boolean
  /** Not begun yet after all. */
  unget(transaction: Transaction): void
  /** These places were begun in vain: they come next, in a transaction of their own; twice in vain, or once closed, they are settled so. */
  again(transaction: Transaction, places: readonly number[], otherwise: Outcome): void
  /** As `again`, but in no way in vain: the server had enough recipients. */
  split(transaction: Transaction, places: readonly number[]): void
  /** Nothing more is begun from here. */
  close(): void
  /** Gives back every letter that was not begun; what is left of one that was is settled so. */
  putBack(otherwise: Outcome): Promise<void>
  /** Everything that is left, here and in the load, is settled so. */
  settleAll(outcome: Outcome): void
  /** How many deliveries a server has decided on so far; doubtful ones do not count. */
  decided(): number
}

export type SupplyOptions = {
  readonly load: Load
  /** Envelope addresses as the outside is to see them. */
  readonly path: (from: ReversePath) => ReversePath
  readonly recipient: (to: Address) => Address
  /** Letters and octets that are noted by one flush. */
  readonly window: { readonly letters: number; readonly octets: number }
  /** Taken from the load. */
  readonly took: (letter: Letter) => void
  /** All its deliveries are settled; `went`: the server has taken it for one of them at least. */
  readonly done: (letter: Letter, went: boolean) => void
  /** About to be sent, though an attempt that a crash or a power cut ended may have brought it there already. */
  readonly suspect: (delivery: Delivery) => void
}

/** In one call. */
const mostTries = 2

/** RFC 5321 §4.5.3.1.8 promises 100; known servers take more, and one that does not says so, whereupon it is split. */
const mostRecipients = 500

export function openSupply(options: SupplyOptions): Supply {
  const { load, window } = options
  const left = new Map<Letter, number>()
  const suspects: Letter[] = []
  let taken: Letter[] = []
  let ready: Transaction[] = []
  const flying = new Set<Letter>()
  const gone = new Set<Letter>()
  /** Octets of begun letters that may still have to cross the line. */
  let crossing = 0
  let closed = false
  let decided = 0

  const ahead = (): number => {
    crossing = Math.min(crossing, octetsOf([...flying]))
    return crossing + octetsOf([...left.keys()].filter((letter) => !flying.has(letter)))
  }
  const take = (): Letter | undefined => {
    for (let letter = load.next(ahead()); letter; letter = load.next(ahead())) {
      left.set(letter, letter.deliveries.length)
      options.took(letter)
      if (!letter.deliveries.some(({ interrupted }) => interrupted !== undefined)) return letter
      suspects.push(letter)
    }
    return suspects.shift()
  }
  const takeWindow = (): readonly Letter[] => {
    const letters = taken
    taken = []
    let octets = octetsOf(letters)
    while (letters.length < window.letters && octets < window.octets) {
      const letter = take()
      if (!letter) break
      letters.push(letter)
      octets += letter.message.size
    }
    return letters
  }
  const restock = (where: string): void => {
    const letters = takeWindow()
    if (letters.length === 0) return
    const deliveries = letters.flatMap((letter) => letter.deliveries)
    const noted = load.trying(deliveries, where).then(() => undefined, brokenBy)
    ready.push(...letters.flatMap((letter) => transactionsOf(letter, noted, options)))
  }
  const settleOne = (letter: Letter, delivery: Delivery, outcome: Outcome): void => {
    load.settle(delivery, outcome)
    if (!('unsure' in outcome)) decided += 1
    if (outcome.kind === 'accepted') gone.add(letter)
    const count = (left.get(letter) ?? 0) - 1
    left.set(letter, count)
    if (count > 0) return
    left.delete(letter)
    flying.delete(letter)
    options.done(letter, gone.delete(letter))
  }
  const settle = (transaction: Transaction, place: number, outcome: Outcome): void => {
    const recipient = transaction.recipients[place]
    if (recipient) settleOne(transaction.letter, recipient.delivery, outcome)
  }
  const line = (transaction: Transaction, places: readonly number[], tries: number): void => {
    const recipients = places.flatMap((place) => transaction.recipients[place] ?? [])
    if (recipients.length > 0) ready.unshift({ ...transaction, tries, recipients })
  }
  return {
    settle,
    decided: () => decided,
    next(where) {
      if (closed) return undefined
      if (ready.length === 0) restock(where)
      const next = ready.shift()
      // The next window's notes reach the disk while the last letter of this one crosses the line.
      if (ready.length === 0) restock(where)
      for (const { delivery } of next?.recipients ?? []) if (delivery.interrupted !== undefined) options.suspect(delivery)
      return next
    },
    waiting() {
      if (closed) return false
      if (ready.length > 0 || taken.length > 0) return true
      const letter = take()
      if (letter) taken.push(letter)
      return letter !== undefined
    },
    ahead: () => ({ letters: ready.length, octets: ready.reduce((sum, { letter }) => sum + letter.message.size, 0) }),
    begin(transaction) {
      const { letter } = transaction
      // It was given back over another connection.
      if (!left.has(letter)) return false
      // Whoever asks has room for more: of what went before no more than a window is on its way.
      crossing = Math.min(crossing, window.octets, octetsOf([...flying]))
      const isWhole = left.get(letter) === letter.deliveries.length && !flying.has(letter)
      if (isWhole && !load.isStillWanted(letter, crossing)) {
        ready = ready.filter((other) => other.letter !== letter)
        left.delete(letter)
        load.putBack(letter)
        return false
      }
      flying.add(letter)
      crossing += letter.message.size
      return true
    },
    unget(transaction) {
      ready.unshift(transaction)
    },
    again(transaction, places, otherwise) {
      const tries = transaction.tries + 1
      if (!closed && tries < mostTries) return line(transaction, places, tries)
      for (const place of places) settle(transaction, place, otherwise)
    },
    split(transaction, places) {
      line(transaction, places, transaction.tries)
    },
    close() {
      closed = true
    },
    async putBack(otherwise) {
      closed = true
      await Promise.all(ready.map(({ noted }) => noted))
      const begun = remainder(ready)
      const untouched = [...begun].filter(([letter, rest]) => rest.length === letter.deliveries.length)
      for (const letter of [...untouched.map(([letter]) => letter), ...taken, ...suspects]) load.putBack(letter)
      for (const [letter, rest] of begun)
        if (rest.length < letter.deliveries.length) for (const delivery of rest) settleOne(letter, delivery, otherwise)
      ready = []
      taken = []
    },
    settleAll(outcome) {
      const rest = remainder(ready)
      ready = []
      for (const [letter, deliveries] of rest) for (const delivery of deliveries) settleOne(letter, delivery, outcome)
      for (let letter = taken.shift() ?? take(); letter; letter = taken.shift() ?? take())
        for (const delivery of letter.deliveries) settleOne(letter, delivery, outcome)
    },
  }
}

function octetsOf(letters: readonly Letter[]): number {
  return letters.reduce((sum, { message }) => sum + message.size, 0)
}

/** Of each letter what is not settled, in order. */
function remainder(transactions: readonly Transaction[]): ReadonlyMap<Letter, readonly Delivery[]> {
  const rest = new Map<Letter, Delivery[]>()
  for (const { letter, recipients } of transactions)
    rest.set(letter, [...(rest.get(letter) ?? []), ...recipients.map(({ delivery }) => delivery)])
  return rest
}

function transactionsOf(letter: Letter, noted: Transaction['noted'], options: SupplyOptions): readonly Transaction[] {
  const paths = new Map<string, { from: ReversePath; recipients: Transaction['recipients'][number][] }>()
  for (const delivery of letter.deliveries) {
    const from = options.path(delivery.from)
    const key = from ? addressKey(from) : ''
    const path = paths.get(key) ?? { from, recipients: [] }
    path.recipients.push({ delivery, address: options.recipient(delivery.recipient) })
    paths.set(key, path)
  }
  return [...paths.values()].flatMap(({ from, recipients }) =>
    Array.from({ length: Math.ceil(recipients.length / mostRecipients) }, (_, part) => ({
      letter,
      from,
      recipients: recipients.slice(part * mostRecipients, (part + 1) * mostRecipients),
      tries: 0,
      noted,
    })),
  )
}
