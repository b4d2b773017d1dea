/**
 * A LAN machine of the talk: Debian's sendmail with the dumbest possible configuration, the nullclient, made by m4 from the
 * talk's own lines. It hands a letter to its hub at once and ends; what it could not hand over stays in its queue.
 */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, run, type Ended } from './room.ts'

export type Submission = {
  /** Where the hub listens, which the client calls moriah.shire.lan. */
  readonly port: number
  /** Its local user. */
  readonly from: string
  readonly recipients: readonly string[]
  /** As a mail client pipes it: LF line ends. */
  readonly letter: Uint8Array | string
  /** More arguments, e.g. `-t`. */
  readonly args?: readonly string[]
}

/** How sendmail ended, and how many letters its queue holds after that. */
export async function submit({ port, from, recipients, letter, args = [] }: Submission): Promise<Ended & { readonly queued: number }> {
  const folder = await makeFolder()
  const options = {
    folder: folder.path,
    hostname: 'herring.shire.lan',
    mounts: { '/var/spool/mqueue': folder.path, '/etc/mail': folder.path },
  }
  try {
    await writeFile(join(folder.path, 'herring.mc'), nullclient(port))
    for (const name of ['local-host-names', 'trusted-users']) await writeFile(join(folder.path, name), '')
    await writeFile(join(folder.path, 'service.switch'), 'hosts files\npasswd files\naliases files\n')
    const made = await run('sendmail', options, ['/usr/bin/m4', '-D_CF_DIR_=/usr/share/sendmail/cf/', '/etc/mail/herring.mc'])
    if (made.code !== 0) throw new Error(`m4 could not make the nullclient's configuration:\n${made.err}`)
    await writeFile(join(folder.path, 'herring.cf'), made.out, { mode: 0o644 })
    const command = ['/usr/libexec/sendmail/sendmail', '-C', '/etc/mail/herring.cf', '-i', '-odi', '-f', from, ...args, ...recipients]
    const ended = await run('sendmail', options, command, letter)
    const left = await readdir(folder.path)
    return { ...ended, queued: left.filter((name) => name.startsWith('qf')).length }
  } finally {
    await folder.remove()
  }
}

/** The talk's own lines, and where its hub listens. */
export const nullclient = (port: number): string => `
include(\`/usr/share/sendmail/cf/m4/cf.m4')
VERSIONID(\`@(#) 8.9 (Berkeley)')
OSTYPE(linux)dnl
DOMAIN(generic)dnl
define(\`RELAY_MAILER_ARGS', \`TCP $h ${port}')dnl
define(\`confSERVICE_SWITCH_FILE', \`/etc/mail/service.switch')dnl
define(\`confTO_IDENT', \`0')dnl
FEATURE(nullclient, moriah.shire.lan)
`
