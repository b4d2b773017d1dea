/** A router with a handful of rules: local users have mailboxes, the rest goes to the smarthost, some are unreadable just now. */
import type { Recipient } from '../../src/mail/envelope.ts'
import type { Copy } from '../../src/mail/message.ts'
import { reply } from '../../src/mail/reply.ts'
import type { Router } from '../../src/route/route.ts'

export type FakeRouterOptions = {
  /** Domains delivered here; '' is always one. */
  readonly domains?: readonly string[]
  readonly users?: readonly string[]
  /** `list` → the users that it stands for. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>
  /** Local parts whose routing cannot be read now. */
  readonly unreadable?: readonly string[]
}

export interface FakeRouter extends Router {
  /** How often `route` was called. */
  calls(): number
}

export function fakeRouter({
  domains = ['shire.lan'],
  users = ['eddy', 'keith', 'postmaster'],
  aliases = {},
  unreadable = [],
}: FakeRouterOptions = {}): FakeRouter {
  let calls = 0
  const isLocal = (domain: string): boolean => domain === '' || domains.includes(domain)
  return {
    isLocal,
    calls: () => calls,
    async route(recipient, from) {
      calls++
      const { local, domain } = recipient.address
      const rules = [`${local}@${domain}`]
      const copy = (to: Copy['to']): Copy => ({ from, recipient: recipient.address, to, ...asked(recipient) })
      if (!isLocal(domain)) return { kind: 'copies', copies: [copy({ courier: 'smarthost' })], rules }
      if (unreadable.includes(local)) return { kind: 'deferred', reply: reply(451, '4.3.0', 'Aliases cannot be read now'), rules }
      const named = aliases[local.toLowerCase()] ?? users.filter((user) => user === local.toLowerCase())
      if (named.length === 0) return { kind: 'refused', reply: reply(550, '5.1.1', `No such user here: ${local}`), rules }
      return { kind: 'copies', copies: named.map((user) => copy({ courier: 'mailbox', user })), rules }
    },
  }
}

function asked({ notify, orcpt }: Recipient): Pick<Copy, 'notify' | 'orcpt'> {
  return { ...(notify === undefined ? {} : { notify }), ...(orcpt === undefined ? {} : { orcpt }) }
}
