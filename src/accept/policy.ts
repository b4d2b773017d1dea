/**
 * May this client say this? What those are told who may not send anywhere through this hub. Who may is a list of networks
 * (`isInside` of ip.ts); who lives in a local domain is route/'s business.
 */
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'

/** What a client hears that asks for a recipient it may not have; undefined: it may. */
export function relayRefusal(client: { readonly trusted: boolean }, recipientIsLocal: boolean): Reply | undefined {
  return client.trusted || recipientIsLocal ? undefined : reply(550, '5.7.1', 'Relaying denied')
}
