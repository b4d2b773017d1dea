/**
 * The couriers of the LAN: letters from the queue into mailboxes, files and programs. A batch of them is sorted by mailbox, so
 * that each is locked and flushed once for many letters; a few mailboxes are filled at the same time, and one that is locked
 * costs the others nothing. Decides nothing about a letter: it passes on what the mailbox says, and asks the mailbox about
 * every delivery that a crash interrupted before it repeats it. Knows no file.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import type { CourierName } from '../mail/message.ts'
import type { Outcome } from '../mail/outcome.ts'
import { brokenBy } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'
import type { Courier, Delivery, Load } from '../queue/courier.ts'
import type { Accounts } from './account.ts'
import type { Item, Lane } from './batch.ts'
import { grouped, putBack, severally, take } from './batch.ts'
import type { Mail, Mailbox } from './mailbox.ts'

export interface Programs {
  /** Runs the command once, with the letter as its input. Never rejects. */
  run(command: string, user: string, mail: Mail, signal: AbortSignal): Promise<Outcome>
}

export type LocalOptions = {
  readonly mailbox: Mailbox
  /** The file at that path, as a mailbox. */
  readonly file: (path: string) => Mailbox
  readonly programs: Programs
  readonly accounts: Accounts
  readonly clock: Clock
  readonly log: Log
}

const atOnce = 4
/** Milliseconds for which a mailbox that was locked is not tried again by the same load. */
const leftAlone = 30_000

export function localCouriers(options: LocalOptions): readonly Courier[] {
  const { mailbox, file, programs } = options
  return [
    courier('mailbox', options, ({ to }) => (to.courier === 'mailbox' ? { key: to.user, user: to.user, mailbox } : undefined)),
    courier('file', options, ({ to }) =>
      to.courier === 'file' ? { key: `${to.user} ${to.path}`, user: to.user, mailbox: file(to.path) } : undefined,
    ),
    courier('program', options, ({ id, to }) =>
      to.courier === 'program' ? { key: String(id), user: to.user, mailbox: asMailbox(to.command, programs, options.log) } : undefined,
    ),
  ]
}

function courier(name: CourierName, { accounts, clock, log }: LocalOptions, laneOf: (delivery: Delivery) => Lane | undefined): Courier {
  /** Notes of deliveries whose mailbox could not yet be asked: the queue forgets a note once the delivery is settled. */
  const open = new Map<number, string>()

  async function carry(load: Load, signal: AbortSignal): Promise<void> {
    const shut = new Map<string, { readonly outcome: Outcome; readonly since: number }>()
    for (let batch = take(load, signal); batch.length > 0; batch = take(load, signal)) {
      await severally(grouped(batch, laneOf), atOnce, ({ lane, items }) => deliver(lane, items, load, shut, signal))
    }
  }

  async function deliver(
    lane: Lane,
    items: readonly Item[],
    load: Load,
    shut: Map<string, { outcome: Outcome; since: number }>,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return putBack(items, load)
    const account = accounts.find(lane.user)
    const settle = (item: Item, outcome: Outcome) => load.settle(item.delivery, outcome)
    if (!account && name === 'mailbox') return items.forEach((item) => settle(item, unknownUser(lane.user)))
    const locked = shut.get(lane.key)
    if (locked && clock.elapsed() - locked.since < leftAlone) return later(items, locked.outcome, load)
    const { fresh, refused } = await askAbout(lane, items, load, signal)
    if (refused) {
      shut.set(lane.key, { outcome: refused, since: clock.elapsed() })
      return signal.aborted ? putBack(fresh, load) : later(fresh, refused, load)
    }
    if (fresh.length === 0) return
    let noted = false
    const noting = async (note: string) => {
      await load.trying(
        fresh.map((item) => item.delivery),
        note,
      )
      fresh.forEach(({ delivery }) => open.delete(delivery.id))
      noted = true
    }
    const outcomes = await lane.mailbox
      .append(lane.user, fresh.map(mailOf), noting, signal)
      .catch((error: unknown) => fresh.map(() => brokenBy(error)))
    if (signal.aborted && !noted) return putBack(fresh, load)
    fresh.forEach((item, index) => settle(item, outcomes[index] ?? brokenBy('the mailbox gave no answer')))
    const [first] = outcomes
    if (first && !noted && outcomes.every(({ kind }) => kind === 'deferred')) shut.set(lane.key, { outcome: first, since: clock.elapsed() })
  }

  /** Settles the interrupted ones that are in; `fresh` are the others. Once the mailbox refuses to tell it is not asked again. */
  async function askAbout(
    lane: Lane,
    items: readonly Item[],
    load: Load,
    signal: AbortSignal,
  ): Promise<{ fresh: readonly Item[]; refused: Outcome | undefined }> {
    const fresh: Item[] = []
    let refused: Outcome | undefined
    for (const item of items) {
      const note = open.get(item.delivery.id) ?? item.delivery.interrupted
      const found = note === undefined || refused ? undefined : await ask(lane, item, note, signal)
      if (found?.kind === 'deferred') refused = found
      if (found === undefined || found === refused) fresh.push(item)
      else load.settle(item.delivery, found)
    }
    return { fresh, refused }
  }

  async function ask(lane: Lane, item: Item, note: string, signal: AbortSignal): Promise<Outcome | undefined> {
    const found = await lane.mailbox.settled(lane.user, mailOf(item), note, signal).catch((error: unknown) => brokenBy(error))
    if (found?.kind !== 'deferred') open.delete(item.delivery.id)
    if (found?.kind === 'accepted')
      log.notice('found-delivered', `${item.letter.message.id}: was in ${lane.user}’s mailbox before the crash`)
    return found
  }

  function later(items: readonly Item[], outcome: Outcome, load: Load): void {
    for (const { delivery } of items) {
      if (delivery.interrupted !== undefined) open.set(delivery.id, open.get(delivery.id) ?? delivery.interrupted)
      load.settle(delivery, outcome)
    }
  }

  return { name, carry }
}

/** A program as a mailbox: it takes one letter, and cannot be asked later whether it had it. */
function asMailbox(command: string, programs: Programs, log: Log): Mailbox {
  return {
    async append(user, mails, noting, signal) {
      await noting('program')
      const outcomes: Outcome[] = []
      for (const mail of mails) outcomes.push(await programs.run(command, user, mail, signal))
      return outcomes
    },
    async settled(_user, mail) {
      log.warn('possible-duplicate', `${mail.id}: "|${command}" was running when dialpost stopped; it is run again`)
      return undefined
    },
  }
}

function mailOf({ letter, delivery }: Item): Mail {
  return {
    id: letter.message.id,
    delivery: delivery.id,
    from: delivery.from,
    recipient: delivery.recipient,
    at: letter.message.kept.wall,
    content: () => letter.content(),
  }
}

function unknownUser(user: string): Outcome {
  return { kind: 'refused', reply: reply(550, '5.1.1', `${user} has no mailbox here`) }
}
