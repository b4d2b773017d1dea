/** The boxes at the ISP, each with its protocol, put together from the settings. Like daemon.ts it may use adapters. */
import type { Clock } from './clock.ts'
import type { Box } from './collect/collector.ts'
import { imap } from './collect/imap.ts'
import { pop3, type Pop3Parts } from './collect/pop3.ts'
import { sockets as collectSockets } from './collect/socket.ts'
import type { Config, MailboxConfig } from './config/config.ts'
import { mailboxesOf } from './config/isps.ts'
import { tlsOf } from './config/servers.ts'
import { parseAddress } from './mail/address.ts'
import type { Pace } from './pace.ts'
import type { Queue } from './queue/queue.ts'
import type { resolver } from './resolver.ts'
import { recipientsOf } from './route/multidrop.ts'
import type { Encrypt } from './tls.ts'

type BoxParts = {
  clock: Clock
  resolve: ReturnType<typeof resolver>
  queue: Queue
  encrypt: Encrypt
  pace?: Pace
  greeted?: Pop3Parts['greeted']
}

/** Each with its account, as the collector wants them. */
export function boxesOf(config: Config, { clock, resolve, queue, encrypt, greeted, ...paced }: BoxParts): readonly Box[] {
  const sockets = collectSockets({ clock, encrypt, ...paced })
  const recall = (name: string) => queue.recall(name)
  const remember = (name: string, value: string | undefined) => queue.remember(name, value ?? null)
  const parts = { clock, resolve, sockets, recall, remember }
  return mailboxesOf(config).map(({ box, isp }) => {
    const { name, host, port, fingerprint, user, keep } = box
    const server = { name, host, port, tls: tlsOf(box.tls, fingerprint), fingerprint, user, password: () => box.password?.reveal() ?? '' }
    return {
      ...(isp === undefined ? {} : { isp }),
      account: { name, host, keep, maxMessage: box.max_message, drop: dropOf(box, config) },
      maildrop:
        box.protocol === 'imap'
          ? imap(server, { ...parts, rows: () => queue.ledger.entries(name) })
          : pop3(server, { ...parts, ...(greeted ? { greeted } : {}) }),
    }
  })
}

function dropOf(box: MailboxConfig, { local_domains, postmaster }: Config) {
  const { multidrop } = box
  if (!multidrop) return { kind: 'single' as const, to: parseAddress(box.deliver_to ?? postmaster) ?? { local: postmaster, domain: '' } }
  const settings = { ...multidrop, host: box.host, localDomains: local_domains, postmaster }
  return {
    kind: 'multi' as const,
    recipientsOf: (header: Parameters<typeof recipientsOf>[0]) => recipientsOf(header, settings),
    envelopeHeader: multidrop.envelope_header,
  }
}
