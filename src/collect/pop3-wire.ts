/**
 * One POP3 conversation over any stream: commands out in bursts, answers matched to them in order, bodies handed on
 * octet by octet with back-pressure down to the socket. It promises that every command gets exactly one answer: the
 * server's, or `lost` when the connection is gone, silent too long, or talks nonsense. It knows no command by name.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Silence } from '../silence.ts'
import type { Answer } from './maildrop.ts'
import { challengeOf, replyReader, speakable, statusOf } from './pop3-replies.ts'

export type Command = {
  /** Without line end. */
  readonly line: string
  /** Takes the body that follows +OK; while it has not resolved, nothing more is read. If it rejects, the rest is skimmed and the exchange rejects. */
  readonly body?: (octets: Uint8Array) => Promise<void> | void
  /** Answers the challenges of AUTH; undefined cancels. */
  readonly challenge?: (octets: Uint8Array) => Promise<Uint8Array | undefined>
  /** Nothing is sent behind it until it is answered. */
  readonly alone?: boolean
  /** What comes behind its +OK in the clear was put there by somebody else and is thrown away: STLS. */
  readonly ends?: boolean
  /** May wait for company while answers are due: a segment costs more than what it says. */
  readonly patient?: boolean
  /** Called when the octets are the kernel's. */
  readonly sent?: () => void
}

export interface Pop3Wire {
  /** The server's first line. */
  readonly greeting: Promise<Answer>
  /** Queues a command; with pipelining it goes out with the others of this turn of the event loop. */
  exchange(command: Command): Promise<Answer>
  /** Whether commands are sent before the ones ahead of them are answered (RFC 2449 §6.6). Off at first. */
  pipeline(on: boolean): void
  /** Goes on over another stream: the same one inside TLS. */
  moveTo(stream: Duplex): void
  close(reason: string): void
  /** Octets so far, TLS not counted. */
  traffic(): { readonly received: number; readonly sent: number }
}

type Lost = Extract<Answer, { kind: 'lost' }>

type Pending = { readonly command: Command; readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void }

/** Patient commands that make a segment worth its header. */
const company = 16

/** How often the silence is looked at, milliseconds: what is tolerable shrinks once the server is known. */
const lookEvery = 5000

