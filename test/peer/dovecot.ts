/** The ISP's mailboxes: Debian's Dovecot serving POP3 and IMAP from Maildirs that the test fills and looks into, and SASL for the smarthost. */
import { chown, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeCertificate } from '../fake/certificate.ts'
import { freePort, greeted } from './port.ts'
import { makeFolder, serve } from './room.ts'

export type DovecotOptions = {
  /** Login names and passwords; one mailbox each. */
  readonly users: Readonly<Record<string, string>>
  /** What logging in can be done with, as auth_mechanisms spells it. */
  readonly mechanisms?: string
  /** More lines for dovecot.conf, e.g. `disable_plaintext_auth = yes`. */
  readonly settings?: string
  /** Where it listens; default 127.0.0.1 alone. `*` in a network namespace of the test's own. */
  readonly listen?: string
}

export type Dovecot = {
  /** Plain with STLS, and TLS from the start. */
  readonly pop3: number
  readonly pop3s: number
  readonly imap: number
  readonly imaps: number
  /** SASL for others (Postfix's smtpd_sasl_path). */
  readonly auth: number
  /** PEM; signs itself. */
  readonly certificate: string
  /** Lays a letter into a box, just as it is; RETR gives it back with CRLF line ends. */
  put(user: string, octets: Uint8Array): Promise<void>
  /** What is left in a box, oldest first. */
  list(user: string): Promise<readonly Buffer[]>
  readonly log: () => string
  readonly stop: () => Promise<void>
}

const vmail = 5000

export async function startDovecot({
  users,
  mechanisms = 'plain login apop cram-md5 scram-sha-1 scram-sha-256',
  settings = '',
  listen = '127.0.0.1',
}: DovecotOptions): Promise<Dovecot> {
  const folder = await makeFolder()
  const { certificate } = writeCertificate(folder.path)
  const [pop3, pop3s, imap, imaps, auth] = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()]
  const boxes = join(folder.path, 'mail')
  for (const user of Object.keys(users)) await makeMaildir(boxes, user)
  await chown(boxes, vmail, vmail)
  const passwords = Object.entries(users).map(([user, password]) => `${user.toLowerCase()}:{PLAIN}${password}\n`)
  await writeFile(join(folder.path, 'users'), passwords.join(''))
  await writeFile(join(folder.path, 'dovecot.conf'), configuration({ pop3, pop3s, imap, imaps, auth, mechanisms, listen }) + settings)

  const room = serve('dovecot', { folder: folder.path, mounts: { '/etc/dovecot': folder.path } }, ['/usr/sbin/dovecot', '-F'])
  const stop = async () => {
    await room.stop()
    await folder.remove()
  }
  await Promise.all([pop3, imap].map((port) => greeted(port, room.process, room.log))).catch(async (cause: unknown) => {
    await stop()
    throw cause
  })

  let sequence = 0
  return {
    pop3,
    pop3s,
    imap,
    imaps,
    auth,
    certificate,
    stop,
    log: room.log,
    async put(user, octets) {
      // Dovecot numbers a Maildir's letters by the time in their names.
      const name = `${1_000_000_000 + ++sequence}.M1P1.isp`
      const path = join(boxes, user.toLowerCase())
      await writeFile(join(path, 'tmp', name), octets)
      await chown(join(path, 'tmp', name), vmail, vmail)
      await rename(join(path, 'tmp', name), join(path, 'new', name))
    },
    async list(user) {
      const path = join(boxes, user.toLowerCase())
      const inside = async (part: string) => (await readdir(join(path, part))).map((name) => ({ name, path: join(path, part, name) }))
      const files = [...(await inside('cur')), ...(await inside('new'))].sort((a, b) => (a.name < b.name ? -1 : 1))
      // A letter may be deleted, or become an old one, while we look.
      const letters = await Promise.all(files.map((file) => readFile(file.path).catch(() => undefined)))
      return letters.filter((letter) => letter !== undefined)
    },
  }
}

async function makeMaildir(boxes: string, user: string): Promise<void> {
  const path = join(boxes, user.toLowerCase())
  for (const part of ['', 'new', 'cur', 'tmp']) {
    await mkdir(join(path, part), { recursive: true })
    await chown(join(path, part), vmail, vmail)
  }
}

type Ports = { readonly [name in 'pop3' | 'pop3s' | 'imap' | 'imaps' | 'auth']: number }

type Configured = Ports & { readonly mechanisms: string; readonly listen: string }

const configuration = ({ pop3, pop3s, imap, imaps, auth, mechanisms, listen }: Configured): string => `
protocols = pop3 imap
listen = ${listen}
log_path = /dev/stderr
info_log_path = /dev/stderr
ssl = yes
ssl_cert = </mnt/certificate.pem
ssl_key = </mnt/key.pem
disable_plaintext_auth = no
auth_mechanisms = ${mechanisms}
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
mail_location = maildir:/mnt/mail/%u
mail_max_userip_connections = 50
namespace inbox {
  inbox = yes
}
passdb {
  driver = passwd-file
  args = username_format=%u /mnt/users
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=/mnt/mail/%u
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = ${pop3s}
    ssl = yes
  }
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service auth {
  inet_listener {
    port = ${auth}
  }
}
`
