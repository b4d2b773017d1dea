/**
 * The ISP's post: letters such as people, lists and broken programs send, the same ones for the same seed. Each kind is one way in
 * which mail systems have mangled mail. Every letter carries `X-Letter: NAME`, by which a test finds it again.
 */
import { random, type Random } from './random.ts'

export type Letter = {
  /** `dots-17`; copies of one list letter share it. */
  readonly name: string
  readonly kind: Kind
  /** CRLF line ends; the last line of kind `no-final-newline` has none. */
  readonly octets: Buffer
  /** Whom this copy is for, by the X-Envelope-To of the multidrop box it lies in. */
  readonly user: string
}

export type LettersOptions = {
  readonly seed: number
  /** How many copies in all; list letters in several copies count each. */
  readonly count: number
  /** They take turns. */
  readonly users: readonly string[]
  /** Their part of the world, after the @. */
  readonly domain: string
  /** Octets of the big attachment, of which there is one; default 5 MB. */
  readonly attachment?: number
}

export function makeLetters({ seed, count, users, domain, attachment = 5 * 2 ** 20 }: LettersOptions): readonly Letter[] {
  const any = random(seed)
  const letters: Letter[] = []
  for (let number = 0; letters.length < count; number++) {
    const kind = order[number % order.length] ?? 'plain'
    const name = `${kind}-${number}`
    const body = number === middle ? attached(any, attachment) : bodies[kind](any)
    for (const user of readers(kind, any, users).slice(0, count - letters.length))
      letters.push({ name, kind, user, octets: seal({ name, kind, user, domain, any, body }) })
  }
  return letters
}

/** What is in a letter, header and body apart; the header keeps its last CRLF, the empty line belongs to neither. */
export function parts(octets: Buffer): { header: Buffer; body: Buffer } {
  const end = octets.indexOf('\r\n\r\n')
  return end < 0 ? { header: octets, body: Buffer.alloc(0) } : { header: octets.subarray(0, end + 2), body: octets.subarray(end + 4) }
}

/** The name in a letter's X-Letter field; '' for a letter that is not ours. */
export function nameOf(octets: Buffer): string {
  return /^X-Letter: (\S+)\r?$/m.exec(parts(octets).header.toString('latin1'))?.[1] ?? ''
}

export type Kind =
  | 'plain'
  | 'multipart'
  | 'attachment'
  | 'latin-1'
  | 'utf-8'
  | 'long-lines'
  | 'no-final-newline'
  | 'dots'
  | 'last-dot'
  | 'from-lines'
  | 'empty-body'
  | 'blank-lines'
  | 'trailing-blanks'
  | 'header-only'
  | 'folded'
  | 'encoded'
  | 'readers'
  | 'binary'
  | 'list'

type Body = { readonly fields?: readonly string[]; readonly content: string }

/** The number of the letter with the big attachment. */
const middle = 7

/** Bodies as latin1 strings, one character an octet, CRLF line ends. */
const bodies: Readonly<Record<Kind, (any: Random) => Body>> = {
  plain: (any: Random): Body => ({ content: text(any, 3 + any.below(40)) }),
  multipart: (any: Random): Body => alternative(any),
  attachment: (any: Random): Body => attached(any, 2000 + any.below(60_000)),
  'latin-1': (any: Random): Body => ({
    fields: ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: 8bit'],
    content: `Gr\xfc\xdfe aus M\xfcnchen, \xe7a va?\r\n\x80\x9f\xa0\xff\r\n${text(any, 5)}`,
  }),
  'utf-8': (any: Random): Body => ({
    fields: ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'],
    content: `${latin1('Dîner à 20 h — 日本語 🎉')}\r\n${text(any, 5)}`,
  }),
  'long-lines': (any: Random): Body => ({
    content: [998, 999, 1000, 4096, 8191, 8192, 70_000].map((length) => `${any.word().repeat(length).slice(0, length)}\r\n`).join(''),
  }),
  'no-final-newline': (any: Random): Body => ({ content: `${text(any, 3)}the end` }),
  dots: (any: Random): Body => ({ content: `.\r\n..\r\n...\r\n.x\r\n..x\r\n \r\n.\r\n\r\n.\r\n${text(any, 2)}.\r\n` }),
  'last-dot': (): Body => ({ content: 'The next line is all there is.\r\n.' }),
  'from-lines': (any: Random): Body => ({
    content: `From here on\r\n\r\nFrom eddy@shire.lan Sat Jun  3 20:58:33 2000\r\nSubject: not a letter\r\n\r\n>From there\r\n>>From\r\n>>From afar\r\n> From\r\nfrom\r\n FROM\r\n${text(any, 2)}From`,
  }),
  'empty-body': (): Body => ({ content: '' }),
  'blank-lines': (): Body => ({ content: '\r\n\r\n\r\n' }),
  'trailing-blanks': (any: Random): Body => ({ content: `${text(any, 3)}  \r\n\t\r\n \r\n\r\n\r\n` }),
  'header-only': (): Body => ({ content: '' }),
  folded: (any: Random): Body => ({
    fields: [
      'References: <1@a.example>\r\n\t<2@b.example>\r\n   <3@c.example>\r\n \r\n\t<4@d.example>',
      `X-Long: ${'abcdefghi '.repeat(300)}`,
      'X-Empty:',
      'x-lower:no space',
      'X-Spaced :   blanks  around   ',
    ],
    content: text(any, 4),
  }),
  encoded: (any: Random): Body => ({
    fields: [
      'Subject: =?UTF-8?B?RMOubmVyIMOgIDIwIGg=?= =?iso-8859-1?Q?_na_g=FCt?=',
      'Reply-To: =?utf-8?q?Andr=C3=A9?= <andre@far.example>, "Doe, J." <jd@far.example>',
      `X-Raw: ${latin1('ünencoded — header')}`,
    ],
    content: text(any, 4),
  }),
  readers: (any: Random): Body => ({
    // What an mbox keeps for itself; a letter that brings it must not upset the reader.
    fields: ['Status: RO', 'X-Status: AD', 'Content-Length: 7', 'Lines: 1', 'X-UID: 12'],
    content: text(any, 6),
  }),
  binary: (any: Random): Body => ({
    fields: ['Content-Type: application/octet-stream', 'Content-Transfer-Encoding: 8bit'],
    content: Array.from({ length: 2000 }, () => String.fromCharCode(any.octetButLineEnds())).join(''),
  }),
  list: (any: Random): Body => ({
    fields: [
      'List-Id: <nelug.lists.example>',
      'Precedence: list',
      'Sender: owner-nelug@lists.example',
      'List-Post: <mailto:nelug@lists.example>',
    ],
    content: `${text(any, 10)}\r\n-- \r\nnelug mailing list\r\n`,
  }),
}

