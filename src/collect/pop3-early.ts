/**
 * Letters that are asked for before anybody is there to take them: their octets wait, and with them all answers behind theirs, until
 * somebody is, so that a session's first letter comes in the round trip in which the list does.
 */
import type { Answer } from './maildrop.ts'
import type { Command } from './pop3-wire.ts'

type Take = NonNullable<Command['body']>

export interface EarlyLetters {
  ask(number: number): void
  /** The answer to one that was asked for, which goes to `take` from now on; undefined: it was not, or is taken. */
  take(number: number, take: Take): Promise<Answer> | undefined
  /** Nobody wants the others any more. */
  skim(): void
}

export function earlyLetters(retrieve: (number: number, take: Take) => Promise<Answer>): EarlyLetters {
  const coming = new Map<number, { readonly answer: Promise<Answer>; readonly deliverTo: (take: Take) => void }>()
  return {
    ask(number) {
      let deliverTo: (take: Take) => void = () => {}
      const taker = new Promise<Take>((resolve) => (deliverTo = resolve))
      const answer = retrieve(number, async (octets) => (await taker)(octets))
      coming.set(number, { answer, deliverTo })
    },
    take(number, take) {
      const letter = coming.get(number)
      coming.delete(number)
      letter?.deliverTo(take)
      return letter?.answer
    },
    skim() {
      for (const { deliverTo } of coming.values()) deliverTo(() => {})
      coming.clear()
    },
  }
}
