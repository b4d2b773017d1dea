/** Debian's Postfix as the best peer that was found: four connections, kept for the next letter. It gets the letters as the line comes up, and begins at once. */
import { setTimeout as delay } from 'node:timers/promises'
import { submit } from '../../../../src/demo/client.ts'
import { startPostfix, type Postfix } from '../../../peer/postfix.ts'
import { addresses } from '../emulator.ts'
import type { Driver, Job } from './driver.ts'

export function postfix({ out, isp }: Job): Driver {
  let server: Postfix | undefined
  return {
    async prepare() {
      const relay = `[${addresses.far}]:${isp.smtp}`
      server = await startPostfix({
        settings: [
          `relayhost = ${relay}`,
          'smtp_tls_security_level = none',
          'default_destination_concurrency_limit = 4',
          'initial_destination_concurrency = 4',
          `smtp_connection_cache_destinations = ${relay}`,
          'smtp_connection_reuse_time_limit = 3000s',
        ].join('\n'),
      })
    },
    async run() {
      if (!server) return
      for (const { octets } of out)
        await submit(server.port, 'frodo@shire.example', ['sam@far.example'], octets.toString('latin1').replace(/\r\n$/, ''))
      while (server.log().split('status=sent').length <= out.length) await delay(200)
    },
    arrived: async () => [],
    stop: async () => server?.stop(),
  }
}
