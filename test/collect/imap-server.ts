/**
 * A small honest IMAP server on 127.0.0.1 for tests, with one box and the manners of its options and, through `answer`, any bad ones.
 * It knows what a collector says: CAPABILITY STARTTLS LOGIN AUTHENTICATE SELECT COMPRESS EXPUNGE LOGOUT and UID SEARCH FETCH STORE EXPUNGE.
 */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib'
import { pem } from '../fake/certificate.ts'

export type ImapLetter = { uid: number; octets: Buffer; flags: Set<string> }

export type ImapServerOptions = {
  letters?: ImapLetter[]
  validity?: number
  /** One more status code of SELECT. */
  code?: string
  access?: 'READ-WRITE' | 'READ-ONLY'
  user?: string
  password?: string
  /** Before the login, and within. */
  capabilities?: readonly string[]
  secureCapabilities?: readonly string[]
  insideCapabilities?: readonly string[]
  /** Undefined: with the capabilities in its code. */
  greeting?: string
  implicitTls?: boolean
  /** Octets a write, each in its own turn; 0: as they come. */
  chunk?: number
  /** How a FETCH response names the letter's UID: ahead of the body, or behind it. */
  uidBehind?: boolean
  /** Something else than the usual answer; 'drop' cuts the connection, undefined lets the usual one happen. */
  answer?: (command: string, tag: string, session: ImapSession) => string | Buffer | undefined
}

/** `commands` are without tags. */
export type ImapSession = { readonly number: number; readonly commands: string[]; encrypted: boolean; compressed: boolean }

export interface ImapServer {
  readonly port: number
  readonly letters: ImapLetter[]
  readonly sessions: ImapSession[]
  /** What the server read at once, by reads of the socket. */
  readonly reads: string[]
  close(): Promise<void>
}

export const outside: readonly string[] = ['IMAP4rev1', 'SASL-IR', 'LITERAL+', 'AUTH=PLAIN']
export const inside: readonly string[] = ['IMAP4rev1', 'UIDPLUS', 'ESEARCH', 'LITERAL+']

export function imapLetters(...bodies: readonly Buffer[]): ImapLetter[] {
  return bodies.map((octets, nth) => ({ uid: nth + 1, octets, flags: new Set() }))
}

