/** Settings of the hub itself and of its LAN: whose mail it is, the door through which it comes, the queue, the mailboxes. */
import { duration, size } from './amounts.ts'
import { flag, listOf, oneOf, whole } from './kinds.ts'
import { domain, path, recipient, socket, users } from './names.ts'
import { listen, network } from './network.ts'
import type { Tables } from './rows.ts'

export const hubTables: Tables<'' | 'accept' | 'accept.tls' | 'queue' | 'deliver'> = {
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
}

function ownNames(hostname: string): readonly string[] {
  return [...new Set([hostname, hostname.split('.')[0] ?? hostname, 'localhost'])]
}

function firstUser(users: unknown): unknown {
  return Array.isArray(users) ? users[0] : 'root'
}
