/**
 * One IMAP conversation over any stream: commands out in bursts (RFC 9051 §5.5), answers matched to them by tag, literals of bodies
 * handed on octet by octet with back-pressure down to the socket. It promises that every command gets exactly one answer: the
 * server's, or `lost` when the connection is gone, silent too long, or talks nonsense. It knows no command by name.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Silence } from '../silence.ts'
import { channel } from './channel.ts'
import { type Heard, type Response, responseOf, responseReader, speakable, type Status } from './imap-replies.ts'
import { bodyAhead, fetchedOf } from './imap-words.ts'
import type { Answer } from './maildrop.ts'

export type Command = {
  /** Latin-1, without tag and line end; non-synchronizing literals (RFC 7888) stand in it as they are. */
  readonly line: string
  /** The letter whose octets are asked for, and who takes them. */
  readonly body?: Body
  /** Told of data (without their `* `) that no command before it took while this is not answered; true takes them. */
  readonly data?: (text: string, tag: string) => boolean
  /** Told of every untagged status code that comes meanwhile. */
  readonly code?: (code: string) => void
  /** Answers a continuation request, in Latin-1; undefined cancels. */
  readonly respond?: (text: string) => Promise<string | undefined>
  /** Nothing is sent behind it until it is answered. */
  readonly last?: boolean
  /** Behind its OK the octets are another layer's, and nothing is read until `moveTo`. What came in the clear behind STARTTLS was put there by somebody else: `dropped`. */
  readonly ends?: 'dropped' | 'kept'
  /** Called when the octets are the kernel's. */
  readonly sent?: () => void
}

export type Body = {
  readonly uid: number
  /** The letter's octet with which what comes begins. */
  readonly begins?: (origin: number) => void
  /** While it has not resolved, nothing more is read. If it rejects, the rest is skimmed and the exchange rejects. */
  readonly take: (octets: Uint8Array) => Promise<void> | void
}

/** `code` is what stands in brackets. */
export type Reply =
  | { readonly kind: 'done'; readonly code: string; readonly text: string /** A body came. */; readonly body: boolean }
  | Exclude<Answer, { kind: 'done' }>

export type Greeting = { readonly kind: 'done'; readonly status: Status } | Extract<Answer, { kind: 'lost' }>

export interface ImapWire {
  /** The server's first line. */
  readonly greeting: Promise<Greeting>
  /** Queues a command; it goes out with the others of this turn of the event loop. */
  exchange(command: Command): Promise<Reply>
  /** What a layer is to be put over. */
  stream(): Duplex
  /** Goes on over another stream: the same one inside TLS, or compressed. */
  moveTo(stream: Duplex): void
  close(reason: string): void
  /** Octets so far, neither TLS nor compression counted. */
  traffic(): { readonly received: number; readonly sent: number }
}

type Lost = Extract<Answer, { kind: 'lost' }>

type Pending = {
  readonly command: Command
  readonly tag: string
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
  /** A body has begun, and what its taker broke with. */
  begun: boolean
  broken?: { readonly error: unknown }
}

