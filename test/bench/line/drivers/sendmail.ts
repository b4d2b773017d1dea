/** Debian's sendmail as on the classic hub: queued while the line is down, flushed by `sendmail -qf`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, type Ended } from '../../../peer/room.ts'
import { addresses } from '../emulator.ts'
import type { Driver, Job } from './driver.ts'

export function sendmail({ out, isp, folder }: Job): Driver {
  const options = { folder, hostname: 'moriah.shire.lan', mounts: { '/var/spool/mqueue': folder, '/etc/mail': folder } }
  const command = '/usr/libexec/sendmail/sendmail -C /etc/mail/hub.cf'
  const inRoom = async (script: string): Promise<Ended> => {
    const ended = await run('sendmail', options, ['/bin/sh', '-ec', script])
    if (ended.code !== 0) throw new Error(`sendmail: ${ended.err}${ended.out.toString()}`)
    return ended
  }
  return {
    async prepare() {
      writeFileSync(join(folder, 'hub.mc'), source(isp.smtp))
      for (const name of ['local-host-names', 'trusted-users']) writeFileSync(join(folder, name), '')
      writeFileSync(join(folder, 'service.switch'), 'hosts files\npasswd files\naliases files\n')
      for (const [at, { octets }] of out.entries())
        writeFileSync(join(folder, `letter${at}`), octets.toString('latin1').replaceAll('\r\n', '\n'))
      await inRoom(`
        /usr/bin/m4 -D_CF_DIR_=/usr/share/sendmail/cf/ /etc/mail/hub.mc >/mnt/hub.cf
        for letter in /mnt/letter*; do ${command} -odq -oi -f frodo@shire.example sam@far.example <$letter; done`)
    },
    run: async () => void (await inRoom(`${command} -qf`)),
    arrived: async () => [],
    stop: async () => {},
  }
}

const source = (port: number): string => `
include(\`/usr/share/sendmail/cf/m4/cf.m4')
OSTYPE(linux)dnl
DOMAIN(generic)dnl
define(\`SMART_HOST', \`esmtp:[${addresses.far}]')dnl
define(\`ESMTP_MAILER_ARGS', \`TCP $h ${port}')dnl
define(\`confSERVICE_SWITCH_FILE', \`/etc/mail/service.switch')dnl
define(\`confTO_IDENT', \`0')dnl
FEATURE(\`nocanonify')dnl
FEATURE(\`accept_unresolvable_domains')dnl
MAILER(smtp)dnl
`
