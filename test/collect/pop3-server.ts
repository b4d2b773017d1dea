/**
 * A small honest POP3 server on 127.0.0.1 for tests, with the manners of its options and, through `answer`, any bad ones.
 * Deletions take effect at QUIT, as RFC 1939 §6 wants it.
 */
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { pem } from '../fake/certificate.ts'

export type Stored = { uidl: string; octets: Buffer }

export type Pop3ServerOptions = {
  letters?: Stored[]
  user?: string
  password?: string
  /** undefined: CAPA is unknown to it. */
  capabilities?: readonly string[]
  /** Inside TLS. */
  secureCapabilities?: readonly string[]
  greeting?: string
  implicitTls?: boolean
  /** Octets a write, each in its own turn; 0: as they come. */
  chunk?: number
  /** Something else than the usual answer; 'drop' cuts the connection, undefined lets the usual one happen. */
  answer?: (line: string, session: Session) => string | Buffer | undefined
}

export type Session = { readonly number: number; readonly commands: string[]; readonly socket: () => Socket; encrypted: boolean }

export interface Pop3Server {
  readonly port: number
  readonly letters: Stored[]
  readonly sessions: Session[]
  /** What the server read at once, by reads of the socket: how many segments the client made of its commands. */
  readonly reads: string[]
  close(): Promise<void>
}

export const usual: readonly string[] = ['USER', 'UIDL', 'TOP', 'PIPELINING', 'RESP-CODES']

