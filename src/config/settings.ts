/**
 * The one table of every setting: kind, range, default and help, in the order in which `dialpost settings` prints them.
 * A default is what one would write in the file. `absent` says what happens without a setting that has none.
 */
import { budget, duration, money, size } from './amounts.ts'
import type { Sections, Tls } from './config.ts'
import { flag, type Kind, listOf, mapOf, oneOf, whole } from './kinds.ts'
import {
  address,
  bitRate,
  domain,
  fingerprint,
  headerName,
  host,
  modemCommand,
  passwordPath,
  path,
  recipient,
  socket,
  telephone,
  text,
  users,
  word,
} from './names.ts'
import { listen, network, port, timeServer } from './network.ts'
import { timeOfDay, window } from './windows.ts'

/** What the computer itself contributes to defaults. */
export type Machine = { readonly hostname: string }

/** A default that follows from the rows above it in the same section. */
export type Computed = {
  readonly words: string
  from(above: Readonly<Record<string, unknown>>, machine: Machine): unknown
}

export type Row<T = unknown> = {
  readonly kind: Kind<T>
  readonly help: string
  readonly default?: unknown
  readonly computed?: Computed
  readonly required?: true
  readonly absent?: string
}

/** How often a table may stand in the file; an `always` one that does not has its defaults. */
export type Presence = 'always' | 'optional' | 'list'

export type Section = { readonly presence: Presence; readonly help: string; readonly rows: Readonly<Record<string, Row>> }

type Common<T> = { readonly kind: Kind<T>; readonly help: string }
type Filled = { readonly default: unknown } | { readonly computed: Computed } | { readonly required: true }
type RowOf<T, K extends keyof T> = Common<Exclude<T[K], undefined>> & (undefined extends T[K] ? { readonly absent: string } : Filled)
type SectionOf<T> = { readonly presence: Presence; readonly help: string; readonly rows: { readonly [K in keyof T]-?: RowOf<T, K> } }

const tls: Kind<Tls> = oneOf('off', 'opportunistic', 'required', 'implicit')
const tlsHelp =
  'off: never. opportunistic: when the server offers it, whoever the server is. required: or else nothing is said; the certificate is checked. implicit: encrypted from the first octet, and checked.'
const fingerprintHelp = 'Trust the certificate with this SHA-256 fingerprint and no other. Works without knowing the time.'
const passwordHelp = 'File with the password on one line, readable by its owner alone (chmod 600).'

