/**
 * What of the settings will not work, or not as it could, for want of a right: said at the start, so that nobody has to find it out by a letter
 * that waits. A port below 1024 says so itself, by not opening. Pure.
 */
import type { Config } from './config.ts'

/** As capabilities(7) has them. */
export type Capability = 'chown' | 'sys_time'

export type Rights = {
  readonly root: boolean
  readonly has: (capability: Capability) => boolean
  /** True also for what is not there: others say so. */
  readonly mayWrite: (path: string) => boolean
  /** Those of the names that are not in that folder. */
  readonly without: (folder: string, names: readonly string[]) => readonly string[]
}

/** A sentence each; `people` have mailboxes. */
export function lacking(config: Config, people: readonly string[], rights: Rights): readonly string[] {
  return [
    ...(config.time.set && !rights.has('sys_time')
      ? ['time.set: the computer’s clock cannot be set without cap_sys_time; mail goes by the right time all the same']
      : []),
    ...(config.deliver.programs && !rights.root
      ? ['deliver.programs: only root can run programs and write files as the user who wants it; letters for them are not delivered']
      : []),
    ...mailboxes(config, people, rights),
    ...modem(config, rights),
  ]
}

function mailboxes({ deliver, mail_dir }: Config, people: readonly string[], { root, has, mayWrite, without }: Rights): readonly string[] {
  if (deliver.format === 'lmtp') return []
  if (deliver.format === 'maildir')
    return root ? [] : ['deliver.format: only root can write maildirs, which are in people’s homes; mail waits']
  if (!mayWrite(mail_dir)) return [`mail_dir: ${mail_dir} may not be written; mail waits until dialpost is in its group`]
  const missing = has('chown') ? [] : without(mail_dir, people)
  return missing.length === 0
    ? []
    : [`mail_dir: ${mail_dir} has no mailbox for ${missing.join(', ')}, and only root can make one that is theirs; their mail waits`]
}

function modem({ link: { mode, modem } }: Config, { mayWrite }: Rights): readonly string[] {
  if (mode !== 'dial' || !modem) return []
  const closed = (['tty', 'lock_dir'] as const).filter((name) => !mayWrite(modem[name]))
  return closed.map((name) => `link.modem.${name}: ${modem[name]} may not be written; nothing is dialled until dialpost is in its group`)
}
