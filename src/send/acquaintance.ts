/**
 * What is remembered of a smarthost from call to call: that it lets us in by PLAIN with an initial response, so that letters can leave
 * in one group with AUTH, a round trip earlier. RFC 2920 §3.1 would have AUTH end a group, for RFC 4954 says nothing of it; Postfix and
 * Exim take it anywhere. So it is done only where it worked one by one, never again where it failed, and no letter is blamed.
 */
import type { Reply } from '../mail/reply.ts'
import type { MechanismName } from '../sasl.ts'

export type Notebook = {
  /** What `remember` was given last under this name. */
  readonly recall: (name: string) => string | undefined
  readonly remember: (name: string, value: string | undefined) => void
}

export interface Acquaintance {
  /** Letters may follow this mechanism unanswered. */
  hurry(): MechanismName | undefined
  /** It let us in, asked alone or in a hurry. */
  letIn(by: MechanismName): void
  /** It did not, in a hurry, and said so; true where that may be the hurry's fault, so that it is worth asking alone. */
  refused(answer: Reply): boolean
  /** It did, and heard nothing of what came with it. */
  deaf(): void
}

/** `place` names host, port, TLS and user: under other conditions other things may hold. */
export function acquaintance(place: string, { recall, remember }: Notebook): Acquaintance {
  const name = `smtp ${place}`
  const note = (value: Note | undefined): void => {
    if (recall(name) !== value) remember(name, value)
  }
  return {
    hurry: () => (recall(name) === 'together' ? 'PLAIN' : undefined),
    letIn(by) {
      if (recall(name) === undefined && by === 'PLAIN') note('together')
    },
    refused({ code }) {
      // RFC 4954 §6: the password itself was wrong. What is temporary may also be refused to who waits.
      const mine = code !== 535 && (code >= 500 || code < 400)
      note(mine ? 'alone' : undefined)
      return mine
    },
    deaf: () => note('alone'),
  }
}

type Note = 'together' | 'alone'
