/**
 * A machine of the talk's LAN: Debian, its people's mailboxes mounted over NFS, mutt to read them, and a sendmail that hands everything to the
 * hub (the nullclient). It reaches the gateway alone.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Kept, readMbox } from '../peer/mbox.ts'
import { nullclient } from '../peer/sendmail.ts'
import { muttSettings } from '../peer/tools.ts'
import type { Plug } from './cable.ts'
import { patience } from './emulator.ts'
import { type Guest, startGuest } from './guest.ts'
import { gatewayAddress } from './household.ts'
import { people } from './people.ts'

export type Person = keyof typeof people

export type LanClient = {
  readonly machine: Guest
  /** Mounts the mailboxes by that version of NFS, in place of another. */
  mount(version: 3 | 4): Promise<void>
  /** Hands a letter to sendmail as somebody's mail program does, and waits until the hub has it. */
  send(from: Person, recipients: readonly string[], letter: string | Uint8Array): Promise<void>
  /** What somebody's box holds, seen over NFS with their own rights. */
  mbox(user: Person): Promise<readonly Kept[]>
  /** Opens somebody's box with mutt, and types this. Rejects when mutt is still there when `patience` is over. */
  mutt(user: Person, keys: string): Promise<void>
  readonly stop: () => Promise<void>
}

export async function startLanClient(folder: string, lan: Plug): Promise<LanClient> {
  const machine = await startGuest({ name: 'herring', folder, role: 'client', lan })
  const { share } = machine
  mkdirSync(join(share, 'letters'), { recursive: true })
  writeFileSync(join(share, 'herring.mc'), nullclient(25))
  await machine.must(onTheLan)
  let count = 0
  const as = (user: Person): string => `HOME=/tmp TERM=vt100 setpriv --reuid=${people[user]} --regid=${people[user]} --clear-groups`
  return {
    machine,
    async mount(version) {
      const locks = version === 3 ? 'pidof rpc.statd || rpc.statd --no-notify' : 'true'
      await machine.must(
        `umount /var/mail 2>/dev/null; ${locks} && mount -t nfs -o vers=${version},soft,timeo=600 moriah:/var/mail /var/mail`,
      )
    },
    async send(from, recipients, letter) {
      const name = `letters/${++count}`
      writeFileSync(join(share, name), letter)
      await machine.must(`${sendmail} -odi -f ${from} ${recipients.join(' ')} </share/${name} && ! ls /var/spool/mqueue/qf* 2>/dev/null`)
    },
    async mbox(user) {
      // cat takes no lock: it may find half of a letter that is just being delivered, and a moment later all of it.
      for (let tries = 5; ; tries--) {
        await machine.must(`${as(user)} cat /var/mail/${user} >/share/mbox-${user}`)
        try {
          return readMbox(readFileSync(join(share, `mbox-${user}`)))
        } catch (cause) {
          if (tries === 1) throw cause
        }
        await delay(1000)
      }
    },
    async mutt(user, keys) {
      writeFileSync(join(share, 'muttrc'), `${muttSettings}${replies(user)}push "${keys}"\n`)
      const { code, out } = await machine.run(
        `${as(user)} timeout ${patience} script -qec 'mutt -n -F /share/muttrc -f /var/mail/${user}' /dev/null 2>&1`,
      )
      if (code !== 0) throw new Error(`mutt ended with ${code}:\n${out}`)
    },
    stop: machine.stop,
  }
}

const sendmail = '/usr/libexec/sendmail/sendmail -C /etc/mail/herring.cf -i'

/** Whatever is answered, the text is one line, and the letter goes as it is. */
const replies = (user: Person): string => `set realname="${user}" from="${user}@shire.lan" use_from=yes hostname=herring.shire.lan
set sendmail="${sendmail} -odi" editor="echo 'I agree.' >>" abort_unmodified=no include=no fast_reply=yes copy=no
set crypt_autosign=no use_envelope_from=no edit_headers=no record="" postponed=/tmp/postponed sendmail_wait=60
`

const onTheLan = `
set -e
ip address add 192.168.1.10/24 dev eth0
ip link set eth0 up
ip route add default via ${gatewayAddress}
hostname herring.shire.lan
printf '%s\\n' '127.0.0.1 localhost' '127.0.0.1 herring.shire.lan herring' '${gatewayAddress} moriah.shire.lan moriah' >/etc/hosts
echo 'nameserver ${gatewayAddress}' >/etc/resolv.conf
mkdir -p /var/mail /var/spool/mqueue /run/rpcbind /var/lib/nfs/sm /var/lib/nfs/sm.bak /etc/mail
chmod 1777 /var/spool/mqueue
: >/etc/mail/local-host-names
: >/etc/mail/trusted-users
printf '%s\\n' 'hosts files' 'passwd files' 'aliases files' >/etc/mail/service.switch
m4 -D_CF_DIR_=/usr/share/sendmail/cf/ /share/herring.mc >/etc/mail/herring.cf
echo "_rpc:x:108:65534::/run/rpcbind:/bin/false" >>/etc/passwd
rpcbind
`
