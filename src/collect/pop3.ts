/**
 * Adapter (node-pop3): an ISP's POP3 box as a Maildrop. node-pop3 words the commands and reads the lists; its own
 * connection loses octets, answers and the process (see `Pop3Client`), so it is put on our wire. Bodies go past it.
 */
import { Readable } from 'node:stream'
import Pop3Command from 'node-pop3'
import type { Clock } from '../clock.ts'
import { headerLimit } from '../mail/header.ts'
import type { Answer, Failure, Listed, Maildrop, OpenMaildrop, Parting } from './maildrop.ts'
import type { Known } from './pop3-login.ts'
import { enter, type Asked, type Pop3Account, type Session } from './pop3-session.ts'
import { pop3Wire, type Pop3Wire } from './pop3-wire.ts'
import type { Server } from '../tls.ts'
import type { Sockets } from './socket.ts'

/** The resolver's answer, as far as it matters here. */
export type Resolve = (
  host: string,
  signal: AbortSignal,
) => Promise<
  { readonly kind: 'found'; readonly addresses: readonly string[] } | { readonly kind: 'unknown' | 'failed'; readonly reason: string }
>

export type Pop3Parts = {
  readonly clock: Clock
  readonly resolve: Resolve
  readonly sockets: Sockets
  /** What `remember` was given last under this name. */
  readonly recall: (name: string) => string | undefined
  readonly remember: (name: string, value: string | undefined) => void
  /** Milliseconds: for one address to answer, and for the server to be silent. */
  readonly patience?: { readonly connect: number; readonly answer: number }
}

export function pop3(account: Pop3Account, parts: Pop3Parts): OpenMaildrop {
  const name = `pop3 ${account.name}`
  const place = `${account.user}@${account.host}:${account.port} ${account.tls}`
  return async (signal) => {
    const known = recalled(parts.recall(name), place)
    const first = await openOnce(account, parts, known, signal)
    if (known && first.kind === 'failed' && first.failure.kind !== 'unreachable' && first.failure.kind !== 'busy')
      parts.remember(name, undefined)
    const again =
      known && first.kind === 'failed' && (first.failure.kind === 'login' || first.failure.kind === 'nonsense') && !signal.aborted
    const opened = again ? await openOnce(account, parts, undefined, signal) : first
    if (opened.kind === 'failed') return opened
    const learned = JSON.stringify({ place, ...opened.known })
    if (parts.recall(name) !== learned) parts.remember(name, learned)
    return { kind: 'open', box: opened.box }
  }
}

function recalled(text: string | undefined, place: string): Known | undefined {
  if (text === undefined) return undefined
  try {
    const value: Known & { place?: string } = JSON.parse(text)
    return value.place === place ? value : undefined
  } catch {
    return undefined
  }
}

type OpenedOnce =
  | { readonly kind: 'open'; readonly box: Maildrop; readonly known: Known }
  | { readonly kind: 'failed'; readonly failure: Failure }

async function openOnce(account: Pop3Account, parts: Pop3Parts, known: Known | undefined, signal: AbortSignal): Promise<OpenedOnce> {
  const { clock, sockets, patience = { connect: 30_000, answer: 90_000 } } = parts
  const found = await parts.resolve(account.host, signal)
  if (found.kind !== 'found') return failed('unreachable', `${account.host}: ${found.reason}`)
  const connected = await sockets.connect(found.addresses, account.port, patience.connect, signal)
  if (connected.kind === 'failed') return failed('unreachable', `${account.host}: ${connected.text}`)
  const { host, port, fingerprint } = account
  const server: Server = { host, port, verify: account.tls !== 'opportunistic', fingerprint }
  const secure = (stream: typeof connected.stream) => sockets.secure(stream, server, patience.answer, signal)
  const tls = account.tls === 'implicit' ? await secure(connected.stream) : connected
  if (tls.kind === 'failed') return failed('insecure', `${account.host}: TLS failed: ${tls.text}`)

  const wire = pop3Wire(tls.stream, { clock, timeout: patience.answer })
  const stop = () => wire.close('We were stopped')
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const session: Session = { wire, account, known: known ?? {}, learned: {}, encrypted: account.tls === 'implicit', greeting: '' }
  const upgrade = async (): Promise<Failure | undefined> => {
    const secured = await secure(connected.stream)
    if (secured.kind === 'failed') return { kind: 'insecure', text: `TLS failed: ${secured.text}` }
    wire.moveTo(secured.stream)
    return undefined
  }
  const client = new Pop3Client(wire)
  const lists = { uidl: () => asked(client.UIDL() as Promise<string[][]>), list: () => asked(client.LIST() as Promise<string[][]>) }
  const result = await enter(session, lists, upgrade)
  signal.removeEventListener('abort', stop)
  if ('kind' in result) {
    wire.close(result.text)
    return failed(result.kind, `${account.host}: ${result.text}`)
  }
  const where = `${account.host} [${connected.address}]`
  return { kind: 'open', box: maildrop(client, result.letters, session, where), known: session.learned }
}

