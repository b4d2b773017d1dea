/** sendmail: DeliveryMode queueonly; and, with its own mail.local, into an mbox. */
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, greeted } from '../../peer/port.ts'
import { run, serve } from '../../peer/room.ts'
import type { Contender, Ground, Server } from './contender.ts'
import { metered } from './cost.ts'
import { numbersIn } from './drive.ts'

export const queueing: Contender = {
  name: 'sendmail, queueonly',
  durable: true,
  share: 0.5,
  start: (ground) => start(ground, 'queueonly'),
}
export const delivering: Contender = {
  name: 'sendmail, mail.local',
  durable: true,
  share: 0.1,
  start: (ground) => start(ground, 'background'),
}

async function start({ folder, spool, mail }: Ground, mode: string): Promise<Server> {
  const port = await freePort()
  await chown(mail, 0, mailGroup)
  const options = { folder, hostname: 'hub.shire.lan', mounts: { '/etc/mail': folder, '/var/spool/mqueue': spool, '/var/mail': mail } }
  await writeFile(join(folder, 'hub.mc'), source(port, mode))
  await writeFile(join(folder, 'local-host-names'), 'shire.lan\n')
  await writeFile(join(folder, 'trusted-users'), '')
  await writeFile(join(folder, 'service.switch'), 'hosts files\npasswd files\naliases files\n')
  const made = await run('sendmail', options, ['/usr/bin/m4', '-D_CF_DIR_=/usr/share/sendmail/cf/', '/etc/mail/hub.mc'])
  if (made.code !== 0) throw new Error(`m4 could not make sendmail's configuration:\n${made.err}`)
  await writeFile(join(folder, 'sendmail.cf'), made.out, { mode: 0o644 })
  const { started: room, meter } = metered(() =>
    serve('sendmail', options, ['/usr/libexec/sendmail/sendmail', '-C', '/etc/mail/sendmail.cf', '-bD']),
  )
  await greeted(port, room.process, room.log)
  return {
    port,
    meter,
    queued: (whom) => numbersIn(spool, /\/qf[^/]*$/, whom),
    mbox: join(mail, 'eddy'),
    log: room.log,
    stop: room.stop,
  }
}

const mailGroup = 8

/** Loads and rates at which it would stop to listen are lifted. */
const source = (port: number, mode: string): string => `
include(\`/usr/share/sendmail/cf/m4/cf.m4')
OSTYPE(unknown)dnl
DOMAIN(generic)dnl
undefine(\`confHOST_STATUS_DIRECTORY')dnl
define(\`confDELIVERY_MODE', \`${mode}')dnl
define(\`confSERVICE_SWITCH_FILE', \`/etc/mail/service.switch')dnl
define(\`confTO_IDENT', \`0')dnl
define(\`confQUEUE_LA', \`1000')dnl
define(\`confREFUSE_LA', \`1000')dnl
define(\`confDELAY_LA', \`0')dnl
define(\`confPID_FILE', \`/tmp/sendmail.pid')dnl
undefine(\`ALIAS_FILE')dnl
define(\`SMART_HOST', \`relay:[127.0.0.1]')dnl
define(\`LOCAL_MAILER_PATH', \`/usr/libexec/sendmail/mail.local')dnl
define(\`LOCAL_MAILER_ARGS', \`mail.local -d $u')dnl
define(\`LOCAL_MAILER_FLAGS', \`PSmn9')dnl
FEATURE(\`use_cw_file')dnl
FEATURE(\`no_default_msa')dnl
FEATURE(\`promiscuous_relay')dnl
FEATURE(\`accept_unresolvable_domains')dnl
FEATURE(\`nocanonify')dnl
DAEMON_OPTIONS(\`Port=${port}, Addr=127.0.0.1, Name=MTA')dnl
MAILER(local)dnl
MAILER(smtp)dnl
`
