/**
 * The settings as the rest of the house gets them: every value parsed, every default filled in. Names are spelt as in the
 * file, so that one search finds a setting in the file, in its help and in the code. `settings.ts` is checked against
 * these types: a setting in one and not in the other does not compile.
 */
import type { Network } from '../ip.ts'
import type { Budget } from './amounts.ts'
import type { Users } from './names.ts'
import type { Listen, Server } from './network.ts'
import type { Secret } from './secret.ts'
import type { Window } from './windows.ts'

/** Times are milliseconds, sizes octets; a missing optional member means what its row in `settings.ts` says. */
export type Config = Top & {
  readonly accept: Accept & { readonly tls?: AcceptTls }
  readonly smarthost: readonly (Smarthost & Password)[]
  readonly masquerade?: Masquerade
  readonly mailbox: readonly MailboxConfig[]
  readonly queue: Queue
  readonly deliver: Deliver
  readonly call: Call
  readonly tariff: readonly Tariff[]
  readonly link: Link & { readonly modem?: Modem }
  readonly isp: readonly IspConfig[]
  readonly time: Time
  readonly log: Logging
  readonly console?: Console
  readonly web?: Web
}

/** One box at the ISP; either `deliver_to` or `multidrop` is there. */
export type MailboxConfig = Mailbox & { readonly multidrop?: Multidrop } & Password

/** One ISP of several, in the order in which they are called. */
export type IspConfig = Isp & {
  readonly smarthost: readonly (Smarthost & Password)[]
  readonly masquerade?: Masquerade
  readonly mailbox: readonly MailboxConfig[]
}

/** What stands in `password_file`. */
export type Password = { readonly password?: Secret }

/** The tables of the file by their dotted names; '' is what stands above the first one. */
export type Sections = {
  '': Top
  accept: Accept
  'accept.tls': AcceptTls
  smarthost: Smarthost
  masquerade: Masquerade
  mailbox: Mailbox
  'mailbox.multidrop': Multidrop
  queue: Queue
  deliver: Deliver
  call: Call
  tariff: Tariff
  link: Link
  'link.modem': Modem
  isp: Isp
  'isp.smarthost': Smarthost
  'isp.masquerade': Masquerade
  'isp.mailbox': Mailbox
  'isp.mailbox.multidrop': Multidrop
  time: Time
  log: Logging
  console: Console
  web: Web
}

export type Top = {
  readonly hostname: string
  readonly local_domains: readonly string[]
  readonly users: Users
  readonly postmaster: string
  readonly spool: string
  readonly run: string
  readonly mail_dir: string
  readonly aliases: readonly string[]
  readonly forward_files: boolean
}

export type Accept = {
  readonly listen: readonly Listen[]
  readonly networks: readonly Network[]
  readonly max_message: number
  readonly max_clients: number
  readonly max_hops: number
}

export type AcceptTls = { readonly certificate: string; readonly key: string }

export type Tls = 'off' | 'opportunistic' | 'required' | 'implicit'

export type Smarthost = {
  readonly host: string
  readonly tls: Tls
  readonly port: number
  readonly fingerprint?: string
  readonly user?: string
  readonly password_file?: string
}

export type Masquerade = {
  readonly as: string
  readonly domains: readonly string[]
  readonly subdomains: boolean
  readonly recipients: boolean
  readonly envelope: boolean
  /** From a local name or address to the address the world sees. */
  readonly users: ReadonlyMap<string, string>
}

export type Mailbox = {
  readonly name: string
  readonly protocol: 'pop3' | 'imap'
  readonly host: string
  readonly tls: Tls
  readonly port: number
  readonly fingerprint?: string
  readonly user: string
  readonly password_file: string
  readonly deliver_to?: string
  readonly keep: boolean
  readonly max_message?: number
}

export type Multidrop = {
  readonly domains: readonly string[]
  readonly envelope_header?: string
  readonly envelope_skip: number
  readonly strip_prefix?: string
  /** From the name in the address at the ISP to a user or alias here; `*` stands for all others under their own names. */
  readonly users: ReadonlyMap<string, string>
}

export type Queue = {
  readonly warn_after: number
  readonly return_after: number
  readonly reserve: number
}

export type Deliver = {
  readonly format: 'mbox' | 'maildir' | 'lmtp'
  readonly lmtp?: string
  readonly programs: boolean
}

export type Call = {
  readonly poll_every: number
  readonly short_queues: boolean
  /** Minutes since midnight, local time. */
  readonly timetable: readonly number[]
  readonly windows: readonly Window[]
  readonly max_wait: number
  readonly forbidden: readonly Window[]
  readonly urgent: 'always' | 'open' | 'never'
  readonly idle: number
  readonly idle_by_hand: number
  readonly use_paid: boolean
  readonly budget: readonly Budget[]
}

/** Money in the bill's currency. */
export type Tariff = {
  readonly window?: Window
  readonly per_minute: number
  readonly fee: number
  readonly minimum: number
  readonly unit: number
}

export type Link = { readonly mode: 'dial' | 'hooks' | 'always' }

export type Modem = {
  readonly tty: string
  readonly speed: number
  readonly init: readonly string[]
  /** Absent where each ISP has its own, as `peer`. */
  readonly numbers?: readonly string[]
  readonly attempts: number
  readonly answer_within: number
  readonly chat?: string
  readonly pin_file?: string
  readonly peer?: string
  readonly pppd: string
  readonly lock_dir: string
}

export type Isp = { readonly name: string; readonly numbers?: readonly string[]; readonly peer: string }

export type Time = { readonly servers: readonly Server[]; readonly set: boolean }

export type Logging = {
  readonly syslog: boolean
  readonly syslog_to: string
  readonly level: 'debug' | 'info' | 'notice' | 'warn' | 'error'
  readonly ring: number
}

export type Console = { readonly tty: string; readonly speed: number }

export type Web = { readonly listen: readonly Listen[] }
