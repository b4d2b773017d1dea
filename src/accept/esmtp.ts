/**
 * The LAN's SMTP door, on smtp-server: the package brings listening, sockets, STARTTLS and closing; what is said and done is
 * conversation.ts's. Subclassed where it is unfit for this box: it greets at once, looks up no name, never shows its public
 * test certificate, answers a burst of commands in one segment, takes dots off without a turn of the event loop each, and
 * sends away who gets nowhere. The only file that knows smtp-server, whose members with an underscore are its own affair:
 * the version is pinned.
 */
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'
import type { Clock } from '../clock.ts'
import type { Network } from '../ip.ts'
import { isInside, plainAddress } from '../ip.ts'
import { reply } from '../mail/reply.ts'
import type { Conversation } from './conversation.ts'
import { conversation } from './conversation.ts'
import type { DialogueOptions } from './dialogue.ts'
import type { Feed } from './feed.ts'

export type DoorOptions = Omit<DialogueOptions, 'client' | 'tls' | 'clock'> & {
  /** Named in the greeting: `dialpost/1.0`. */
  readonly software: string
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  /** Who may send anywhere. */
  readonly networks: readonly Network[]
  readonly maxClients: number
  readonly clock: Clock
  /** PEM. Without them STARTTLS is not offered. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
  /** Told of every octet received, so that it can have garbage collected in time (relief.ts). */
  readonly relieve?: (octets: number) => void
}

export interface Door {
  addresses(): readonly AddressInfo[]
  sessions(): number
  /** Octets received and not yet dealt with, and of replies not yet sent, of all sessions. */
  buffered(): number
  /** Hears nobody new, lets letters that are being sent come to their end for five seconds, then hangs up. */
  close(): Promise<void>
}

type Hall = {
  readonly options: DoorOptions
  readonly servers: Server[]
  readonly sessions: Set<Session>
  closing: boolean
}

/** Milliseconds for letters under way when the door closes. */
const closeGrace = 5000
/** Octets of replies heaped up for one segment; more are sent before the burst is over. */
const replyHeap = 16 * 1024
/** Why a session's signal is aborted: without a reason an error with its stack would be made for each. */
const parting = 'the client has left'

/** Listens on every address, or rejects and listens on none. */
export async function smtpDoor(options: DoorOptions): Promise<Door> {
  const hall: Hall = { options, servers: [], sessions: new Set(), closing: false }
  try {
    for (const { host, port } of options.listen) {
      const server = new Server(hall)
      await listening(server, host, port)
      hall.servers.push(server)
    }
  } catch (cause) {
    await close(hall)
    throw cause
  }
  return {
    addresses: () =>
      hall.servers.map(({ server }) => server.address()).filter((address) => address !== null && typeof address === 'object'),
    sessions: () => hall.sessions.size,
    buffered: () => [...hall.sessions].reduce((sum, session) => sum + session.buffered(), 0),
    close: () => close(hall),
  }
}

function listening({ server }: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException): void => reject(cause.code === 'EACCES' ? withoutRight(cause, host, port) : cause)
    server.once('error', refused)
    server.listen(port, host, () => {
      server.off('error', refused)
      resolve()
    })
  })
}

function withoutRight(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const words = `${host} port ${port} may not be opened: a port below 1024 needs root or cap_net_bind_service; or write another in accept.listen`
  return Object.assign(new Error(words, { cause }), { code: cause.code })
}

async function close(hall: Hall): Promise<void> {
  const { clock } = hall.options
  hall.closing = true
  const closed = Promise.all(hall.servers.map(({ server }) => new Promise((done) => server.close(done))))
  for (const session of hall.sessions) session.talk.sayGoodbye()
  const grace = new AbortController()
  await Promise.race([closed, clock.sleep(clock.elapsed() + closeGrace, grace.signal)])
  grace.abort()
  const parted = [...hall.sessions].map((session) => session.parted.promise)
  for (const session of hall.sessions) session.destroy()
  await Promise.all([closed, ...parted])
}

class Server extends SMTPServer {
  private readonly hall: Hall

  constructor(hall: Hall) {
    const { tls, hostname, software } = hall.options
    super({
      name: hostname,
      banner: software,
      logger: false,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      // Patience is judged by patience.ts; this ends only what that cannot see.
      socketTimeout: 24 * 3600 * 1000,
      disabledCommands: tls ? [] : ['STARTTLS'],
      ...(tls ? { key: tls.key, cert: tls.cert } : {}),
    })
    this.hall = hall
    this.on('error', (cause) => hall.options.log.debug('connection', cause.message))
  }

  override updateSecureContext(): void {
    if (this.options.key === undefined) this.secureContext = new Map()
    else super.updateSecureContext()
  }

