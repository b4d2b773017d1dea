/**
 * The LAN's SMTP door, on smtp-server: the package brings listening, sockets, STARTTLS and closing; what is said and done is
 * dialogue.ts's. Subclassed where it is unfit for this box: it greets at once, looks up no name, never shows its public
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
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import type { Answer, Dialogue, DialogueOptions } from './dialogue.ts'
import { dialogue } from './dialogue.ts'
import { dotDecoder } from './dots.ts'
import type { Feed, FeedOptions } from './feed.ts'
import { counted, feed } from './feed.ts'
import type { Presence } from './patience.ts'
import { arrived, judge, waiting, working } from './patience.ts'
import type { Network } from './policy.ts'
import { isInside, parseNetwork, plainAddress } from './policy.ts'
import { replyLines } from './reply-lines.ts'

export type DoorOptions = Omit<DialogueOptions, 'client' | 'tls' | 'clock'> & {
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  /** Who may send anywhere: `192.168.1.0/24`. */
  readonly networks: readonly string[]
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
  readonly networks: readonly Network[]
  readonly servers: Server[]
  readonly sessions: Set<Session>
  closing: boolean
}

/** Milliseconds for letters under way when the door closes. */
const closeGrace = 5000
/** Octets of replies heaped up for one segment; more are sent before the burst is over. */
const replyHeap = 16 * 1024

