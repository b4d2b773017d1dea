/** Debian's mpop, the only one that pipelines POP3. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMbox } from '../../../peer/mbox.ts'
import { run } from '../../../peer/room.ts'
import { addresses } from '../emulator.ts'
import { box } from '../far.ts'
import type { Driver, Job } from './driver.ts'

export function mpop({ isp, tls, folder }: Job): Driver {
  return {
    prepare: async () => {},
    async run() {
      const { code, err } = await run('tools', { folder, hostname: 'moriah.shire.lan' }, [
        '/usr/bin/mpop',
        `--host=${addresses.far}`,
        `--port=${isp.pop3}`,
        `--user=${box.user}`,
        `--passwordeval=echo ${box.password}`,
        '--auth=user',
        `--tls=${tls ? 'on' : 'off'}`,
        '--tls-certcheck=off',
        '--tls-starttls=on',
        '--keep=off',
        '--delivery=mbox,/mnt/mbox',
        '--uidls-file=/mnt/uidls',
      ])
      if (code !== 0) throw new Error(`mpop ended with ${code}: ${err}`)
    },
    arrived: async () => readMbox(readFileSync(join(folder, 'mbox'))).map(({ octets }) => octets),
    stop: async () => {},
  }
}
