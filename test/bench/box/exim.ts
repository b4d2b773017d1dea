/** Exim: every letter queued alone, as by -odq; and its appendfile, into an mbox, which waits for the kernel's lock alone: for a dotlock it would wait seconds. */
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, greeted } from '../../peer/port.ts'
import { serve } from '../../peer/room.ts'
import type { Contender, Ground, Server } from './contender.ts'
import { metered } from './cost.ts'
import { numbersIn } from './drive.ts'

export const queueing: Contender = { name: 'Exim -odq', durable: true, share: 0.2, start: (ground) => start(ground, ['-odq']) }
export const delivering: Contender = { name: 'Exim', durable: true, share: 0.1, start: (ground) => start(ground, []) }

const eximUser = 104

async function start({ folder, spool, mail }: Ground, words: readonly string[]): Promise<Server> {
  const port = await freePort()
  await mkdir(join(folder, 'etc'))
  for (const path of [folder, spool]) await chown(path, eximUser, eximUser)
  const settings = join(folder, 'etc/exim4.conf')
  await writeFile(settings, configuration(port))
  // Exim reads no configuration that others may have written.
  await chmod(settings, 0o644)
  const mounts = { '/etc/exim4': join(folder, 'etc'), '/var/spool/exim4': spool, '/var/mail': mail }
  const { started: room, meter } = metered(() =>
    serve('exim', { folder, mounts, hostname: 'hub.shire.lan' }, ['/usr/sbin/exim4', '-bdf', ...words]),
  )
  await greeted(port, room.process, room.log)
  return {
    port,
    meter,
    queued: (whom) => numbersIn(spool, /-H$/, whom),
    mbox: join(mail, 'eddy'),
    log: room.log,
    stop: room.stop,
  }
}

const configuration = (port: number): string =>
  `
primary_hostname = hub.shire.lan
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
disable_ipv6 = true
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
log_file_path = /mnt/%slog
acl_smtp_rcpt = open
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
keep_environment =

begin acl
open:
  accept

begin routers
people:
  driver = accept
  domains = shire.lan
  transport = mbox
onward:
  driver = manualroute
  transport = onward
  route_list = * 127.0.0.1 byname
  self = send

begin transports
mbox:
  driver = appendfile
  file = /var/mail/eddy
  user = eddy
  group = mail
  mode = 0660
  use_lockfile = false
  lock_fcntl_timeout = 60s
  return_path_add
onward:
  driver = smtp
  port = 9
  allow_localhost = true

begin retry
* * F,1h,1m
`
