/** Delivery on the LAN, put together from the settings: mailboxes in their format, files and programs. Like daemon.ts it may use adapters. */
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import { type Accounts, groupNamed } from './config/accounts.ts'
import type { Config } from './config/config.ts'
import { serverAt } from './config/servers.ts'
import { span } from './console/words.ts'
import { dotlocks } from './deliver/dotlock.ts'
import { systemFiles } from './deliver/files.ts'
import { lmtp } from './deliver/lmtp.ts'
import { localCouriers } from './deliver/local.ts'
import { mailboxLocks } from './deliver/lock.ts'
import type { Mailbox } from './deliver/mailbox.ts'
import { maildirs } from './deliver/maildir.ts'
import { mboxFolder } from './deliver/mbox.ts'
import { plainFiles } from './deliver/plain-file.ts'
import { programs } from './deliver/program.ts'
import { noFiles, noPrograms } from './deliver/refusing.ts'
import type { Log } from './log/events.ts'
import type { Courier } from './queue/courier.ts'

export type LocalDelivery = {
  readonly locals: readonly Courier[]
  /** Mailboxes that cannot be written just now, each in a sentence. */
  readonly stuck: () => readonly string[]
}

export function localDelivery(config: Config, people: Accounts, clock: Clock, log: Log): LocalDelivery {
  const files = systemFiles
  const everybody = { find: people.anybody }
  const locks = mailboxLocks({ dotlocks: dotlocks({ files, clock, log }), files, clock, log })
  const mailbox = mailboxOf()
  const file = plainFiles({ accounts: everybody, files, locks, log })
  const locals = localCouriers({
    mailbox,
    file: config.deliver.programs ? file : noFiles(file),
    programs: config.deliver.programs ? programs({ accounts: everybody, clock }) : noPrograms,
    accounts: people,
    clock,
    log,
  })
  return {
    locals,
    stuck: () =>
      locks.stuck().map(({ mailbox: name, holder, since }) => `${name}: locked by ${holder} for ${span((clock.elapsed() - since) / 1000)}`),
  }

  function mailboxOf(): Mailbox {
    const { hostname, deliver } = config
    switch (deliver.format) {
      case 'mbox':
        return mboxFolder({ directory: config.mail_dir, accounts: people, mailGroup: groupNamed('mail'), files, locks, log })
      case 'maildir':
        return maildirs({ directoryOf: ({ home }) => join(home, 'Maildir'), accounts: people, host: hostname, files, log })
      case 'lmtp':
        return lmtp({ server: serverAt(deliver.lmtp ?? ''), hostname, clock, log })
    }
  }
}