export const settings: { readonly [S in keyof Sections]: SectionOf<Sections[S]> } = {
  '': {
    presence: 'always',
    help: 'Above the first [table].',
    rows: {
      hostname: {
        kind: domain,
        computed: { words: "the computer's own name", from: (_, machine) => machine.hostname },
        help: 'This hub, as HELO, Received and Message-ID name it.',
      },
      local_domains: {
        kind: listOf('domains', domain, 1),
        computed: { words: 'the hostname, its first part, and localhost', from: ({ hostname }) => ownNames(String(hostname)) },
        help: 'Mail for these is delivered here.',
      },
      users: { kind: users, default: 'passwd', help: 'Who has a mailbox: "passwd" (root and every account from uid 1000 on), or a list.' },
      postmaster: {
        kind: recipient,
        computed: { words: 'root, or the first of the users', from: (above) => firstUser(above['users']) },
        help: 'Who gets what has nowhere else to go: of a multidrop box, and bounces of bounces.',
      },
      spool: { kind: path, default: '/var/spool/dialpost', help: 'On flash: the queue.' },
      run: { kind: path, default: '/run/dialpost', help: "In RAM: the control socket, the hook's FIFO, the state of the line." },
      mail_dir: { kind: path, default: '/var/mail', help: 'One mailbox a user, exported over NFS.' },
      aliases: { kind: listOf('paths', path), default: ['/etc/aliases'], help: 'Files of aliases, read in order.' },
      forward_files: { kind: flag, default: true, help: "Whether people's ~/.forward is followed." },
    },
  },
  accept: {
    presence: 'always',
    help: "The LAN's door.",
    rows: {
      listen: { kind: listOf('listen addresses', listen), default: ['127.0.0.1:25'], help: 'Where SMTP is spoken.' },
      networks: {
        kind: listOf('networks', network),
        default: ['127.0.0.0/8', '::1/128'],
        help: 'Who may relay; others may only write to local_domains.',
      },
      max_message: { kind: size('10KB', '2GB'), default: '20MB', help: 'Larger letters are refused.' },
      max_clients: { kind: whole('number of clients', 1, 500), default: 20, help: 'More at a time are told to come again.' },
      max_hops: {
        kind: whole('number of hops', 10, 100),
        default: 25,
        help: 'A letter with more Received lines goes round in circles, and is refused.',
      },
    },
  },
  'accept.tls': {
    presence: 'optional',
    help: 'STARTTLS for LAN clients; without this table it is not offered.',
    rows: {
      certificate: { kind: path, required: true, help: 'Certificate chain, PEM.' },
      key: { kind: path, required: true, help: 'Its private key, PEM, not readable by others.' },
    },
  },
  smarthost: {
    presence: 'list',
    help: 'What the ISP takes our letters with. Several are tried in order.',
    rows: {
      host: { kind: host, required: true, help: 'Name or IP address.' },
      tls: { kind: tls, default: 'opportunistic', help: tlsHelp },
      port: {
        kind: port,
        computed: { words: '25; 465 for implicit tls', from: (above) => (above['tls'] === 'implicit' ? 465 : 25) },
        help: 'TCP port.',
      },
      fingerprint: { kind: fingerprint, absent: 'any that a known authority vouches for', help: fingerprintHelp },
      user: { kind: text, absent: 'no login', help: 'Whom to log in as.' },
      password_file: { kind: passwordPath, absent: 'no login', help: passwordHelp },
    },
  },
  masquerade: {
    presence: 'optional',
    help: 'Makes LAN addresses in outgoing letters into addresses that the world can answer.',
    rows: {
      as: { kind: domain, required: true, help: 'The domain that the world sees (MASQUERADE_AS).' },
      domains: { kind: listOf('domains', domain), default: [], help: 'Masked beside local_domains (MASQUERADE_DOMAIN).' },
      subdomains: { kind: flag, default: false, help: 'Mask every host below those domains, too (masquerade_entire_domain).' },
      recipients: { kind: flag, default: false, help: 'Mask To: and Cc:, too (allmasquerade).' },
      envelope: { kind: flag, default: true, help: 'Mask the envelope sender, where bounces go (masquerade_envelope).' },
      users: {
        kind: mapOf('addresses', recipient, address),
        default: {},
        help: 'Single people by name or address, and what the world sees of them (genericstable).',
      },
    },
  },
  mailbox: {
    presence: 'list',
    help: 'A box at an ISP, collected while the line is up. Either deliver_to or [mailbox.multidrop] says whose it is.',
    rows: {
      name: { kind: word, required: true, help: 'What commands and log call it.' },
      protocol: { kind: oneOf('pop3', 'imap'), default: 'pop3', help: 'What the server speaks.' },
      host: { kind: host, required: true, help: 'Name or IP address.' },
      tls: { kind: tls, default: 'opportunistic', help: tlsHelp },
      port: { kind: port, computed: { words: '110, imap 143; implicit tls 995, imap 993', from: collectPort }, help: 'TCP port.' },
      fingerprint: { kind: fingerprint, absent: 'any that a known authority vouches for', help: fingerprintHelp },
      user: { kind: text, required: true, help: 'Whom to log in as.' },
      password_file: { kind: passwordPath, required: true, help: passwordHelp },
      deliver_to: {
        kind: recipient,
        absent: 'see [mailbox.multidrop]',
        help: 'Single-drop: everything in the box goes to this user or alias.',
      },
      keep: { kind: flag, default: false, help: 'Leave letters at the ISP; else they are deleted there once they are safe here.' },
      max_message: {
        kind: size('1KB', '2GB'),
        absent: 'no limit',
        help: 'Larger letters stay there; a note with their headers is delivered, and they are fetched on request.',
      },
    },
  },
  'mailbox.multidrop': {
    presence: 'optional',
    help: 'The box holds letters for many; each goes to whom its envelope or headers name.',
    rows: {
      domains: {
        kind: listOf('domains', domain, 1),
        required: true,
        help: "The box's own domains, subdomains included (fetchmail's aka).",
      },
      envelope_header: {
        kind: headerName,
        absent: 'Received, then To and Cc',
        help: 'The field in which the ISP notes the envelope recipient.',
      },
      envelope_skip: { kind: whole('number of fields', 0, 20), default: 0, help: 'How many of those fields to pass over.' },
      strip_prefix: { kind: text, absent: 'nothing', help: "What the ISP puts before the name in that field (fetchmail's qvirtual)." },
      users: {
        kind: mapOf('recipients', text, recipient),
        default: {},
        help: 'Names in those domains, and the user or alias each belongs to. All others go to the postmaster; "*" = "*" lets them keep their names.',
      },
    },
  },
  queue: {
    presence: 'always',
    help: 'Letters that wait.',
    rows: {
      warn_after: {
        kind: duration('1m', '30d'),
        default: '4h',
        help: 'Tell the sender of a delay, in time spent with a line to try (confTO_QUEUEWARN).',
      },
      return_after: {
        kind: duration('5m', '60d'),
        default: '5d',
        help: 'Give up and return the letter, in time spent with a line to try (confTO_QUEUERETURN).',
      },
      reserve: {
        kind: size('64KB', '100GB'),
        default: '8MB',
        help: 'When less flash is free, letters are not taken for now (452); none is lost.',
      },
    },
  },
  deliver: {
    presence: 'always',
    help: 'The mailboxes of mail_dir.',
    rows: {
      format: {
        kind: oneOf('mbox', 'maildir', 'lmtp'),
        default: 'mbox',
        help: 'A file or a folder a user, or a server that takes the letters.',
      },
      lmtp: { kind: socket, absent: 'only for format = "lmtp"', help: "That server's socket, or host and port." },
      programs: {
        kind: flag,
        default: true,
        help: 'Whether aliases and .forward may name programs and files. /dev/null is always allowed.',
      },
    },
  },
  call: {
    presence: 'always',
    help: 'When to telephone, and for how long.',
    rows: {
      poll_every: { kind: duration('10s', '7d'), default: '5m', help: 'Collect so often while the line is up.' },
      short_queues: {
        kind: flag,
        default: true,
        help: 'Keep no more under way than fills the line, so that sending and collecting do not hold each other up; false leaves it to the kernel.',
      },
      timetable: { kind: listOf('times of day', timeOfDay), default: [], help: 'Dial for mail at these times.' },
      windows: {
        kind: listOf('windows', window),
        default: [],
        help: 'Cheap rate: bulk mail waits for it. "Mon-Fri 18:00-08:00" is before 8 and after 18 on each of these days.',
      },
      max_wait: { kind: duration('1m', '30d'), default: '6h', help: 'But no letter waits longer than this.' },
      forbidden: { kind: listOf('windows', window), default: [], help: 'Mail does not dial in these hours.' },
      urgent: {
        kind: oneOf('always', 'open', 'never'),
        default: 'open',
        help: 'Whether an urgent letter dials at once: even in forbidden hours, outside of them, or never.',
      },
      idle: {
        kind: duration('5s', '1d'),
        default: '60s',
        help: 'End a call in which people of the LAN were seen, so long after they and mail have gone quiet. One that mail alone used ends at once.',
      },
      idle_by_hand: { kind: duration('5s', '1d'), default: '10m', help: 'The same for a call that an operator dialled.' },
      use_paid: { kind: flag, default: false, help: 'Stay on line until the unit that is paid for is spent.' },
      budget: {
        kind: budget,
        default: [],
        help: 'What calls for mail may take: time ("90m/day") or money ("5.00/month"), or a list of both.',
      },
    },
  },
  tariff: {
    presence: 'list',
    help: 'What a call costs, for the planner and for `dialpost calls`.',
    rows: {
      window: { kind: window, absent: 'whenever no other tariff holds', help: 'When it holds.' },
      per_minute: { kind: money, required: true, help: 'Price of a minute.' },
      fee: { kind: money, default: 0, help: 'Price of a connection, whatever its length.' },
      minimum: { kind: money, default: 0, help: 'A call costs at least this.' },
      unit: { kind: duration('1s', '1h'), default: '1s', help: 'Calls are charged in whole units of this length.' },
    },
  },
  link: {
    presence: 'always',
    help: 'The telephone line.',
    rows: {
      mode: {
        kind: oneOf('dial', 'hooks', 'always'),
        default: 'hooks',
        help: "dial: dialpost dials and runs pppd. hooks: pppd is somebody else's, ip-up tells us. always: there is no modem.",
      },
    },
  },
  'link.modem': {
    presence: 'optional',
    help: 'For mode = "dial".',
    rows: {
      tty: { kind: path, required: true, help: 'The serial port.' },
      speed: { kind: bitRate, default: 115_200, help: 'Between computer and modem.' },
      init: { kind: listOf('modem commands', modemCommand), default: ['ATZ'], help: 'Sent before dialling, each answered by OK.' },
      numbers: { kind: listOf('telephone numbers', telephone, 1), required: true, help: 'Dialled in turn.' },
      attempts: {
        kind: whole('number of attempts', 1, 100),
        default: 12,
        help: "Dialled so often within an hour at most, as some countries' law has it.",
      },
      answer_within: { kind: duration('10s', '5m'), default: '75s', help: 'How long the modem may take to connect.' },
      chat: {
        kind: path,
        absent: 'dialpost speaks with the modem itself',
        help: 'A script for chat(8), which then speaks with the modem in place of init. \\T in it is the number.',
      },
      pin_file: { kind: passwordPath, absent: 'the SIM wants none', help: "File with the SIM's PIN, for modems that have one; chmod 600." },
      pppd: { kind: path, default: '/usr/sbin/pppd', help: 'The program pppd(8).' },
      lock_dir: { kind: path, default: '/var/lock', help: 'Where programs that use serial ports leave their locks.' },
      peer: { kind: word, default: 'isp', help: "pppd's file in /etc/ppp/peers." },
    },
  },
  time: {
    presence: 'always',
    help: 'What time it is, on a computer whose clock runs on no battery.',
    rows: {
      servers: {
        kind: listOf('time servers', timeServer),
        default: [],
        help: "Asked by SNTP in a call, in turn; name or IP address. While the clock is unknown and none has answered, the dates of the ISP's mail servers are used.",
      },
      set: {
        kind: flag,
        default: true,
        help: "Whether dialpost sets the computer's clock; where it does not, it keeps the time for mail alone.",
      },
    },
  },
  log: {
    presence: 'always',
    help: 'The log. None of it is written to flash.',
    rows: {
      syslog: { kind: flag, default: true, help: "Send it to syslog as facility mail, with sendmail's from= and to= lines." },
      syslog_to: {
        kind: socket,
        default: '/dev/log',
        help: 'Socket of the syslog daemon, or IP address and UDP port of a log host on the LAN.',
      },
      level: { kind: oneOf('debug', 'info', 'notice', 'warn', 'error'), default: 'info', help: 'The least that is logged on stdout.' },
      ring: { kind: size('4KB', '16MB'), default: '256KB', help: 'How much of it `dialpost log` remembers.' },
    },
  },
  console: {
    presence: 'optional',
    help: "The operator's console on a serial port.",
    rows: {
      tty: { kind: path, required: true, help: 'The serial port.' },
      speed: { kind: bitRate, default: 9600, help: 'Its speed.' },
    },
  },
  web: {
    presence: 'optional',
    help: 'The LAN page; without this table there is none.',
    rows: { listen: { kind: listOf('listen addresses', listen, 1), required: true, help: 'Where HTTP is spoken.' } },
  },
}

