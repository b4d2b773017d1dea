/**
 * The ISP's smarthost: Debian's Postfix, with STARTTLS and TLS from the start, AUTH by a Dovecot, and a policy that the test
 * answers. What it accepts it relays to a sink, where the test reads it octet for octet behind Postfix's own Received field.
 */
import { chmod, chown, mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeCertificate } from '../fake/certificate.ts'
import { startDovecot, type Dovecot } from './dovecot.ts'
import { startPolicy, type Verdict } from './policy.ts'
import { freePort, greeted } from './port.ts'
import { makeFolder, serve } from './room.ts'
import { startSink, type Sink } from './sink.ts'

export type PostfixOptions = {
  /** Refuses and defers recipients, and whole letters at the dot. */
  readonly verdict?: Verdict
  /** With these login names and passwords AUTH is offered, and without it nothing is relayed. */
  readonly users?: Readonly<Record<string, string>>
  /** SASL mechanisms, as Dovecot spells them. */
  readonly mechanisms?: string
  /** What EHLO does not say: `chunking`, `pipelining`, `starttls`, `8bitmime`, … */
  readonly without?: readonly string[]
  /** Octets; default 50 MB. */
  readonly maxMessage?: number
  /** More lines for main.cf. */
  readonly settings?: string
  /** Whom it serves besides this machine: a network, `10.77.0.0/24`, in a namespace of the test's own. Default nobody. */
  readonly network?: string
}

export type Postfix = {
  /** Plain with STARTTLS, and TLS from the start (RFC 8314). */
  readonly port: number
  readonly tlsPort: number
  /** PEM; signs itself. */
  readonly certificate: string
  readonly sink: Sink
  readonly log: () => string
  readonly stop: () => Promise<void>
}

const postfix = 101
const postdrop = 107

export async function startPostfix({ users, mechanisms, verdict = () => undefined, ...options }: PostfixOptions = {}): Promise<Postfix> {
  const folder = await makeFolder()
  const [port, tlsPort] = [await freePort(), await freePort()]
  const ending: (() => Promise<void>)[] = [folder.remove]
  const stop = async () => {
    for (const end of ending.splice(0)) await end()
  }
  try {
    const sink = await startSink()
    ending.unshift(sink.stop)
    const policy = await startPolicy(verdict)
    ending.unshift(policy.stop)
    let sasl: Dovecot | undefined
    if (users) {
      sasl = await startDovecot({ users, ...(mechanisms === undefined ? {} : { mechanisms }) })
      ending.unshift(sasl.stop)
    }
    const { certificate } = writeCertificate(folder.path)
    for (const name of ['etc', 'spool', 'data']) await mkdir(join(folder.path, name), { mode: 0o755 })
    await layOutQueue(join(folder.path, 'spool'), join(folder.path, 'data'))
    await writeFile(join(folder.path, 'etc/main.cf'), main({ ...options, sink: sink.port, policy: policy.port, auth: sasl?.auth }))
    await writeFile(join(folder.path, 'etc/master.cf'), master(port, tlsPort, options.network === undefined ? '127.0.0.1:' : ''))
    // Postfix waits for two seconds before it trusts a main.cf that has just been written.
    await utimes(join(folder.path, 'etc/main.cf'), 0, 0)
    const mounts = {
      '/etc/postfix': join(folder.path, 'etc'),
      '/var/spool/postfix': join(folder.path, 'spool'),
      '/var/lib/postfix': join(folder.path, 'data'),
    }
    const room = serve('postfix', { folder: folder.path, mounts, hostname: 'smtp.isp.example' }, ['/usr/lib/postfix/sbin/master', '-i'])
    ending.unshift(room.stop)
    await greeted(port, room.process, room.log)
    return { port, tlsPort, certificate, sink, log: () => (sasl?.log() ?? '') + room.log(), stop }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** Its queue and its data folder, with the owners and modes of postfix-files. */
export async function layOutQueue(spool: string, data: string): Promise<void> {
  await chown(data, postfix, postfix)
  const own = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved', 'trace']
  for (const name of own) await mkdir(join(spool, name), { mode: 0o700 })
  for (const name of own) await chown(join(spool, name), postfix, 0)
  await mkdir(join(spool, 'pid'))
  for (const [name, mode] of [
    ['maildrop', 0o1730],
    ['public', 0o2710],
  ] as const) {
    await mkdir(join(spool, name))
    await chown(join(spool, name), postfix, postdrop)
    await chmod(join(spool, name), mode)
  }
}

type Main = Pick<PostfixOptions, 'without' | 'maxMessage' | 'settings' | 'network'> & {
  readonly sink: number
  readonly policy: number
  readonly auth: number | undefined
}

const main = ({ without = [], maxMessage = 50_000_000, settings = '', network = '', sink, policy, auth }: Main): string => `
compatibility_level = 3.6
maillog_file = /dev/stdout
inet_interfaces = ${network === '' ? '127.0.0.1' : 'all'}
inet_protocols = ipv4
myhostname = smtp.isp.example
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8 ${network}
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no

smtpd_relay_restrictions = ${auth === undefined ? 'permit_mynetworks' : 'permit_sasl_authenticated'}, reject
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:${policy}
smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:${policy}
smtpd_discard_ehlo_keywords = ${without.join(', ')}
smtpd_error_sleep_time = 0
message_size_limit = ${maxMessage}
mailbox_size_limit = 0
smtpd_tls_security_level = may
smtpd_tls_cert_file = /mnt/certificate.pem
smtpd_tls_key_file = /mnt/key.pem
${auth === undefined ? '' : `smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:127.0.0.1:${auth}`}

# On to the sink without a change.
relayhost = [127.0.0.1]:${sink}
local_header_rewrite_clients =
message_drop_headers =
disable_mime_output_conversion = yes
smtp_line_length_limit = 0
header_size_limit = 10000000
minimal_backoff_time = 1s
in_flow_delay = 0
${settings}
`

const master = (port: number, tlsPort: number, address: string): string => `
${address}${port} inet n - n - - smtpd
${address}${tlsPort} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
${processes}`

/** Lines of master.cf that every Postfix needs behind its smtpd. */
export const processes: string = `cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