  /** There is no proxy: the session begins without a turn of the event loop. */
  override _handleProxy(socket: Socket): void {
    this.connect(socket)
  }

  override onConnect(_session: unknown, done: () => void): void {
    done()
  }

  override connect(socket: Socket): void {
    const session = new Session(this, socket, this.hall)
    this.connections.add(session)
    session.on('error', (cause: Error) => this.hall.options.log.debug('connection', cause.message))
    session.init()
  }
}

class Stream extends SMTPStream {
  private readonly session: Session
  private feed: Feed | undefined

  constructor(session: Session) {
    super()
    this.session = session
  }

  override _write(octets: Buffer, _encoding: unknown, next: () => void): void {
    this.feed ??= this.session.listen(this)
    void this.session.talk.hear(this.feed, octets).then(() => next())
  }
}

class Session extends SMTPConnection {
  readonly talk: Conversation
  /** Resolves when the client is gone for good. */
  readonly parted: PromiseWithResolvers<void> = Promise.withResolvers()
  private readonly hall: Hall
  private readonly left = new AbortController()

  constructor(server: Server, socket: Socket, hall: Hall) {
    // What it would find out by itself costs random octets and a system call, and nobody asks for it.
    super(server, socket, { id: 'session', localAddress: 'here', localPort: 25 })
    this.hall = hall
    const { options } = hall
    const address = plainAddress(this.remoteAddress)
    const wire = { send: (text: string) => this.transmit(text), hangUp: () => this.close() }
    this.talk = conversation(
      {
        ...options,
        client: { address, trusted: isInside(options.networks, address) },
        tls: { isOffered: () => options.tls !== undefined && !this.secure, isOn: () => this.secure },
        closing: () => hall.closing,
        relieve: options.relieve ?? (() => undefined),
      },
      wire,
    )
  }

  override init(): void {
    const { options, servers, sessions, closing } = this.hall
    sessions.add(this)
    this._setListeners(() => {
      const clients = servers.reduce((sum, { connections }) => sum + connections.size, 0)
      if (clients > options.maxClients || closing) {
        return this.talk.hangUp(reply(421, '4.3.2', `${options.hostname} Too busy, try again in a minute`))
      }
      this.connectionReady()
      void this.talk.watch(this.left.signal)
    })
  }

  /** Called by the package's constructor, too, before there is a conversation. */
  override _createParser(): SMTPStream {
    return new Stream(this)
  }

  listen(stream: Stream): Feed {
    return this.talk.listen({
      command: (line) => new Promise((done) => this._onCommand(line, done)),
      closed: () => stream.isClosed,
      turn: () => setImmediate(),
    })
  }

  /** Every verb but STARTTLS is ours. */
  override _getHandler(verb: string): ReturnType<SMTPConnection['_getHandler']> {
    if (verb === 'STARTTLS') return super._getHandler(verb)
    return verbs.has(verb) ? (line, done) => void this.command(verb, line).then(done) : undefined
  }

  override upgrade(done: () => void, secured?: () => void): void {
    this.talk.flush()
    this.talk.restart()
    super.upgrade(done, secured)
  }

  /** What the package says by itself comes in its turn. */
  override send(code: number, text?: string | string[] | null, context?: string | false): void {
    this.talk.flush()
    super.send(code, text, context)
  }

  override _whenWritable(next: () => void): void {
    if (this.talk.held() > replyHeap) this.talk.flush()
    super._whenWritable(next)
  }

  override close(): void {
    this.talk.flush()
    super.close()
  }

  override _onClose(): void {
    this.left.abort(parting)
    this.talk.restart()
    this.hall.sessions.delete(this)
    this.parted.resolve()
    super._onClose()
  }

  destroy(): void {
    this._socket.destroy()
  }

  buffered(): number {
    return (this._parser ? this._parser.writableLength : 0) + this.talk.held() + this._socket.writableLength
  }

  private async command(verb: string, line: Buffer): Promise<void> {
    await this.talk.command(verb, argumentOf(line))
    this.hostNameAppearsAs = this.talk.name() ?? false
  }

  /** During the TLS handshake the socket is still the plain one, and nothing may be said on it. */
  private transmit(text: string): void {
    if (!this._upgrading && this._socket.writable) this._socket.write(text)
  }
}

const verbs: ReadonlySet<string> = new Set([
  'HELO',
  'EHLO',
  'MAIL',
  'RCPT',
  'DATA',
  'BDAT',
  'RSET',
  'NOOP',
  'VRFY',
  'EXPN',
  'HELP',
  'ETRN',
  'QUIT',
])

/** What stands behind the verb; octets that are no UTF-8 become U+FFFD, which no address may contain. */
function argumentOf(line: Buffer): string {
  return line
    .toString('utf8')
    .replace(/^\S+\s*/, '')
    .trimEnd()
}
