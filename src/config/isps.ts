/**
 * The ISPs as calls go to them: what the tables under an [[isp]] do not say, those at the top of the file do; without any [[isp]] there is
 * one without a name, of [link.modem]'s numbers. Pure.
 */
import type { Config, IspConfig, MailboxConfig } from './config.ts'

/** Its own mailboxes are not here: who looks for boxes wants all of them (`mailboxesOf`). */
export type CalledIsp = Omit<IspConfig, 'mailbox' | 'numbers'> & { readonly numbers: readonly string[] }

const usualPeer = 'isp'

/** In the order in which they are called; at least one. */
export function ispsOf({ isp, link, smarthost, masquerade }: Config): readonly CalledIsp[] {
  const outside = { smarthost, ...(masquerade ? { masquerade } : {}) }
  if (isp.length === 0) return [{ name: '', numbers: link.modem?.numbers ?? [], peer: link.modem?.peer ?? usualPeer, ...outside }]
  return isp.map((one) => ({
    ...outside,
    ...one,
    numbers: one.numbers ?? [],
    smarthost: one.smarthost.length > 0 ? one.smarthost : smarthost,
  }))
}

/** Every box; `isp` is the one in whose calls alone it is collected. */
export function mailboxesOf({ mailbox, isp }: Config): readonly { readonly box: MailboxConfig; readonly isp?: string }[] {
  return [...mailbox.map((box) => ({ box })), ...isp.flatMap(({ name, mailbox: own }) => own.map((box) => ({ box, isp: name })))]
}