const order = Object.keys(bodies) as readonly Kind[]

/** A list letter lies in the box once for each of several readers. */
function readers(kind: Kind, any: Random, users: readonly string[]): readonly string[] {
  const first = any.below(users.length)
  const turned = [...users.slice(first), ...users.slice(0, first)]
  return turned.slice(0, kind === 'list' ? 2 + any.below(4) : 1)
}

type Sealing = { name: string; kind: Kind; user: string; domain: string; any: Random; body: Body }

/** The whole letter, with the ISP's trace on it: copies of one letter differ in that alone. */
function seal({ name, kind, user, domain, any, body }: Sealing): Buffer {
  const to = kind === 'list' ? 'nelug@lists.example' : `${user}@${domain}`
  const own = body.fields ?? []
  const header = [
    `Return-Path: <${kind === 'list' ? 'owner-nelug@lists.example' : 'someone@far.example'}>`,
    `X-Envelope-To: ${user}@${domain}`,
    `Received: from far.example (far.example [192.0.2.${1 + any.below(250)}])\r\n\tby pop.isp.example (8.9.3/8.9.3) with ESMTP id ${any.word()}\r\n\tfor <${user}@${domain}>; Sat, 3 Jun 2000 20:58:33 +0100`,
    'Date: Sat, 3 Jun 2000 20:58:30 +0100',
    'From: "Some One" <someone@far.example>',
    `To: ${to}`,
    `Message-ID: <${name}@far.example>`,
    `X-Letter: ${name}`,
    ...(own.some((field) => field.startsWith('Subject:')) ? [] : [`Subject: ${name} for you`]),
    ...own,
  ]
  const empty = kind === 'header-only' ? '' : '\r\n'
  return Buffer.from(`${header.join('\r\n')}\r\n${empty}${body.content}`, 'latin1')
}

function text(any: Random, lines: number): string {
  const line = (): string => Array.from({ length: 1 + any.below(11) }, () => any.word()).join(' ')
  return Array.from({ length: lines }, () => `${any.below(6) === 0 ? '' : line()}\r\n`).join('')
}

function alternative(any: Random): Body {
  const boundary = `=_${any.word()}${any.word()}`
  return {
    fields: ['MIME-Version: 1.0', `Content-Type: multipart/alternative;\r\n boundary="${boundary}"`],
    content: [
      'This is a multi-part message in MIME format.\r\n',
      `--${boundary}\r\nContent-Type: text/plain\r\n\r\n${text(any, 8)}`,
      `--${boundary}\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>${any.word()}=\r\n=3D</p>\r\n`,
      `--${boundary}--\r\n`,
    ].join(''),
  }
}

function attached(any: Random, octets: number): Body {
  const boundary = `----=_NextPart_${any.word()}`
  const lines = any.octets(octets).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  return {
    fields: ['MIME-Version: 1.0', `Content-Type: multipart/mixed; boundary="${boundary}"`],
    content: [
      `--${boundary}\r\nContent-Type: text/plain\r\n\r\n${text(any, 4)}`,
      `--${boundary}\r\nContent-Type: application/zip; name="a b.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`,
      `--${boundary}--\r\n`,
    ].join(''),
  }
}

function latin1(words: string): string {
  return Buffer.from(words, 'utf8').toString('latin1')
}
