/**
 * Every word of fetchmail's run-control language (fetchmail(1), 6.4, and what 6.5 adds): where it may stand, what it takes, and, unless it
 * becomes a setting (fetchmailrc.ts), what is said of it. `denied` is said of `no WORD`.
 */
import { itself, none } from './fate.ts'

export type Place = 'set' | 'server' | 'user'

export type Takes = 'flag' | 'string' | 'strings' | 'number' | 'numbers' | 'either' | 'names' | 'protocol' | 'auth' | 'envelope' | 'word'

export type Option = { readonly place: Place; readonly takes: Takes; readonly fate?: string; readonly denied?: string }

const log = none('`dialpost log` has the log, and [log] says where it goes')
const programs = none('dialpost runs no program to get to a server')
const eightBit = itself('letters are carried octet by octet, and line ends are put right')
const bounces = itself('what cannot be delivered here goes to postmaster, and no stranger gets a notice')
const batches = itself('each letter is safe on its own, and a call that breaks off costs none of them')
const looks = none('nothing in a letter is looked up, for that would cost line')
const certificates = none("the computer's own authorities are asked; a server of one's own is named by fingerprint, in SHA-256")
const pushed = none('dialpost collects by POP3 and IMAP')

const set: Readonly<Record<string, Omit<Option, 'place'>>> = {
  daemon: { takes: 'number' },
  postmaster: { takes: 'string' },
  syslog: { takes: 'flag', fate: itself('[log] syslog is true') },
  logfile: { takes: 'string', fate: log },
  idfile: { takes: 'string', fate: itself('what has been collected is remembered in its spool; the old file is not read') },
  pidfile: { takes: 'string', fate: itself('there is one daemon') },
  properties: { takes: 'string', fate: 'nothing to do: fetchmail itself never used it' },
  bouncemail: { takes: 'flag', fate: bounces, denied: bounces },
  spambounce: { takes: 'flag', fate: bounces, denied: bounces },
  softbounce: { takes: 'flag', fate: bounces, denied: bounces },
  invisible: { takes: 'flag', fate: none('dialpost adds its Received line'), denied: itself('it adds its Received line') },
  showdots: {
    takes: 'flag',
    fate: none('`dialpost watch` shows the progress'),
    denied: itself('only `dialpost watch` shows the progress'),
  },
}

const server: Readonly<Record<string, Omit<Option, 'place'>>> = {
  via: { takes: 'string' },
  protocol: { takes: 'protocol' },
  aka: { takes: 'strings' },
  localdomains: { takes: 'strings' },
  port: { takes: 'number' },
  service: { takes: 'either' },
  envelope: { takes: 'envelope' },
  qvirtual: { takes: 'string' },
  authenticate: { takes: 'auth' },
  interval: { takes: 'number', fate: none('every box is collected each time') },
  timeout: { takes: 'number', fate: itself('a server that has stopped is left') },
  uidl: { takes: 'flag', fate: itself('a letter is known by its UIDL'), denied: none('a letter is always known by its UIDL') },
  dns: { takes: 'flag', fate: looks, denied: itself('nothing in a letter is looked up') },
  checkalias: { takes: 'flag', fate: looks, denied: itself('nothing in a letter is looked up') },
  tracepolls: {
    takes: 'flag',
    fate: itself('the Received line and the log name the box'),
    denied: none('the Received line names the box'),
  },
  'bad-header': { takes: 'word', fate: itself('a letter is taken whatever its header is like') },
  'retrieve-error': { takes: 'word', fate: itself('what cannot be had is tried again later, and the others come all the same') },
  interface: {
    takes: 'string',
    fate: itself('it collects only while the line is up; what belongs to the calls of one ISP alone stands under its [[isp]]'),
  },
  monitor: { takes: 'string', fate: itself('it knows whether people use the line, and idle of [call] when to hang up') },
  plugin: { takes: 'string', fate: programs },
  plugout: { takes: 'string', fate: none('letters are delivered here without a program between') },
  principal: { takes: 'string', fate: none('there is no Kerberos') },
  esmtpname: { takes: 'string', fate: pushed },
  esmtppassword: { takes: 'string', fate: pushed },
}