/** The tables inside this one: `modem` of `link`. */
export function tablesOf(section: string): readonly string[] {
  const prefix = section === '' ? '' : `${section}.`
  return Object.keys(settings)
    .filter((name) => name !== '' && name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => name !== '' && !name.includes('.'))
}

/** The section of that dotted name. */
export function sectionOf(name: string): Section | undefined {
  return Object.hasOwn(settings, name) ? (settings as Readonly<Record<string, Section>>)[name] : undefined
}

/** Every setting's dotted name. */
export function settingNames(): readonly string[] {
  return Object.entries(settings as Readonly<Record<string, Section>>).flatMap(([section, { rows }]) =>
    Object.keys(rows).map((row) => dotted(section, row)),
  )
}

export function dotted(section: string, name: string): string {
  return section === '' ? name : `${section}.${name}`
}

function ownNames(hostname: string): readonly string[] {
  return [...new Set([hostname, hostname.split('.')[0] ?? hostname, 'localhost'])]
}

function firstUser(users: unknown): unknown {
  return Array.isArray(users) ? users[0] : 'root'
}

function collectPort({ protocol, tls }: Readonly<Record<string, unknown>>): number {
  if (protocol === 'imap') return tls === 'implicit' ? 993 : 143
  return tls === 'implicit' ? 995 : 110
}
