/** Debian's fetchmail as on the classic hub: handed to a program that keeps each letter, deleted at the ISP. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../peer/room.ts'
import { addresses } from '../emulator.ts'
import { box } from '../far.ts'
import { type Driver, type Job, withCrlf } from './driver.ts'

export function fetchmail({ isp, protocol, tls, folder }: Job): Driver {
  const kept = join(folder, 'kept')
  return {
    async prepare() {
      mkdirSync(kept)
      writeFileSync(join(folder, 'mda'), '#!/bin/sh\nexec cat >"$(mktemp /mnt/kept/letter.XXXXXXXX)"\n', { mode: 0o755 })
      const security = tls ? 'sslproto "auto" no sslcertck' : 'sslproto ""'
      writeFileSync(
        join(folder, 'rc'),
        `poll ${addresses.far} proto ${protocol} port ${protocol === 'pop3' ? isp.pop3 : isp.imap} auth password
  user "${box.user}" there password "${box.password}" is root here ${security} mda "/mnt/mda"\n`,
      )
      chmodSync(join(folder, 'rc'), 0o600)
    },
    async run() {
      const { code, err, out } = await run('tools', { folder, hostname: 'moriah.shire.lan' }, [
        '/usr/bin/fetchmail',
        '-f',
        '/mnt/rc',
        '--nodetach',
        '--idfile',
        '/mnt/ids',
        '--pidfile',
        '/mnt/pid',
      ])
      if (code !== 0) throw new Error(`fetchmail ended with ${code}: ${err}${out.toString()}`)
    },
    arrived: async () => readdirSync(kept).map((name) => withCrlf(readFileSync(join(kept, name)))),
    stop: async () => {},
  }
}