/** `silence`: for how long no octet may come while an answer is due. */
export function imapWire(first: Duplex, patience: { readonly clock: Clock; readonly silence: Silence }): ImapWire {
  const reader = responseReader()
  const waiting: Pending[] = []
  const flying: Pending[] = []
  let greet: ((greeting: Greeting) => void) | undefined
  let farewell = ''
  let flushing = false
  let tags = 0
  let parked = false
  let over: Lost | undefined
  /** Whose literal is being read; 'nobody': it is skimmed. */
  let reading: Pending | 'nobody' | undefined

  const isOver = (): boolean => over !== undefined

  const end = (how: Lost): void => {
    if (isOver()) return
    over = how
    line.close()
    greet?.(how)
    for (const { resolve } of [...flying.splice(0), ...waiting.splice(0)]) resolve(how)
  }

  const fail = (reason: string): void => end({ kind: 'lost', text: speakable(farewell === '' ? reason : `The server closes: ${farewell}`) })

  const nonsense = (text: string): true => {
    end({ kind: 'lost', text, nonsense: true })
    return true
  }

  /** After all that this turn still has to say: bursts are one segment. */
  const flushSoon = (): void => {
    if (flushing || waiting.length === 0) return
    flushing = true
    queueMicrotask(() =>
      process.nextTick(() => {
        flushing = false
        flush()
      }),
    )
  }

  const maySend = (): boolean => !isOver() && !greet && !parked && flying.at(-1)?.command.last !== true

  const flush = (): void => {
    const burst: Pending[] = []
    while (maySend()) {
      const next = waiting.shift()
      if (!next) break
      flying.push(next)
      burst.push(next)
    }
    if (burst.length === 0) return
    const text = burst.map(({ tag, command }) => `${tag} ${command.line}\r\n`).join('')
    line.write(Buffer.from(text, 'latin1'), () => burst.forEach(({ command }) => command.sent?.()))
  }

  /** True when more octets are needed, or nothing may follow. */
  const readResponse = (heard: Heard | 'nonsense' | undefined): boolean | Promise<boolean> => {
    if (heard === undefined) return true
    if (heard === 'nonsense') return nonsense('The server sent a response without end')
    if (heard.kind === 'literal') {
      reading = takerOf(heard.before)
      return false
    }
    const response = responseOf(heard.text)
    if (!response) return nonsense(`The server answered with nonsense: ${speakable(heard.text).slice(0, 60)}`)
    if (greet) return welcome(greet, response)
    return hear(response)
  }

  const welcome = (tell: NonNullable<typeof greet>, response: Response): boolean => {
    if (response.kind !== 'status') return nonsense('The server does not greet as IMAP servers do')
    greet = undefined
    tell({ kind: 'done', status: response.status })
    flushSoon()
    return false
  }

  const hear = (response: Response): boolean | Promise<boolean> => {
    if (response.kind === 'continue') return respond(response.text)
    if (response.kind === 'tagged') return settle(response.tag, response.status)
    if (response.kind === 'data') return datum(response.text)
    if (response.status.word === 'BYE') farewell = response.status.text
    for (const { command } of flying) command.code?.(response.status.code)
    return false
  }

  const datum = (text: string): boolean | Promise<boolean> => {
    if (flying.some(({ command, tag }) => command.data?.(text, tag))) return false
    const fetched = flying.some(({ command }) => command.body) ? fetchedOf(text) : undefined
    if (fetched?.body === undefined) return false
    const pending = flying.find(({ command, begun }) => !begun && command.body?.uid === fetched.uid)
    if (!pending) return false
    pending.begun = true
    pending.command.body?.begins?.(0)
    return hand(pending, Buffer.from(fetched.body, 'latin1'))
  }

  /** A server that does not name the UID ahead of the body answers in order. */
  const takerOf = (before: string): Pending | 'nobody' => {
    const body = bodyAhead(before)
    const pending =
      body && flying.find(({ command, begun }) => command.body && !begun && (body.uid ?? command.body.uid) === command.body.uid)
    if (!body || !pending) return 'nobody'
    pending.begun = true
    pending.command.body?.begins?.(body.origin)
    return pending
  }

  const hand = async (pending: Pending, octets: Uint8Array): Promise<boolean> => {
    try {
      if (!pending.broken && octets.length > 0) await pending.command.body?.take(octets)
    } catch (error) {
      pending.broken = { error }
    }
    return false
  }

  const readLiteral = (taker: Pending | 'nobody'): boolean | Promise<boolean> => {
    const piece = reader.literal()
    if (piece === undefined) return true
    if (piece !== 'end') return taker === 'nobody' ? false : hand(taker, piece)
    reading = undefined
    return false
  }

  const respond = async (text: string): Promise<boolean> => {
    const pending = flying.find(({ command }) => command.respond)
    if (!pending?.command.respond) return nonsense('The server asks for what nobody offered')
    const response = await pending.command.respond(text)
    if (isOver()) return true
    line.write(Buffer.from(`${response ?? '*'}\r\n`, 'latin1'))
    return false
  }

  const settle = (tag: string, { word, code, text }: Status): boolean => {
    const nth = flying.findIndex((pending) => pending.tag === tag)
    const [pending] = nth < 0 ? [] : flying.splice(nth, 1)
    if (!pending) return nonsense('The server answered what nobody asked')
    line.heard()
    if (pending.broken) pending.reject(pending.broken.error)
    else if (word !== 'OK') pending.resolve({ kind: 'refused', code, text })
    else {
      if (pending.command.ends) park(pending.command.ends)
      pending.resolve({ kind: 'done', code, text, body: pending.begun })
    }
    flushSoon()
    return parked
  }

  const park = (what: NonNullable<Command['ends']>): void => {
    parked = true
    line.park()
    const rest = reader.rest()
    if (what === 'kept' && rest.length > 0) line.stream().unshift(rest)
  }

  const digest = async (chunk: Uint8Array): Promise<void> => {
    reader.push(chunk)
    let enough = false
    while (!enough && !isOver()) {
      const step = reading ? readLiteral(reading) : readResponse(reader.next())
      enough = typeof step === 'boolean' ? step : await step
    }
  }

  const greeting = new Promise<Greeting>((resolve) => (greet = resolve))
  const line = channel(first, patience, { digest, isWaiting: () => greet !== undefined || flying.length > 0, lost: fail })
  return {
    greeting,
    exchange: (command) =>
      new Promise((resolve, reject) => {
        if (over) return resolve(over)
        if (flying.length === 0) line.heard()
        waiting.push({ command, tag: (++tags).toString(36), resolve, reject, begun: false })
        flushSoon()
      }),
    stream: line.stream,
    moveTo(next) {
      parked = false
      line.moveTo(next)
      flushSoon()
    },
    close: fail,
    traffic: line.traffic,
  }
}
