/** What one question of the setup is, and what is known of the box before any is asked. */
import type { Parsed } from '../config/kinds.ts'

/** By the question's name, each in the one form in which it is shown and kept. */
export type Answers = ReadonlyMap<string, string>

/** What the computer says of itself. */
export type Facts = {
  /** Whether whoever runs this, and so the daemon, may do everything. */
  readonly root: boolean
  /** The port of the modem, if the board says which: `/dev/ttyS1`. */
  readonly modem?: string
  readonly console?: { readonly tty: string; readonly speed: number }
  /** Whether it has POP3 and IMAP for its LAN. */
  readonly readers: boolean
  /** Names of accounts that are not people's. */
  readonly system: ReadonlySet<string>
  /** Why that is no serial port. */
  readonly ttyTrouble: (tty: string) => string | undefined
}

export type Question = {
  readonly name: string
  /** At most 40 characters, without a question mark. */
  readonly asks: string
  /** What is wanted, for who answers `?`. */
  readonly help: string
  /** What is taken if nothing is typed; '' where nothing can be guessed. */
  readonly usual: (answers: Answers, facts: Facts) => string
  readonly check: (typed: string, answers: Answers, facts: Facts) => Parsed<string>
  /** What it is about; questions of one part stand on one line of the summary. */
  readonly part: string
  /** Neither shown nor trimmed. */
  readonly secret?: true
}

/** Stands for `there is none`. */
export const none = '-'

export function answer(answers: Answers, name: string): string {
  return answers.get(name) ?? ''
}
