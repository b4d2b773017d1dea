/** Kinds of value that name somebody or something: hosts, domains, people, files, telephones. Only their form is judged here. */
import { formatAddress, isDomain, parseAddress } from '../mail/address.ts'
import { type Kind, no, ok, show, written } from './kinds.ts'
import { parseIp } from '../ip.ts'

export type Users = 'passwd' | readonly string[]

export const text: Kind<string> = written('text', 'eddy', (value) =>
  value === '' || /[\x00-\x1f\x7f]/.test(value) ? no(`${show(value)} is empty or has control characters; write plain text`) : ok(value),
)

/** A domain name, in lower case. */
export const domain: Kind<string> = written('domain', 'shire.lan', (value) => {
  if (value.includes('@')) return no(`${show(value)} is an address; write only what follows the @`)
  return isDomain(value) && !value.startsWith('[')
    ? ok(value.toLowerCase())
    : no(`${show(value)} is not a domain; write one such as "shire.lan"`)
})

/** A server: its name or its IP address, without port. */
export const host: Kind<string> = written('host', 'smtp.isp.example', (value) => {
  const withPort = /^(.+):(\d+)$/.exec(value)
  if (withPort && !parseIp(value)) return no(`${show(value)} has a port in it; write host = "${withPort[1]}" and port = ${withPort[2]}`)
  return parseIp(value) || (isDomain(value) && !value.startsWith('['))
    ? ok(value.toLowerCase())
    : no(`${show(value)} is not a host; write a name such as "smtp.isp.example", or an IP address`)
})

/** A user of this hub, as in /etc/passwd. */
export const user: Kind<string> = written('user', 'eddy', (value) =>
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/.test(value) ? ok(value) : no(`${show(value)} is not a user's name; write one such as "eddy"`),
)

/** A user, an alias, or a whole address. */
export const recipient: Kind<string> = written('recipient', 'eddy', (value) => {
  const address = parseAddress(value)
  return address ? ok(formatAddress(address)) : no(`${show(value)} is neither a local name nor an address; write one such as "eddy"`)
})

/** An address with its domain. */
export const address: Kind<string> = written('address', 'eddy@isp.example', (value) => {
  const parsed = parseAddress(value)
  return parsed && parsed.domain !== ''
    ? ok(formatAddress(parsed))
    : no(`${show(value)} is not an address; write one with its domain, such as "eddy@isp.example"`)
})

export const users: Kind<Users> = {
  name: '"passwd" or list of users',
  parse(raw) {
    if (raw === 'passwd') return ok(raw)
    if (!Array.isArray(raw)) return no(`${show(raw)} is neither; write users = "passwd" or a list such as ["eddy", "keith"]`)
    if (raw.length === 0) return no('nobody would have a mailbox; write "passwd" or at least one user')
    const wrong = raw.flatMap((one: unknown, index) => {
      const parsed = user.parse(one)
      return 'wrong' in parsed ? parsed.wrong.map((each) => ({ ...each, at: [index] })) : []
    })
    return wrong.length > 0 ? { wrong } : ok(raw.map(String))
  },
}

/** An absolute path. */
export const path: Kind<string> = written('path', '/var/mail', (value) => {
  if (!value.startsWith('/')) return no(`${show(value)} is not an absolute path; write one that begins with /`)
  return value.includes('\0') || /(?:^|\/)\.\.(?:\/|$)/.test(value)
    ? no(`${show(value)} has a NUL or .. in it; write the path itself`)
    : ok(value.replace(/(?<=.)\/+$/, ''))
})

/** The path of a file with a password. Does not repeat what was written, for it may be the password itself. */
export const passwordPath: Kind<string> = {
  name: 'path',
  parse: (raw) =>
    'value' in path.parse(raw)
      ? path.parse(raw)
      : no('not an absolute path; write the name of the file that holds the password, such as "/etc/dialpost.d/isp"'),
}

/** A header field's name (RFC 5322 §2.2), without colon. */
export const headerName: Kind<string> = written('header name', 'X-Envelope-To', (value) =>
  /^[\x21-\x39\x3b-\x7e]+$/.test(value)
    ? ok(value)
    : no(`${show(value)} is not a header's name; write it without colon, such as "X-Envelope-To"`),
)

/** What the modem dials: digits and the signs of ATD (`,` pauses, `W` waits for the tone). */
export const telephone: Kind<string> = written('telephone number', '08451234567', (value) => {
  if (/[A-VX-Z]/i.test(value))
    return no(`${show(value)} has letters in it; write the digits that the modem is to dial, such as "08451234567"`)
  return /\d/.test(value) && /^[\d ,*#+()Ww-]+$/.test(value)
    ? ok(value.replace(/[ ()-]/g, ''))
    : no(`${show(value)} is not a telephone number; write one such as "08451234567"`)
})

/** SHA-256 of a certificate, as 64 lower-case hexadecimal digits. */
export const fingerprint: Kind<string> = written('SHA-256 fingerprint', 'AB:CD:…', (value) => {
  const digits = value.replaceAll(':', '').toLowerCase()
  return /^[\da-f]{64}$/.test(digits)
    ? ok(digits)
    : no(`${show(value)} is not a SHA-256 fingerprint; write its 64 hexadecimal digits, colons allowed`)
})

/** A server on this machine: the path of its socket, or host and port. */
export const socket: Kind<string> = written('socket', '/run/dovecot/lmtp', (value) =>
  value.startsWith('/') || /^[^\s:/]+:\d{1,5}$|^\[[\da-f:.]+\]:\d{1,5}$/i.test(value)
    ? ok(value)
    : no(`${show(value)} is not a socket; write its path, such as "/run/dovecot/lmtp", or host and port, such as "127.0.0.1:24"`),
)

/** A word to call something by on the command line. */
export const word: Kind<string> = written('word', 'work', (value) =>
  /^[\w.-]{1,32}$/.test(value) ? ok(value) : no(`${show(value)} is not a single word; write letters, digits, - . and _, such as "work"`),
)

/** What is sent to the modem, without its carriage return. */
export const modemCommand: Kind<string> = written('modem command', 'ATZ', (value) =>
  /^AT[\x20-\x7e]*$/i.test(value) ? ok(value) : no(`${show(value)} is not a modem command; write one that begins with AT, such as "ATZ"`),
)

const bitRates = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]

/** Of a serial port, in bit/s. */
export const bitRate: Kind<number> = {
  name: 'bit rate',
  range: bitRates.join(' '),
  parse: (raw) =>
    typeof raw === 'number' && bitRates.includes(raw)
      ? ok(raw)
      : no(`${show(raw)} is not a serial port's speed; write one of ${bitRates.join(', ')}, without quotes`),
}
