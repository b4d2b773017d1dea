/** Another ISP's smarthost: Debian's Exim, with CHUNKING, PIPELINING, STARTTLS and AUTH. What it accepts it relays to a sink. */
import { readFileSync } from 'node:fs'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeCertificate } from '../fake/certificate.ts'
import { freePort, greeted } from './port.ts'
import { makeFolder, serve } from './room.ts'
import { startSink, type Sink } from './sink.ts'

export type EximOptions = {
  /** With these login names and passwords AUTH is offered, and without it nothing is relayed. */
  readonly users?: Readonly<Record<string, string>>
  /** Recipients that are refused with 550, and with 451. */
  readonly refused?: readonly string[]
  readonly deferred?: readonly string[]
}

export type Exim = {
  readonly port: number
  /** PEM; signs itself. */
  readonly certificate: string
  readonly sink: Sink
  readonly log: () => string
  readonly stop: () => Promise<void>
}

const eximUser = 104

export async function startExim(options: EximOptions = {}): Promise<Exim> {
  const folder = await makeFolder()
  const port = await freePort()
  const sink = await startSink()
  const { key, certificate } = writeCertificate(folder.path)
  await chown(key, eximUser, eximUser)
  for (const name of ['etc', 'spool', 'spool/input', 'spool/db', 'spool/msglog']) {
    await mkdir(join(folder.path, name))
    if (name !== 'etc') await chown(join(folder.path, name), eximUser, eximUser)
  }
  const settings = join(folder.path, 'etc/exim4.conf')
  await writeFile(settings, configuration({ ...options, port, sink: sink.port }))
  // Exim reads no configuration that others may have written.
  await chmod(settings, 0o644)

  const mounts = { '/etc/exim4': join(folder.path, 'etc'), '/var/spool/exim4': join(folder.path, 'spool') }
  const room = serve('exim', { folder: folder.path, mounts, hostname: 'smtp.isp.example' }, ['/usr/sbin/exim4', '-bdf', '-q1m'])
  const stop = async () => {
    await room.stop()
    await sink.stop()
    await folder.remove()
  }
  await greeted(port, room.process, room.log).catch(async (cause: unknown) => {
    await stop()
    throw cause
  })
  return { port, certificate, sink, log: () => room.log() + readFileSync(join(folder.path, 'spool/mainlog'), 'utf8'), stop }
}

const list = (addresses: readonly string[]): string => addresses.join(' : ')

const configuration = ({
  users,
  refused = [],
  deferred = [],
  port,
  sink,
}: EximOptions & { readonly port: number; readonly sink: number }): string => `
primary_hostname = smtp.isp.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
disable_ipv6 = true
host_lookup =
dns_again_means_nonexist = *
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = /mnt/certificate.pem
tls_privatekey = /mnt/key.pem
log_file_path = /var/spool/exim4/%slog
log_selector = +smtp_protocol_error +smtp_syntax_error
acl_smtp_rcpt = recipient
acl_smtp_data = content
smtp_enforce_sync = true
smtp_accept_queue_per_connection = 0
bounce_return_size_limit = 100K
keep_environment =

begin acl
recipient:
  deny message = 5.1.1 No such person here
       recipients = ${list(refused)}
  defer message = 4.2.0 Not now
        recipients = ${list(deferred)}
  accept ${users ? 'authenticated = *' : 'hosts = 127.0.0.1'}
  deny message = 5.7.1 Who are you?
content:
  accept

begin routers
onward:
  driver = manualroute
  transport = onward
  route_list = * 127.0.0.1 byname
  self = send

begin transports
onward:
  driver = smtp
  port = ${sink}
  allow_localhost = true
  hosts_avoid_tls = *
  hosts_try_fastopen =
  message_linelength_limit = 10M

begin retry
* * F,1h,1m

begin authenticators
${users ? authenticators(users) : ''}
`

const authenticators = (users: Readonly<Record<string, string>>): string => {
  const known = Object.entries(users)
    .map(([user, password]) => `{and{{eq{$auth1}{${user}}}{eq{$auth2}{${password}}}}}`)
    .join('')
  const passwords = Object.entries(users)
    .map(([user, password]) => `${user}=${password}`)
    .join(' ')
  return `
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if or{${known.replaceAll('$auth2', '$auth3').replaceAll('$auth1', '$auth2')}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if or{${known}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${extract{$auth1}{${passwords}}{$value}fail}
  server_set_id = $auth1
`
}