export async function imapServer(options: ImapServerOptions = {}): Promise<ImapServer> {
  const letters = options.letters ?? []
  const sessions: ImapSession[] = []
  const reads: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    serve(socket, options, letters, sessions, reads)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    letters,
    sessions,
    reads,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function serve(raw: Socket, options: ImapServerOptions, letters: ImapLetter[], sessions: ImapSession[], reads: string[]): void {
  const { chunk = 0, capabilities = outside, secureCapabilities = capabilities, insideCapabilities = inside } = options
  const session: ImapSession = { number: sessions.length + 1, commands: [], encrypted: options.implicitTls === true, compressed: false }
  sessions.push(session)
  let stream: Duplex = options.implicitTls ? secured(raw) : raw
  let sending: Promise<void> = Promise.resolve()
  let buffer = ''
  let isIn = false
  let isSelected = false
  let challenged: ((response: string) => string) | undefined

  const send = (data: string | Buffer): void => {
    const octets = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    const to = stream
    sending = sending.then(async () => {
      for (let at = 0; at < octets.length; at += chunk || octets.length) {
        if (raw.destroyed) return
        to.write(octets.subarray(at, at + (chunk || octets.length)))
        if (chunk) await new Promise((done) => setImmediate(done))
      }
    })
  }
  const offered = (): readonly string[] => (isIn ? insideCapabilities : session.encrypted ? secureCapabilities : capabilities)
  const isRight = (user: string, password: string): boolean =>
    user === (options.user ?? 'eddy') && password === (options.password ?? 'sesame')
  const letIn = (tag: string, ok: boolean): string => {
    isIn = ok
    if (!ok) return `${tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n`
    return `${tag} OK [CAPABILITY ${insideCapabilities.join(' ')}] Logged in\r\n`
  }

  const authenticate = (tag: string, mechanism: string, initial: string | undefined): string => {
    if (!offered().includes(`AUTH=${mechanism}`)) return `${tag} NO Unsupported\r\n`
    const decode = (text: string): string => Buffer.from(text, 'base64').toString()
    if (mechanism === 'PLAIN') {
      const step = (response: string): string => {
        const [, user = '', password = ''] = decode(response).split('\0')
        return letIn(tag, isRight(user, password))
      }
      if (initial !== undefined) return step(initial)
      challenged = step
      return '+ \r\n'
    }
    challenged = (response) => {
      const [user = '', digest] = decode(response).split(' ')
      const right = createHmac('md5', options.password ?? 'sesame')
        .update('<1@isp>')
        .digest('hex')
      return letIn(tag, user === (options.user ?? 'eddy') && digest === right)
    }
    return `+ ${Buffer.from('<1@isp>').toString('base64')}\r\n`
  }

  const uids = (set: string): ImapLetter[] => {
    const last = letters.at(-1)?.uid ?? 0
    const number = (text: string): number => (text === '*' ? last : Number(text))
    const ranges = set.split(',').map((range) => range.split(':').map(number))
    return letters.filter(({ uid }) => ranges.some(([from = 0, to = from]) => uid >= Math.min(from, to) && uid <= Math.max(from, to)))
  }
  const expunge = (doomed: readonly ImapLetter[]): string =>
    doomed
      .filter(({ flags }) => flags.has('\\Deleted'))
      .map((letter) => `* ${letters.splice(letters.indexOf(letter), 1) && letters.length} EXPUNGE\r\n`)
      .join('')

  const fetch = (letter: ImapLetter, item: string): Buffer => {
    const number = letters.indexOf(letter) + 1
    if (item === 'RFC822.SIZE') return Buffer.from(`* ${number} FETCH (UID ${letter.uid} RFC822.SIZE ${letter.octets.length})\r\n`)
    const [, section = '', from, count] = /^BODY\.PEEK\[(HEADER)?\](?:<(\d+)\.(\d+)>)?$/.exec(item) ?? []
    const end = letter.octets.indexOf('\r\n\r\n')
    const whole = section === 'HEADER' ? letter.octets.subarray(0, end < 0 ? undefined : end + 4) : letter.octets
    const octets = from === undefined ? whole : whole.subarray(Number(from), Number(from) + Number(count))
    const name = `BODY[${section}]${from === undefined ? '' : `<${from}>`} {${octets.length}}\r\n`
    const [ahead, behind] = options.uidBehind ? ['', ` UID ${letter.uid}`] : [`UID ${letter.uid} `, '']
    return Buffer.concat([Buffer.from(`* ${number} FETCH (${ahead}${name}`), octets, Buffer.from(`${behind})\r\n`)])
  }

  const byUid = (tag: string, verb: string, words: readonly string[]): string | Buffer => {
    const [set = '', ...rest] = words
    switch (verb) {
      case 'FETCH':
        return Buffer.concat([...uids(set).map((letter) => fetch(letter, rest.join(' '))), Buffer.from(`${tag} OK Fetched\r\n`)])
      case 'STORE':
        for (const { flags } of uids(set)) flags.add('\\Deleted')
        return `${tag} OK Stored\r\n`
      case 'EXPUNGE':
        return `${expunge(uids(set))}${tag} OK Expunged\r\n`
      case 'SEARCH': {
        const found = letters.filter(({ flags }) => words.at(-1) === 'ALL' || flags.has('\\Deleted')).map(({ uid }) => uid)
        if (!words.includes('RETURN')) return `* SEARCH${found.map((uid) => ` ${uid}`).join('')}\r\n${tag} OK Searched\r\n`
        return `* ESEARCH (TAG "${tag}") UID${found.length > 0 ? ` ALL ${found.join(',')}` : ''}\r\n${tag} OK Searched\r\n`
      }
    }
    return `${tag} BAD Unknown\r\n`
  }

  const reply = (tag: string, command: string): string | Buffer => {
    const [verb = '', ...words] = command.split(' ')
    switch (verb) {
      case 'CAPABILITY':
        return `* CAPABILITY ${offered().join(' ')}\r\n${tag} OK\r\n`
      case 'LOGIN': {
        if (offered().includes('LOGINDISABLED')) return `${tag} NO [PRIVACYREQUIRED] Not in the clear\r\n`
        const [user = '', password = ''] = stringsOf(command.slice('LOGIN '.length))
        return letIn(tag, isRight(user, password))
      }
      case 'AUTHENTICATE':
        return authenticate(tag, words[0] ?? '', words[1])
      case 'LOGOUT':
        return `* BYE Logging out\r\n${tag} OK Bye\r\n`
    }
    if (!isIn) return `${tag} BAD Log in first\r\n`
    if (verb === 'SELECT') {
      isSelected = true
      const { validity = 7, code = 'UIDNEXT 9', access = 'READ-WRITE' } = options
      const codes = [`UIDVALIDITY ${validity}`, code].map((one) => `* OK [${one}]\r\n`).join('')
      return `* ${letters.length} EXISTS\r\n${codes}${tag} OK [${access}] Selected\r\n`
    }
    if (verb === 'STATUS') return `* STATUS INBOX (SIZE ${letters.reduce((sum, { octets }) => sum + octets.length, 0)})\r\n${tag} OK\r\n`
    if (!isSelected) return `${tag} BAD No mailbox selected\r\n`
    if (verb === 'EXPUNGE') return `${expunge([...letters])}${tag} OK Expunged\r\n`
    return verb === 'UID' ? byUid(tag, words[0] ?? '', words.slice(1)) : `${tag} BAD Unknown\r\n`
  }

  const startTls = (tag: string): void => {
    stream.removeAllListeners('data')
    buffer = ''
    raw.write(`${tag} OK Begin TLS\r\n`, () => {
      stream = secured(raw)
      session.encrypted = true
      stream.on('data', onData)
    })
  }
  const compress = (tag: string): void => {
    send(`${tag} OK Deflating\r\n`)
    const under = stream
    void sending.then(() => {
      const [inflate, deflate] = [createInflateRaw(), createDeflateRaw({ flush: constants.Z_SYNC_FLUSH })]
      under.removeAllListeners('data')
      under
        .pipe(inflate)
        .on('data', onData)
        .on('error', () => raw.destroy())
      deflate.pipe(under)
      stream = deflate
      session.compressed = true
    })
  }

  const hear = (line: string): void => {
    if (challenged) {
      const step = challenged
      challenged = undefined
      session.commands.push(line)
      return send(step(line))
    }
    const [, tag = '', command = ''] = /^(\S+) (.*)$/s.exec(line) ?? []
    session.commands.push(command)
    const own = options.answer?.(command, tag, session)
    if (own === 'drop') return void sending.then(() => raw.destroy())
    if (own === undefined && command === 'STARTTLS' && offered().includes('STARTTLS')) return startTls(tag)
    if (own === undefined && command === 'COMPRESS DEFLATE' && isIn) return compress(tag)
    send(own ?? reply(tag, command))
    if (command === 'LOGOUT') void sending.then(() => stream.end())
  }

  /** A line, with the literals in it. */
  const nextLine = (): string | undefined => {
    for (let from = 0; ; ) {
      const end = buffer.indexOf('\r\n', from)
      if (end < 0) return undefined
      const literal = /\{(\d+)(\+?)\}$/.exec(buffer.slice(0, end))
      if (!literal) {
        const line = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        return line
      }
      const after = end + 2 + Number(literal[1])
      if (literal[2] === '' && buffer.length === end + 2) send('+ go on\r\n')
      if (buffer.length < after) return undefined
      from = after
    }
  }
  const onData = (data: Buffer): void => {
    reads.push(data.toString('latin1'))
    buffer += data.toString('latin1')
    for (let line = nextLine(); line !== undefined; line = nextLine()) hear(line)
  }

  stream.on('data', onData)
  send(`${options.greeting ?? `* OK [CAPABILITY ${capabilities.join(' ')}] Ready`}\r\n`)
}

function stringsOf(text: string): string[] {
  const found: string[] = []
  const token = /"((?:[^"\\]|\\.)*)" ?|\{(\d+)\+?\}\r\n|(\S+) ?/y
  while (token.lastIndex < text.length) {
    const [, quoted, literal, atom] = token.exec(text) ?? []
    if (literal !== undefined) {
      const octets = text.slice(token.lastIndex, token.lastIndex + Number(literal))
      found.push(Buffer.from(octets, 'latin1').toString())
      token.lastIndex += Number(literal) + 1
    } else found.push(quoted?.replace(/\\(.)/g, '$1') ?? atom ?? '')
  }
  return found
}

function secured(socket: Socket): TLSSocket {
  const tls = new TLSSocket(socket, { isServer: true, key: pem.key, cert: pem.server })
  tls.on('error', () => {})
  return tls
}
