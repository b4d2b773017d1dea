/** Postfix: letters that stay, in its hold queue or deferred; and its local(8), into an mbox. */
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, greeted } from '../../peer/port.ts'
import { layOutQueue, processes } from '../../peer/postfix.ts'
import { serve } from '../../peer/room.ts'
import type { Contender, Ground, Server } from './contender.ts'
import { metered } from './cost.ts'
import { numbersIn } from './drive.ts'

export const hold: Contender = postfix('Postfix, hold', 'smtpd_client_restrictions = static:hold', /\/hold\//)
export const deferring: Contender = postfix('Postfix, defer_transports', 'defer_transports = smtp', /\/deferred\//)
export const local: Contender = postfix('Postfix local', 'mydestination = shire.lan', /\/deferred\//)

function postfix(name: string, settings: string, isEntry: RegExp): Contender {
  return { name, durable: true, start: (ground) => start(ground, settings, isEntry) }
}

async function start({ folder, spool, mail }: Ground, settings: string, isEntry: RegExp): Promise<Server> {
  const port = await freePort()
  for (const name of ['etc', 'data']) await mkdir(join(folder, name))
  await layOutQueue(spool, join(folder, 'data'))
  await writeFile(join(folder, 'etc/main.cf'), main(settings))
  await writeFile(join(folder, 'etc/master.cf'), `127.0.0.1:${port} inet n - n - - smtpd\n${processes}local unix - n n - - local\n`)
  // Postfix waits for two seconds before it trusts a main.cf that has just been written.
  await utimes(join(folder, 'etc/main.cf'), 0, 0)
  const mounts = {
    '/etc/postfix': join(folder, 'etc'),
    '/var/spool/postfix': spool,
    '/var/lib/postfix': join(folder, 'data'),
    '/var/mail': mail,
  }
  const { started: room, meter } = metered(() =>
    serve('postfix', { folder, mounts, hostname: 'hub.shire.lan' }, ['/usr/lib/postfix/sbin/master', '-i']),
  )
  await greeted(port, room.process, room.log)
  return {
    port,
    meter,
    queued: (whom) => numbersIn(spool, isEntry, whom),
    mbox: join(mail, 'eddy'),
    log: room.log,
    stop: room.stop,
  }
}

const main = (settings: string): string => `
compatibility_level = 3.6
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = hub.shire.lan
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
relayhost = [127.0.0.1]:9
mailbox_command =
mail_spool_directory = /var/mail
in_flow_delay = 0
enable_long_queue_ids = yes
${settings}
`