const user: Readonly<Record<string, Omit<Option, 'place'>>> = {
  user: { takes: 'names' },
  is: { takes: 'names' },
  to: { takes: 'names' },
  password: { takes: 'string' },
  passwordfile: { takes: 'string' },
  keep: { takes: 'flag', denied: itself('what is safe here is deleted there') },
  limit: { takes: 'number' },
  ssl: { takes: 'flag' },
  sslproto: { takes: 'string' },
  sslcertck: { takes: 'flag', fate: itself('the certificate is checked wherever TLS is required') },
  sslfingerprint: { takes: 'string', fate: none('it is an MD5; write fingerprint, the SHA-256 of the same certificate') },
  sslcommonname: { takes: 'string', fate: none('the certificate must have the name of host; write fingerprint for one that has not') },
  sslcertfile: { takes: 'string', fate: certificates },
  sslcertpath: { takes: 'string', fate: certificates },
  sslkey: { takes: 'string', fate: none('dialpost logs in by password') },
  sslcert: { takes: 'string', fate: none('dialpost logs in by password') },
  flush: {
    takes: 'flag',
    fate: itself('what is safe here is deleted there'),
    denied: none('what has been collected is deleted at the next call, too'),
  },
  fetchall: {
    takes: 'flag',
    fate: itself('whatever it has not collected yet is collected'),
    denied: none('letters that somebody has read are collected, too'),
  },
  limitflush: {
    takes: 'flag',
    fate: none('larger letters stay at the ISP until `dialpost fetch` or `dialpost drop`'),
    denied: itself('larger letters stay at the ISP'),
  },
  warnings: { takes: 'number', fate: itself('a note with sender and subject comes once for each letter that is too large') },
  fetchlimit: { takes: 'number', fate: batches },
  batchlimit: { takes: 'number', fate: batches },
  expunge: { takes: 'number', fate: batches },
  fetchsizelimit: { takes: 'number', fate: itself('sizes are asked for all at once') },
  fastuidl: { takes: 'number', fate: itself('all UIDLs come in one answer') },
  folder: { takes: 'strings', fate: none('INBOX is collected, and no other folder') },
  moveto: { takes: 'string', fate: none('what is collected is deleted, or stays with keep = true') },
  idle: {
    takes: 'flag',
    fate: none('the box is looked into every poll_every of [call]'),
    denied: itself('it looks every poll_every of [call]'),
  },
  forceidle: { takes: 'flag', fate: none('the box is looked into every poll_every of [call]'), denied: itself('it never does') },
  idletimeout: { takes: 'number', fate: none('the box is looked into every poll_every of [call]') },
  rewrite: {
    takes: 'flag',
    fate: none('headers stay as they are; names without a domain are not given one'),
    denied: itself('headers stay as they are'),
  },
  mimedecode: { takes: 'flag', fate: none('letters stay as they were sent'), denied: itself('letters stay as they were sent') },
  forcecr: { takes: 'flag', fate: eightBit, denied: eightBit },
  stripcr: { takes: 'flag', fate: eightBit, denied: eightBit },
  pass8bits: { takes: 'flag', fate: eightBit, denied: eightBit },
  dropstatus: { takes: 'flag', fate: itself('Status fields are dropped'), denied: none('Status fields from outside are always dropped') },
  dropdelivered: { takes: 'flag', fate: none('Delivered-To stays'), denied: itself('Delivered-To stays') },
  antispam: { takes: 'numbers', fate: none('there is no SMTP server behind it that could refuse') },
  smtphost: { takes: 'strings' },
  smtpaddress: { takes: 'string', fate: none('deliver_to may be a whole address instead') },
  smtpname: { takes: 'string', fate: none('deliver_to may be a whole address instead') },
  fetchdomains: { takes: 'strings', fate: pushed },
  mda: { takes: 'string', fate: none("dialpost writes the mailboxes itself; a person's ~/.forward may name a program") },
  bsmtp: { takes: 'string', fate: none('letters are delivered, not written to a file') },
  lmtp: { takes: 'word', fate: none('write format = "lmtp" and the server, lmtp = "…", into [deliver]; it holds for all mail') },
  preconnect: { takes: 'string', fate: programs },
  postconnect: { takes: 'string', fate: programs },
  properties: { takes: 'string', fate: 'nothing to do: fetchmail itself never used it' },
}

/** A word may mean another where it stands behind `set`. */
export function optionOf(name: string, behindSet: boolean): Option | undefined {
  const own = (table: typeof set, place: Place) => (Object.hasOwn(table, name) ? { place, ...table[name]! } : undefined)
  return behindSet ? own(set, 'set') : (own(server, 'server') ?? own(user, 'user'))
}

/** Other spellings, and what they are short for. */
const spellings: Readonly<Record<string, string>> = {
  server: 'poll',
  local: 'localdomains',
  proto: 'protocol',
  preauth: 'authenticate',
  preauthenticate: 'authenticate',
  auth: 'authenticate',
  username: 'user',
  pass: 'password',
  folders: 'folder',
  smtp: 'smtphost',
  pre: 'preconnect',
  post: 'postconnect',
  pass8: 'pass8bits',
  mimedec: 'mimedecode',
}

export const protocols: ReadonlySet<string> = new Set(['auto', 'pop2', 'sdps', 'pop3', 'imap', 'apop', 'rpop', 'etrn', 'odmr', 'kpop'])

const methods = 'any gssapi kerberos kerberos4 kerberos5 kerberos_v4 kerberos_v5 ssh implicit external otp opie cram cram-md5 msn ntlm'
/** What `auth` takes beside `password`. */
export const authentications: ReadonlySet<string> = new Set([...methods.split(' '), 'oauthbearer', 'xoauth2'])

export const noise: ReadonlySet<string> = new Set(['with', 'and', 'has', 'wants', 'options'])

const others = 'set poll skip defaults no here there accept reject abort continue markseen'.split(' ')
const all = new Set([...others, ...Object.keys(set), ...Object.keys(server), ...Object.keys(user), ...authentications])

/** The one spelling of a keyword; undefined if the word is none. Protocols alone may stand in capitals. */
export function keywordOf(word: string): string | undefined {
  const lower = word.toLowerCase()
  if (protocols.has(lower) && (word === lower || word === word.toUpperCase())) return lower
  const name = Object.hasOwn(spellings, word) ? spellings[word] : word
  return name !== undefined && all.has(name) ? name : undefined
}

const gluable =
  /^no(bouncemail|uidl|checkalias|dns|envelope|keep|flush|limitflush|fetchall|rewrite|forcecr|stripcr|pass8(?:bits)?|dropstatus|dropdelivered|mimedec(?:ode)?|spambounce|idle|forceidle|sslcertck)$/

/** `nokeep` is `no keep`: what is denied. */
export function deniedBy(word: string): string | undefined {
  return gluable.exec(word)?.[1]
}