/** `silence`: for how long no octet may come while an answer is due. */
export function pop3Wire(first: Duplex, { clock, silence }: { readonly clock: Clock; readonly silence: Silence }): Pop3Wire {
  const reader = replyReader()
  const waiting: Pending[] = []
  const flying: Pending[] = []
  const counted = { received: 0, sent: 0 }
  const ended = new AbortController()
  let stream = first
  let pipelining = false
  let flushing = false
  let digesting = false
  let parked = false
  let heard = clock.elapsed()
  let over: Lost | undefined
  /** The command whose body is being read, and what its taker broke with. */
  let reading: { readonly pending: Pending; readonly text: string; error?: unknown; broken: boolean } | undefined

  const isOver = (): boolean => over !== undefined

  const end = (how: Lost): void => {
    if (isOver()) return
    over = how
    stream.destroy()
    ended.abort()
    for (const { resolve } of [...flying.splice(0), ...waiting.splice(0)]) resolve(how)
  }

  const fail = (reason: string): void => end({ kind: 'lost', text: speakable(reason) })

  const enqueue = (command: Command, queue: Pending[]): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (over) return resolve(over)
      if (flying.length === 0) heard = clock.elapsed()
      queue.push({ command, resolve, reject })
      flushSoon()
    })

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

  const maySend = (): boolean =>
    waiting.length > 0 &&
    (flying.length === 0 || (pipelining && flying.at(-1)?.command.alone !== true && waiting[0]?.command.alone !== true))

  /** Whether it must be said now. Patient ones go with the next that are not, many together, or when the line would fall idle. */
  const isUrgent = (): boolean =>
    !pipelining || flying.length === 0 || waiting.length >= company || waiting.some(({ command }) => command.patient !== true)

  const flush = (): void => {
    if (!isUrgent()) return
    const burst: Command[] = []
    while (!isOver() && maySend()) {
      const next = waiting.shift()
      if (!next) break
      flying.push(next)
      burst.push(next.command)
    }
    if (burst.length > 0) write(burst.map(({ line }) => `${line}\r\n`).join(''), () => burst.forEach(({ sent }) => sent?.()))
  }

  const write = (text: string, sent?: () => void): void => {
    counted.sent += Buffer.byteLength(text)
    stream.write(text, (error) => {
      if (!error) sent?.()
    })
  }

  const settle = (pending: Pending, answer: Answer): void => {
    flying.shift()
    heard = clock.elapsed()
    pending.resolve(answer)
    flushSoon()
  }

  /** True when more octets are needed, or nothing may follow. */
  const readLine = async (): Promise<boolean> => {
    const line = reader.line()
    if (line === undefined) return true
    if (line === 'overlong') return stop('The server sent a line without end')
    const [pending] = flying
    const status = statusOf(line.text)
    if (!pending) return status && !status.ok ? farewell(status.text) : stop('The server answered what nobody asked')
    const challenge = challengeOf(line.text)
    if (!status && challenge && pending.command.challenge) return respond(pending.command.challenge, challenge)
    if (!status) return stop(`The server answered with nonsense: ${speakable(line.text).slice(0, 60)}`)
    if (!status.ok) settle(pending, { kind: 'refused', code: status.code, text: status.text })
    else if (pending.command.body) reading = { pending, text: status.text, broken: false }
    else {
      if (pending.command.ends) park()
      settle(pending, { kind: 'done', text: status.text })
      return parked
    }
    return false
  }

  /** Until `moveTo` nothing is read. */
  const park = (): void => {
    parked = true
    reader.drop()
    stream.removeAllListeners('data')
  }

  const stop = (text: string): true => {
    end({ kind: 'lost', text, nonsense: true })
    return true
  }

  /** RFC 1939 §3: an idle server may speak unasked, and go. */
  const farewell = (text: string): true => {
    fail(`The server closes: ${text}`)
    return true
  }

  const respond = async (challenge: (octets: Uint8Array) => Promise<Uint8Array | undefined>, octets: Uint8Array): Promise<boolean> => {
    const response = await challenge(octets)
    if (isOver()) return true
    write(`${response ? Buffer.from(response).toString('base64') : '*'}\r\n`)
    return false
  }

  const readBody = async (body: NonNullable<typeof reading>): Promise<boolean> => {
    const piece = reader.body()
    if (piece === undefined) return true
    if (piece === 'end') {
      reading = undefined
      if (body.broken) body.pending.reject(body.error)
      settle(body.pending, { kind: 'done', text: body.text })
    } else if (!body.broken) {
      try {
        await body.pending.command.body?.(piece)
      } catch (error) {
        body.error = error
        body.broken = true
      }
    }
    return false
  }

  const digest = async (chunk: Uint8Array): Promise<void> => {
    counted.received += chunk.length
    reader.push(chunk)
    let enough = false
    while (!enough && !isOver()) enough = reading ? await readBody(reading) : await readLine()
  }

  const attach = (): void => {
    const own = stream
    own.on('data', (chunk: Uint8Array) => {
      own.pause()
      if (flying.length > 0) silence.lasted(clock.elapsed() - heard)
      digesting = true
      void digest(chunk)
        .catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
        .then(() => {
          digesting = false
          heard = clock.elapsed()
          if (own === stream && !isOver() && !parked) own.resume()
        })
    })
    own.on('end', () => own === stream && fail('The server hung up'))
    own.on('error', (error: Error) => own === stream && fail(error.message))
    own.on('close', () => own === stream && fail('The connection was cut'))
  }

  /** A server may be silent as long as nobody waits for it, or we are slow ourselves. */
  const watch = async (): Promise<void> => {
    while (!isOver()) {
      await clock.sleep(Math.min(heard + silence.limit(), clock.elapsed() + lookEvery), ended.signal)
      if (clock.elapsed() < heard + silence.limit()) continue
      if (flying.length > 0 && !digesting) fail(`The server was silent for ${Math.round((clock.elapsed() - heard) / 1000)} s`)
      else heard = clock.elapsed()
    }
  }

  const greeting = new Promise<Answer>((resolve, reject) => {
    flying.push({ command: { line: '', alone: true }, resolve, reject })
  })
  attach()
  void watch()
  return {
    greeting,
    exchange: (command) => enqueue(command, waiting),
    pipeline(on) {
      pipelining = on
    },
    moveTo(next) {
      stream = next
      parked = false
      attach()
    },
    close: fail,
    traffic: () => ({ ...counted }),
  }
}
