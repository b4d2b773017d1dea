/**
 * What stands in for programs and files where the settings do not let aliases and .forward name any: the letter is refused,
 * with the setting's name. A file is still asked for what a crash interrupted under an earlier setting, so that nobody is
 * told of a failure who has the letter; and /dev/null, which keeps nothing, takes everything as ever.
 */
import type { Outcome } from '../mail/outcome.ts'
import { reply } from '../mail/reply.ts'
import type { Programs } from './local.ts'
import type { Mailbox } from './mailbox.ts'

export const noPrograms: Programs = { run: async (command) => refused(`|${command}`, 'Programs are not run') }

export function noFiles(file: (path: string) => Mailbox): (path: string) => Mailbox {
  return (path) => {
    const there = file(path)
    if (path === '/dev/null') return there
    return { settled: there.settled, append: async (_user, mails) => mails.map(() => refused(path, 'Files are not written')) }
  }
}

function refused(where: string, what: string): Outcome {
  return { kind: 'refused', reply: reply(550, '5.7.1', `${what} here (deliver.programs is off)`), where }
}
