/**
 * The mailbox port in memory, and its reference: what a mailbox promises, without a disk. It can refuse letters, and it can
 * "crash" after the nth letter of an append: then that append never ends, as it would not have.
 */
import type { Mail, Mailbox } from '../../src/deliver/mailbox.ts'
import type { Outcome } from '../../src/mail/outcome.ts'
import { brokenBy } from '../../src/mail/outcome.ts'
import { reply } from '../../src/mail/reply.ts'

export interface FakeMailbox extends Mailbox {
  /** Marks (`ID.DELIVERY`) in the order of their arrival. */
  lettersOf(user: string): readonly string[]
  /** How many times a mailbox was locked for an append. */
  appends(): number
  /** Until it is called with undefined, that user's mailbox answers so, without a note. */
  answer(user: string, outcome: Outcome | undefined): void
  /** The next append stops for ever once that many letters are in. */
  crashAfter(letters: number): void
}

export function fakeMailbox(users: readonly string[]): FakeMailbox {
  const boxes = new Map(users.map((user) => [user, [] as string[]]))
  const answers = new Map<string, Outcome>()
  let crash: number | undefined
  let appends = 0
  return {
    async append(user, mails, noting) {
      const box = boxes.get(user)
      const refusal = box ? answers.get(user) : noUser(user)
      if (refusal || !box) return mails.map(() => refusal ?? noUser(user))
      appends++
      try {
        await noting(`at ${box.length}`)
      } catch (error) {
        return mails.map(() => brokenBy(error))
      }
      const outcomes: Outcome[] = []
      for (const mail of mails) {
        if (crash === outcomes.length) return new Promise(() => {})
        outcomes.push(await read(mail, box))
      }
      return outcomes
    },
    settled: async (user, mail) => answers.get(user) ?? (boxes.get(user)?.includes(markOf(mail)) ? accepted : undefined),
    lettersOf: (user) => boxes.get(user) ?? [],
    appends: () => appends,
    answer: (user, outcome) => void (outcome ? answers.set(user, outcome) : answers.delete(user)),
    crashAfter: (letters) => {
      crash = letters
    },
  }
}

const accepted: Outcome = { kind: 'accepted', reply: reply(250, '2.0.0', '') }

async function read(mail: Mail, box: string[]): Promise<Outcome> {
  try {
    for await (const _ of mail.content());
  } catch (error) {
    return brokenBy(error)
  }
  box.push(markOf(mail))
  return accepted
}

function markOf({ id, delivery }: Mail): string {
  return `${id}.${delivery}`
}

function noUser(user: string): Outcome {
  return { kind: 'refused', reply: reply(550, '5.1.1', `${user} has no mailbox here`) }
}
