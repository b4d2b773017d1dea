/**
 * A mailbox behind an LMTP server (RFC 2033), such as Dovecot's: for a hub whose mail is read by IMAP. One connection a
 * batch, one transaction a letter, each answered for itself. After a crash the server cannot be asked: a letter whose answer
 * was not seen is sent again, and that is reported.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/events.ts'
import { formatPath } from '../mail/address.ts'
import type { Outcome } from '../mail/outcome.ts'
import { brokenBy, outcomeOf } from '../mail/outcome.ts'
import type { Reply } from '../mail/reply.ts'
import { formatReply } from '../mail/reply.ts'
import { dotStuffing, parseReply } from './lmtp-text.ts'
import type { Mail, Mailbox } from './mailbox.ts'

export type LmtpOptions = {
  /** A Unix socket's path, or `host` and `port`. */
  readonly server: { readonly path: string } | { readonly host: string; readonly port: number }
  /** Our name, for LHLO. */
  readonly hostname: string
  /** The mailbox of `eddy` is `<eddy@domain>`, or without a domain `<eddy>`. */
  readonly domain?: string
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds to wait for one answer. */
  readonly timeLimit?: number
}

type Session = { command(line: string): Promise<Reply>; send(octets: Uint8Array): Promise<void>; answer(): Promise<Reply>; close(): void }

export function lmtp({ server, hostname, domain, clock, log, timeLimit = 60_000 }: LmtpOptions): Mailbox {
  const where = 'path' in server ? server.path : `${server.host}:${server.port}`

  async function append(
    user: string,
    mails: readonly Mail[],
    noting: (note: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = []
    const session = await open(signal).catch((error: unknown) => ({ failed: failure(error) }))
    if ('failed' in session) return mails.map(() => session.failed)
    try {
      const refused = await greet(session)
      if (refused) return mails.map(() => deferredBy(refused))
      await noting('lmtp')
      log.instant('append-noted', { mailbox: where })
      for (const mail of mails) outcomes.push(await transact(session, user, mail))
      session.send(Buffer.from('QUIT\r\n')).catch(() => undefined)
    } catch (error) {
      while (outcomes.length < mails.length) outcomes.push(failure(error))
    } finally {
      session.close()
    }
    return outcomes
  }

  /** What went wrong before the dot breaks the session for all that follow; behind the dot this letter may have arrived. */
  async function transact(session: Session, user: string, mail: Mail): Promise<Outcome> {
    const recipient = formatPath({ local: user, domain: domain ?? '' })
    for (const line of [`MAIL FROM:${formatPath(mail.from)}`, `RCPT TO:${recipient}`, 'DATA']) {
      const answer = await session.command(line)
      if (answer.code < 400) continue
      await session.command('RSET')
      return outcomeOf(answer, where)
    }
    const stuffing = dotStuffing()
    log.instant('append-begun', { mailbox: where })
    for await (const octets of mail.content()) await session.send(stuffing.push(octets))
    await session.send(stuffing.end())
    log.instant('appended', { mailbox: where })
    try {
      return outcomeOf(await session.answer(), where)
    } catch (error) {
      const outcome = failure(error)
      return outcome.kind === 'deferred' ? { ...outcome, unsure: true } : outcome
    }
  }

  async function greet(session: Session): Promise<Reply | undefined> {
    const greeting = await session.answer()
    if (greeting.code !== 220) return greeting
    const hello = await session.command(`LHLO ${hostname}`)
    return hello.code === 250 ? undefined : hello
  }

  async function open(signal: AbortSignal): Promise<Session> {
    const socket = connect('path' in server ? { path: server.path } : { host: server.host, port: server.port })
    return sessionOn(socket, clock, timeLimit, signal)
  }

  function deferredBy(answer: Reply): Outcome {
    return { kind: 'deferred', reply: { code: 451, enhanced: '4.3.2', text: `${where} said: ${formatReply(answer)}` }, where }
  }

  function failure(error: unknown): Outcome {
    const cause = error instanceof Error ? error.message : String(error)
    return { ...brokenBy(`${where}: ${cause}`), where }
  }

  return {
    append,
    async settled(_user, mail) {
      log.warn('possible-duplicate', `${mail.id}: was being given to ${where} when dialpost stopped; it is sent again`)
      return undefined
    },
  }
}

/** Commands and answers in turn. Every wait ends with the time limit, the signal, or the connection. */
function sessionOn(socket: Socket, clock: Clock, timeLimit: number, signal: AbortSignal): Session {
  let unread = ''
  let ended: Error | undefined
  let wake = () => {}
  const end = (why: Error) => {
    ended ??= why
    wake()
  }
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    unread += text
    if (unread.length > 64 * 1024) socket.destroy(new Error('the answer is too long'))
    wake()
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('the connection was closed')))
  const stop = () => socket.destroy(new Error('stopped'))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()

  async function within<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController()
    const late = clock.sleep(clock.elapsed() + timeLimit, over.signal).then(() => {
      if (!over.signal.aborted) socket.destroy(new Error(`no answer within ${timeLimit / 1000} seconds`))
    })
    try {
      return await work
    } finally {
      over.abort()
      await late
    }
  }

  async function nextReply(): Promise<Reply> {
    for (;;) {
      const parsed = parseReply(unread)
      if (parsed) {
        unread = parsed.rest
        return parsed.reply
      }
      if (ended) throw ended
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  async function write(octets: Uint8Array): Promise<void> {
    if (ended) throw ended
    if (octets.length === 0) return
    await new Promise<void>((resolve, reject) => {
      socket.write(octets, (error) => (error ? reject(ended ?? error) : resolve()))
    })
  }

  const send = (octets: Uint8Array) => within(write(octets))
  const answer = () => within(nextReply())
  return {
    send,
    answer,
    async command(line) {
      await send(Buffer.from(`${line}\r\n`))
      return answer()
    },
    close() {
      signal.removeEventListener('abort', stop)
      socket.end()
      socket.unref()
    },
  }
}