export async function pop3Server(options: Pop3ServerOptions = {}): Promise<Pop3Server> {
  const letters = options.letters ?? []
  const sessions: Session[] = []
  const reads: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
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

/** A body as RFC 1939 §3 sends it. */
export function stuffed(octets: Buffer): Buffer {
  const text = octets.toString('latin1')
  const whole = text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`
  return Buffer.from(`${whole.replace(/(^|\r\n)\./g, '$1..')}.\r\n`, 'latin1')
}

function serve(raw: Socket, options: Pop3ServerOptions, letters: Stored[], sessions: Session[], reads: string[]): void {
  const { user = 'eddy', password = 'sesame', greeting = '+OK Ready <1896.697170952@isp.example>', chunk = 0 } = options
  let socket: Socket = options.implicitTls ? secured(raw) : raw
  const session: Session = { number: sessions.length + 1, commands: [], socket: () => socket, encrypted: options.implicitTls === true }
  sessions.push(session)
  const deleted = new Set<number>()
  let name = ''
  let inside = false
  let sasl: ((response: string) => string) | undefined
  let buffer = ''
  let sending: Promise<void> = Promise.resolve()

  const send = (data: string | Buffer) => {
    const octets = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    const to = socket
    sending = sending.then(async () => {
      for (let at = 0; at < octets.length; at += chunk || octets.length) {
        if (to.destroyed) return
        to.write(octets.subarray(at, at + (chunk || octets.length)))
        if (chunk) await new Promise((done) => setImmediate(done))
      }
    })
  }
  const letIn = (ok: boolean): string => {
    inside = ok
    return ok ? '+OK Maildrop locked and ready\r\n' : '-ERR [AUTH] Authentication failed.\r\n'
  }
  const capabilities = () => (session.encrypted ? (options.secureCapabilities ?? options.capabilities) : options.capabilities)
  const live = () => letters.map((letter, at) => ({ ...letter, number: at + 1 })).filter(({ number }) => !deleted.has(number))
  const letter = (text: string | undefined) => live().find(({ number }) => String(number) === text)

  const auth = (mechanism: string, initial: string | undefined): string => {
    if (!new RegExp(`^SASL .*\\b${mechanism}\\b`, 'mi').test(capabilities()?.join('\n') ?? '')) return '-ERR Unsupported\r\n'
    sasl = saslServers[mechanism.toUpperCase()]?.(user, password)
    if (!sasl) return '-ERR Unsupported\r\n'
    return step(initial === undefined ? '' : initial)
  }
  const step = (response: string): string => {
    const reply = sasl?.(response) ?? 'no'
    if (reply === 'yes' || reply === 'no') sasl = undefined
    return reply === 'yes' || reply === 'no' ? letIn(reply === 'yes') : `+ ${reply}\r\n`
  }

  const reply = (line: string): string | Buffer => {
    if (sasl) return step(line)
    const [command = '', first, second] = line.split(' ')
    switch (command.toUpperCase()) {
      case 'CAPA':
        return capabilities() ? `+OK\r\n${capabilities()?.join('\r\n')}\r\n.\r\n` : '-ERR Unknown command\r\n'
      case 'USER':
        name = line.slice(5)
        return '+OK\r\n'
      case 'PASS':
        return letIn(name === user && line.slice(5) === password)
      case 'APOP': {
        const stamp = /<.*>/.exec(greeting)?.[0] ?? ''
        return letIn(
          first === user &&
            second ===
              createHash('md5')
                .update(stamp + password)
                .digest('hex'),
        )
      }
      case 'AUTH':
        return auth(first ?? '', second)
      case 'QUIT': {
        if (inside) letters.splice(0, letters.length, ...live().map(({ uidl, octets }) => ({ uidl, octets })))
        return '+OK Bye\r\n'
      }
    }
    if (!inside) return '-ERR Log in first\r\n'
    switch (command.toUpperCase()) {
      case 'UIDL':
        if (first !== undefined) return letter(first) ? `+OK ${first} ${letter(first)?.uidl}\r\n` : '-ERR No such message\r\n'
        return `+OK\r\n${live()
          .map(({ number, uidl }) => `${number} ${uidl}\r\n`)
          .join('')}.\r\n`
      case 'LIST':
        if (first !== undefined) return letter(first) ? `+OK ${first} ${letter(first)?.octets.length}\r\n` : '-ERR No such message\r\n'
        return `+OK\r\n${live()
          .map(({ number, octets }) => `${number} ${octets.length}\r\n`)
          .join('')}.\r\n`
      case 'STAT':
        return `+OK ${live().length} ${live().reduce((sum, { octets }) => sum + octets.length, 0)}\r\n`
      case 'RETR': {
        const found = letter(first)
        return found
          ? Buffer.concat([Buffer.from(`+OK ${found.octets.length} octets\r\n`), stuffed(found.octets)])
          : '-ERR No such message\r\n'
      }
      case 'TOP': {
        const found = letter(first)
        const header = found?.octets.subarray(0, found.octets.indexOf('\r\n\r\n') + 4)
        return header ? Buffer.concat([Buffer.from('+OK\r\n'), stuffed(header)]) : '-ERR No such message\r\n'
      }
      case 'DELE':
        if (!letter(first)) return '-ERR No such message\r\n'
        deleted.add(Number(first))
        return '+OK Marked to be deleted.\r\n'
      case 'NOOP':
        return '+OK\r\n'
      case 'RSET':
        deleted.clear()
        return '+OK\r\n'
    }
    return '-ERR Unknown command\r\n'
  }

  const onData = (data: Buffer) => {
    reads.push(data.toString('latin1'))
    buffer += data.toString('latin1')
    for (;;) {
      const end = buffer.indexOf('\r\n')
      if (end < 0) return
      const line = buffer.slice(0, end)
      buffer = buffer.slice(end + 2)
      session.commands.push(line)
      const own = options.answer?.(line, session)
      if (own === 'drop') return void sending.then(() => socket.destroy())
      if (own === undefined && line.toUpperCase() === 'STLS' && capabilities()?.includes('STLS')) return startTls()
      const answer = own ?? reply(line)
      send(answer)
      if (line.toUpperCase() === 'QUIT') void sending.then(() => socket.end())
    }
  }
  const startTls = () => {
    raw.off('data', onData)
    raw.write('+OK Begin TLS\r\n', () => {
      socket = secured(raw)
      session.encrypted = true
      buffer = ''
      socket.on('data', onData)
    })
  }
  socket.on('data', onData)
  const own = options.answer?.('', session)
  if (own === 'drop') socket.destroy()
  else send(own ?? `${greeting}\r\n`)
}

function secured(raw: Socket): Socket {
  const tls = new TLSSocket(raw, { isServer: true, key: pem.key, cert: pem.server })
  tls.on('error', () => {})
  return tls
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** Each returns the next challenge, 'yes' or 'no'. */
const saslServers: Record<string, (user: string, password: string) => (response: string) => string> = {
  PLAIN: (user, password) => (response) => (response === '' ? '' : response === base64(`\0${user}\0${password}`) ? 'yes' : 'no'),
  LOGIN: (user, password) => {
    let turn = 0
    let given = ''
    return (response) => {
      turn += 1
      if (turn === 1) return base64('Username:')
      if (turn === 3) return given === base64(user) && response === base64(password) ? 'yes' : 'no'
      given = response
      return base64('Password:')
    }
  },
  'CRAM-MD5': (user, password) => {
    const challenge = '<1.2@isp.example>'
    return (response) => {
      if (response === '') return base64(challenge)
      return response === base64(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`) ? 'yes' : 'no'
    }
  },
}