function failed(kind: Failure['kind'], text: string): { readonly kind: 'failed'; readonly failure: Failure } {
  return { kind: 'failed', failure: { kind, text } }
}

function maildrop(client: Pop3Client, letters: readonly Listed[], { wire, encrypted }: Session, server: string): Maildrop {
  return {
    letters,
    server,
    protocol: encrypted ? 'POP3S' : 'POP3',
    retrieve: (number, take) => wire.exchange({ line: `RETR ${number}`, body: take }),
    async top(number) {
      const answer = await asked(client.TOP(number, 0))
      return answer.kind === 'done' ? { kind: 'done', text: '', header: Buffer.from(answer.value, 'latin1') } : answer
    },
    async delete(number, sent) {
      client.tell(`DELE ${number}`, sent)
      return asked(client.DELE(number))
    },
    async quit(sent) {
      client.tell('QUIT', sent)
      const answer = await asked(client.QUIT())
      wire.close('We said goodbye')
      return partings[answer.kind]
    },
    abort: (reason) => wire.close(reason),
    traffic: () => wire.traffic(),
  }
}

const partings: Readonly<Record<Answer['kind'], Parting>> = { done: 'committed', refused: 'refused', lost: 'unknown' }

/** A call into node-pop3 with its refusal as a value again. */
async function asked<T>(call: Promise<T>): Promise<Asked<T>> {
  try {
    return { kind: 'done', text: '', value: await call }
  } catch (error) {
    if (error instanceof Unanswered) return error.answer
    throw error
  }
}

class Unanswered extends Error {
  override readonly name = 'Unanswered'
  readonly answer: Exclude<Answer, { kind: 'done' }>
  constructor(answer: Exclude<Answer, { kind: 'done' }>) {
    super(answer.text)
    this.answer = answer
  }
}

/**
 * node-pop3's commands on our wire. Of its own connection nothing is used: it takes a body apart wherever TCP splits it, mixes
 * up the answers of pipelined commands, waits for ever when the server goes, and dies of a refused greeting.
 */
class Pop3Client extends Pop3Command {
  readonly #wire: Pop3Wire
  readonly #told = new Map<string, () => void>()

  constructor(wire: Pop3Wire) {
    super({ user: '', password: '', host: '' })
    this.#wire = wire
    // QUIT asks whether there is one; nothing else is done with it.
    this._socket = {} as never
  }

  /** We are in already. */
  override async _connect(): Promise<string> {
    return ''
  }

  /** Has `sent` called when the next command of these words is out. */
  tell(line: string, sent: (() => void) | undefined): void {
    if (sent) this.#told.set(line, sent)
  }

  /** What node-pop3's commands call, body and all; bodies are Latin-1, so that every octet survives its strings. */
  async ask(words: readonly (string | number)[]): Promise<[string, Readable]> {
    const line = words.filter((word) => word !== '').join(' ')
    const pieces: Uint8Array[] = []
    let size = 0
    const limit = words[0] === 'TOP' ? headerLimit : longestList
    const take = (octets: Uint8Array) => {
      if (size + octets.length <= limit) pieces.push(octets)
      else if (words[0] !== 'TOP') this.#wire.close('The server lists more letters than this box can hold')
      size += octets.length
    }
    const sent = this.#told.get(line)
    this.#told.delete(line)
    const answer = await this.#wire.exchange({
      line,
      patient: words[0] === 'DELE',
      ...(hasBody(words) ? { body: take } : {}),
      ...(sent ? { sent } : {}),
    })
    if (answer.kind !== 'done') throw new Unanswered(answer)
    const text = Buffer.from(Buffer.concat(pieces).toString('latin1'), 'utf8')
    return [answer.text, Readable.from(text.length === 0 ? [] : [text])]
  }
}

/** Some 60,000 letters. */
const longestList = 2 * 1024 * 1024

function hasBody([command, argument]: readonly (string | number)[]): boolean {
  return command === 'TOP' || ((command === 'UIDL' || command === 'LIST') && (argument === undefined || argument === ''))
}

/** node-pop3's commands call `super.command`, which no subclass can override: so that one call is made virtual, for ours alone. */
const connection: { command: (...words: (string | number)[]) => Promise<[string, Readable]> } = Object.getPrototypeOf(Pop3Command.prototype)
const stock = connection.command
connection.command = function (this: unknown, ...words) {
  return this instanceof Pop3Client ? this.ask(words) : stock.apply(this, words)
}
