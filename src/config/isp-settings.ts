/**
 * Settings of what lies at an ISP: smarthosts, masquerade, mailboxes. They stand at the top of the file for every call, or under an [[isp]] for the
 * calls to it; the rows are the same, and defined once.
 */
import { size } from './amounts.ts'
import type { Tls } from './config.ts'
import { flag, type Kind, listOf, mapOf, oneOf, whole } from './kinds.ts'
import { address, domain, fingerprint, headerName, host, passwordPath, recipient, telephone, text, word } from './names.ts'
import { port } from './network.ts'
import type { Tables } from './rows.ts'

type Mail = 'smarthost' | 'masquerade' | 'mailbox' | 'mailbox.multidrop'

const tls: Kind<Tls> = oneOf('off', 'opportunistic', 'required', 'implicit')
const tlsHelp =
  'off: never. opportunistic: when the server offers it, whoever the server is. required: or else nothing is said; the certificate is checked. implicit: encrypted from the first octet, and checked.'
const fingerprintHelp = 'Trust the certificate with this SHA-256 fingerprint and no other. Works without knowing the time.'
const passwordHelp = 'File with the password on one line, readable by its owner alone (chmod 600).'

/** For every call. */
export const mailTables: Tables<Mail> = {
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
}

/** For the calls to one ISP. */
export const ispTables: Tables<'isp' | `isp.${Mail}`> = {
  isp: {
    presence: 'list',
    help: 'One of several ISPs, called in this order; without any there is that of [link.modem].',
    rows: {
      name: {
        kind: word,
        required: true,
        help: 'What commands and log call it. With mode = "hooks" pppd tells which one is called, by its ipparam.',
      },
      numbers: { kind: listOf('telephone numbers', telephone, 1), absent: 'only where mode is not "dial"', help: 'Dialled in turn.' },
      peer: { kind: word, computed: { words: 'its name', from: ({ name }) => name }, help: "pppd's file in /etc/ppp/peers." },
    },
  },
  'isp.smarthost': {
    ...mailTables.smarthost,
    help: 'Takes our letters in calls to this ISP; without one those outside of [[isp]] do.',
    as: 'smarthost',
  },
  'isp.masquerade': {
    ...mailTables.masquerade,
    help: 'How the LAN looks in letters that go by this ISP; without it as outside of [[isp]].',
    as: 'masquerade',
  },
  'isp.mailbox': {
    ...mailTables.mailbox,
    help: 'A box that is collected in calls to this ISP alone; those outside of [[isp]] are in every call.',
    as: 'mailbox',
  },
  'isp.mailbox.multidrop': { ...mailTables['mailbox.multidrop'], as: 'mailbox.multidrop' },
}

function collectPort({ protocol, tls: mode }: Readonly<Record<string, unknown>>): number {
  if (protocol === 'imap') return mode === 'implicit' ? 993 : 143
  return mode === 'implicit' ? 995 : 110
}
