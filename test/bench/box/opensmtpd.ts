/** OpenSMTPD, its mta paused; and, by its mail.local, into an mbox. It never calls fsync(2): what it has accepted a power cut can take. */
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, greeted } from '../../peer/port.ts'
import { serve } from '../../peer/room.ts'
import type { Contender, Ground, Server } from './contender.ts'
import { metered } from './cost.ts'
import { numbersIn } from './drive.ts'

export const queueing: Contender = {
  name: 'OpenSMTPD, mta paused',
  durable: false,
  share: 0.5,
  start: (ground) => start(ground, ['-P', 'mta']),
}
export const delivering: Contender = { name: 'OpenSMTPD, mail.local', durable: false, share: 0.2, start: (ground) => start(ground, []) }

const mailGroup = 8

async function start({ folder, spool, mail }: Ground, words: readonly string[]): Promise<Server> {
  const port = await freePort()
  await chown(mail, 0, mailGroup)
  await chmod(mail, 0o2775)
  await chmod(spool, 0o711)
  for (const name of ['lib/empty', 'run']) await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, 'smtpd.conf'), settings(port), { mode: 0o600 })
  const mounts = {
    '/var/spool/smtpd': spool,
    '/var/mail': mail,
    '/var/lib/opensmtpd': join(folder, 'lib'),
    '/var/run': join(folder, 'run'),
  }
  const { started: room, meter } = metered(() =>
    serve('opensmtpd', { folder, mounts, hostname: 'hub.shire.lan' }, ['/usr/sbin/smtpd', '-F', '-f', '/mnt/smtpd.conf', ...words]),
  )
  await greeted(port, room.process, room.log)
  return {
    port,
    meter,
    queued: (whom) => numbersIn(spool, /\/[0-9a-f]{16}$/, whom),
    mbox: join(mail, 'eddy'),
    log: room.log,
    stop: room.stop,
  }
}

const settings = (port: number): string => `
smtp limit max-mails 1000000
listen on 127.0.0.1 port ${port} hostname hub.shire.lan
action "people" mbox
action "onward" relay host smtp://127.0.0.1:9
match from any for domain "shire.lan" action "people"
match from any for any action "onward"
`