/** Listens on every address, or rejects and listens on none. */
export async function smtpDoor(options: DoorOptions): Promise<Door> {
  const hall: Hall = { options, networks: options.networks.map(network), servers: [], sessions: new Set(), closing: false }
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

function network(text: string): Network {
  const parsed = parseNetwork(text)
  if (parsed === undefined) throw new Error(`no network: ${text}`)
  return parsed
}

function listening({ server }: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function close(hall: Hall): Promise<void> {
  const { clock } = hall.options
  hall.closing = true
  const closed = Promise.all(hall.servers.map(({ server }) => new Promise((done) => server.close(done))))
  for (const session of hall.sessions) session.sayGoodbye()
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
  readonly feed: Feed
  private readonly deal: (work: () => Promise<void>, octets: number) => Promise<void>

  constructor(options: Omit<FeedOptions, 'closed' | 'turn'>, deal: (work: () => Promise<void>, octets: number) => Promise<void>) {
    super()
    this.deal = deal
    this.feed = feed({ ...options, closed: () => this.isClosed, turn: () => setImmediate() })
  }

  override _write(chunk: Buffer, _encoding: unknown, next: (cause?: Error | null) => void): void {
    void this.deal(() => this.feed.write(chunk), chunk.length).then(() => next())
  }
}

class Session extends SMTPConnection {
  private readonly hall: Hall
  private readonly dialogue: Dialogue
  private readonly left = new AbortController()
  /** Resolves when the client is gone for good. */
  readonly parted: PromiseWithResolvers<void> = Promise.withResolvers()
  private presence: Presence
  private replies: string[] = []
  private heap = 0
  private acceptances = 0

  constructor(server: Server, socket: Socket, hall: Hall) {
    super(server, socket)
    this.hall = hall
    const address = plainAddress(this.remoteAddress)
    this.dialogue = dialogue({
      ...hall.options,
      client: { address, trusted: isInside(hall.networks, address) },
      tls: { isOffered: () => hall.options.tls !== undefined && !this.secure, isOn: () => this.secure },
    })
    this.presence = arrived(hall.options.clock.elapsed())
  }

  override init(): void {
    const { options, servers, sessions, closing } = this.hall
    sessions.add(this)
    this._setListeners(() => {
      const clients = servers.reduce((sum, { connections }) => sum + connections.size, 0)
      if (clients > options.maxClients || closing)
        return this.hangUp(reply(421, '4.3.2', `${options.hostname} Too busy, try again in a minute`))
      this.connectionReady()
      void this.watch()
    })
  }

  override _createParser(): SMTPStream {
    return new Stream(
      {
        command: (line) => new Promise((done) => this._onCommand(line, done)),
        say: (answer) => this.say(answer),
        tooLong: () => this.say({ reply: reply(500, '5.5.2', 'Line too long') }),
      },
      (work, octets) => this.deal(work, octets),
    )
  }

  /** Every verb but STARTTLS is ours. */
  override _getHandler(verb: string): ReturnType<SMTPConnection['_getHandler']> {
    switch (verb) {
      case 'STARTTLS':
        return super._getHandler(verb)
      case 'DATA':
        return (_line, done) => this.run(done, () => this.data())
      case 'BDAT':
        return (line, done) => this.run(done, () => this.bdat(argumentOf(line)))
      case 'QUIT':
        return (_line, done) => this.run(done, async () => this.hangUp(reply(221, '2.0.0', `${this.name} closing connection`)))
      default:
        return ours.has(verb) ? (line, done) => this.run(done, () => this.command(verb, argumentOf(line))) : undefined
    }
  }

  override upgrade(done: () => void, secured?: () => void): void {
    this.flush()
    this.dialogue.reset('name')
    super.upgrade(done, secured)
  }

  override send(code: number, text?: string | string[] | null, context?: string | false): void {
    this.flush()
    super.send(code, text, context)
  }

  override _whenWritable(next: () => void): void {
    if (this.heap > replyHeap) this.flush()
    super._whenWritable(next)
  }

  override close(): void {
    this.flush()
    super.close()
  }

  override _onClose(): void {
    this.left.abort()
    this.dialogue.reset()
    this.hall.sessions.delete(this)
    this.parted.resolve()
    super._onClose()
  }

  sayGoodbye(): void {
    if (this.presence.doing === 'command') this.hangUp(reply(421, '4.3.2', `${this.name} is going down`))
  }

  destroy(): void {
    this._socket.destroy()
  }

  buffered(): number {
    return (this._parser ? this._parser.writableLength : 0) + this.heap + this._socket.writableLength
  }

  private async command(verb: string, argument: string): Promise<void> {
    const answer = await this.dialogue.command(verb, argument)
    if (verb.endsWith('LO') && answer.reply.code === 250) this.hostNameAppearsAs = argument
    this.say(answer)
  }

  private async data(): Promise<void> {
    const answer = await this.dialogue.data()
    this.say(answer)
    if (answer.incoming) this.feed?.take(dotDecoder(), answer.incoming)
  }

  private async bdat(argument: string): Promise<void> {
    const answer = await this.dialogue.bdat(argument)
    if ('reply' in answer) this.say(answer)
    else this.feed?.take(counted(answer.octets), answer.incoming)
  }

  private get feed(): Feed | undefined {
    return this._parser instanceof Stream ? this._parser.feed : undefined
  }

  /** One command's work; what nobody foresaw is our fault, and may go better next time. */
  private run(done: () => void, work: () => Promise<void>): void {
    void work()
      .catch((cause: unknown) => {
        this.hall.options.log.error('accept-failed', `a command failed: ${String(cause)}`, { cause })
        this.say({ reply: reply(451, '4.3.0', 'Local error, try again later') })
      })
      .then(done)
  }

  /** One segment's work: its replies leave together. */
  private async deal(work: () => Promise<void>, octets: number): Promise<void> {
    const { clock, log, relieve } = this.hall.options
    const began = clock.elapsed()
    const commands = this.feed?.commands()
    const wasReceiving = this.feed?.receiving()
    this.presence = working(this.presence)
    relieve?.(octets)
    try {
      await work()
    } catch (cause) {
      log.error('accept-failed', `a session failed: ${String(cause)}`, { cause })
      return this.hangUp(reply(421, '4.3.0', 'Local error, try again later'))
    }
    this.flush()
    const receiving = this.feed?.receiving() ?? false
    const progress = this.feed?.commands() !== commands || receiving !== wasReceiving
    this.presence = waiting(this.presence, clock.elapsed(), { took: clock.elapsed() - began, octets, progress, receiving })
    if (this.hall.closing) this.sayGoodbye()
  }

  private say({ reply, accepted, hangUp }: Answer): void {
    const text = replyLines(reply)
    this.replies.push(text)
    this.heap += text.length
    if (accepted) {
      this.acceptances++
      this.presence = { ...this.presence, lastLetter: this.hall.options.clock.elapsed() }
    }
    if (hangUp) this.close()
  }

  private hangUp(reply: Reply): void {
    this.say({ reply, hangUp: true })
  }

  private flush(): void {
    const text = this.replies.join('')
    const accepted = this.acceptances > 0
    this.replies = []
    this.heap = 0
    this.acceptances = 0
    // During the TLS handshake the socket is still the plain one.
    if (text === '' || this._upgrading || !this._socket.writable) return
    this._socket.write(text)
    if (accepted) this.hall.options.log.instant('replied')
  }

  /** Until the client has left: sends it away when it gets nowhere. */
  private async watch(): Promise<void> {
    const { clock, log } = this.hall.options
    while (!this.left.signal.aborted) {
      const verdict = judge(this.presence, clock.elapsed())
      if (verdict.kind === 'wait') await clock.sleep(verdict.until, this.left.signal)
      else if (verdict.kind === 'renew') this.presence = { ...this.presence, since: clock.elapsed(), octets: 0 }
      else {
        log.info('impatient', `${this.remoteAddress}: ${verdict.reason}`)
        return this.hangUp(reply(421, '4.4.2', `${this.name} hangs up: ${verdict.reason}`))
      }
    }
  }
}

const ours: ReadonlySet<string> = new Set(['HELO', 'EHLO', 'MAIL', 'RCPT', 'RSET', 'NOOP', 'VRFY', 'EXPN', 'HELP', 'ETRN'])

/** What stands behind the verb; octets that are no UTF-8 become U+FFFD, which no address may contain. */
function argumentOf(line: Buffer): string {
  return line
    .toString('utf8')
    .replace(/^\S+\s*/, '')
    .trimEnd()
}
