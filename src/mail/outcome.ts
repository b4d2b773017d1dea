/**
 * A courier is asked one question and has three answers. What is not known for certain is deferred:
 * a wrong guess is worse than no guess, and mail is never lost by classification.
 */
import type { Reply } from './reply.ts'
import { reply } from './reply.ts'

export type Outcome =
  | {
      readonly kind: 'accepted'
      readonly reply: Reply /** `mail.isp.example [192.0.2.1]`, a mailbox file, a program. */
      readonly where?: string
    }
  | {
      readonly kind: 'deferred'
      readonly reply: Reply
      readonly where?: string /** The final dot was in flight when the line died: the letter may have arrived. */
      readonly unsure?: true
    }
  | { readonly kind: 'refused'; readonly reply: Reply; readonly where?: string }

/** The outcome that a server's final reply means. */
export function outcomeOf(answer: Reply, where?: string): Outcome {
  const place = where === undefined ? {} : { where }
  if (answer.code >= 200 && answer.code < 300) return { kind: 'accepted', reply: answer, ...place }
  if (answer.code >= 500 && answer.code < 600) return { kind: 'refused', reply: answer, ...place }
  return { kind: 'deferred', reply: answer, ...place }
}

/** The outcome of something that broke and that nobody foresaw: later, with its cause. */
export function brokenBy(cause: unknown): Outcome {
  return { kind: 'deferred', reply: reply(451, '4.3.0', cause instanceof Error ? cause.message : String(cause)) }
}
