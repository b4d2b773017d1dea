/** An ISP's POP3 box as a Maildrop: what is remembered of the server, one attempt to get in or two, and the session that comes of it. */
import type { Clock } from '../clock.ts'
import { silence } from '../silence.ts'
import { acquainted, type Attempted, type BoxAccount, type Notes } from './acquaintance.ts'
import type { Answer, Failure, Maildrop, OpenMaildrop, Parting, Wants } from './maildrop.ts'
import { asked, Pop3Client } from './pop3-client.ts'
import { earlyLetters, type EarlyLetters } from './pop3-early.ts'
import type { Asking, Contents } from './pop3-lists.ts'
import type { Known } from './pop3-login.ts'
import { sizesOf } from './pop3-replies.ts'
import { enter, type Session } from './pop3-session.ts'
import { pop3Wire } from './pop3-wire.ts'
import { reach, type Resolve } from './reach.ts'
import type { Sockets } from './socket.ts'

export type Pop3Parts = Notes & {
  readonly clock: Clock
  readonly resolve: Resolve
  readonly sockets: Sockets
  /** Milliseconds: for one address to answer, and for a server to be silent of which nothing is known. */
  readonly patience?: { readonly connect: number; readonly answer: number }
  /** Hears what the server greets with, at once. */
  readonly greeted?: (host: string, greeting: string) => void
}

export function pop3(account: BoxAccount, parts: Pop3Parts): OpenMaildrop {
  return (signal, wants = everything) =>
    acquainted('pop3', account, parts, (known) => openOnce(account, parts, { known, wants }, signal), signal)
}

const everything: Wants = { sizes: true, ahead: 0 }

async function openOnce(
  account: BoxAccount,
  parts: Pop3Parts,
  { known, wants }: { readonly known: Known | undefined; readonly wants: Wants },
  signal: AbortSignal,
): Promise<Attempted<Known>> {
  const { clock, sockets, patience = { connect: 30_000, answer: 90_000 } } = parts
  const connected = await reach(account, { resolve: parts.resolve, sockets, patience }, signal)
  if ('kind' in connected) return { kind: 'failed', failure: connected }
  const wire = pop3Wire(connected.stream, { clock, silence: silence(`pop3 ${account.host}`, patience.answer, parts) })
  void wire.greeting.then((answer) => answer.kind === 'done' && parts.greeted?.(account.host, answer.text))
  const stop = () => wire.close('We were stopped')
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const session: Session = { wire, account, known: known ?? {}, learned: {}, encrypted: account.tls === 'implicit', greeting: '' }
  const upgrade = async (): Promise<Failure | undefined> => {
    const secured = await connected.secure()
    if ('kind' in secured) return secured
    wire.moveTo(secured.stream)
    return undefined
  }
  const client = new Pop3Client(wire)
  const early = earlyLetters((number, take) => client.retrieve(number, take))
  const result = await enter(session, asking(client, early), wants, upgrade)
  signal.removeEventListener('abort', stop)
  if ('kind' in result) {
    wire.close(result.text)
    return failed(result.kind, `${account.host}: ${result.text}`)
  }
  const where = `${account.host} [${connected.address}]`
  return { kind: 'open', box: maildrop({ client, early, contents: result, session, server: where }), known: session.learned }
}

function failed(kind: Failure['kind'], text: string): { readonly kind: 'failed'; readonly failure: Failure } {
  return { kind: 'failed', failure: { kind, text } }
}

function asking(client: Pop3Client, early: EarlyLetters): Asking {
  return {
    stat: () => asked(client.STAT()),
    uidl: (number) => asked(rows(client.UIDL(number), number)),
    list: (number) => asked(rows(client.LIST(number), number)),
    letter: (number) => early.ask(number),
  }
}

/** node-pop3 gives all rows, or of one letter the one; of an answer without words none. */
async function rows(answer: Promise<string[][] | string[]>, number: number | undefined): Promise<string[][]> {
  const value = (await answer) as string[][] | string[] | undefined
  return number === undefined ? (value as string[][]) : value === undefined ? [] : [value as string[]]
}

type Parts = {
  readonly client: Pop3Client
  readonly early: EarlyLetters
  readonly contents: Contents
  readonly session: Session
  readonly server: string
}

function maildrop({ client, early, contents, session: { wire, encrypted }, server }: Parts): Maildrop {
  return {
    ...contents,
    server,
    protocol: encrypted ? 'POP3S' : 'POP3',
    async sizes() {
      const answer = await asked(client.LIST() as Promise<string[][]>)
      return sizesOf(answer.kind === 'done' ? answer.value : [])
    },
    retrieve: (number, take) => early.take(number, take) ?? client.retrieve(number, take),
    async top(number) {
      const answer = await asked(client.TOP(number, 0))
      return answer.kind === 'done' ? { kind: 'done', text: '', header: Buffer.from(answer.value, 'latin1') } : answer
    },
    async delete(number, sent) {
      client.tell(`DELE ${number}`, sent)
      return asked(client.DELE(number))
    },
    async quit(sent) {
      early.skim()
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
