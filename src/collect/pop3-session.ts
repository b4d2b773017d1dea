/**
 * From the greeting to the list of letters: one attempt to get into a POP3 box, with what is remembered of the server. It promises
 * that the password is not shown to a server that had to be secured and was not.
 */
import type { Answer, Failure, Listed } from './maildrop.ts'
import { askCapabilities, can, failureOf, isOneStep, login, methods, type Known } from './pop3-login.ts'
import { sizesOf, uidlsOf } from './pop3-replies.ts'
import type { Pop3Wire } from './pop3-wire.ts'

export type Pop3Account = {
  readonly name: string
  readonly host: string
  readonly port: number
  /** opportunistic: STLS if it is offered, any certificate and old protocols · required: STLS or nothing · implicit: POP3S. */
  readonly tls: 'off' | 'opportunistic' | 'required' | 'implicit'
  readonly fingerprint?: string | undefined
  readonly user: string
  /** Asked for at each login, kept nowhere. */
  readonly password: () => string
}

/** One attempt at a session; what is learned on the way stays in it. */
export type Session = {
  readonly wire: Pop3Wire
  readonly account: Pop3Account
  readonly known: Known
  learned: Known
  encrypted: boolean
  greeting: string
}

type Entered = { readonly letters: readonly Listed[] }

/** UIDL and LIST as the client asks them, in rows of words. */
export type Listing = { readonly uidl: () => Promise<Asked<string[][]>>; readonly list: () => Promise<Asked<string[][]>> }

export type Asked<T> = { readonly kind: 'done'; readonly text: string; readonly value: T } | Exclude<Answer, { kind: 'done' }>

/** Greeting, STLS, login and lists. `upgrade` puts TLS under the wire. */
export async function enter(session: Session, listing: Listing, upgrade: () => Promise<Failure | undefined>): Promise<Entered | Failure> {
  const { wire, account } = session
  if (/[\r\n\0]/.test(account.user + account.password())) return { kind: 'login', text: 'The user name or the password holds a line end' }
  const greeting = await wire.greeting
  if (greeting.kind !== 'done') return greetingFailure(greeting)
  session.greeting = greeting.text
  const insecure = account.tls === 'opportunistic' || account.tls === 'required' ? await startTls(session, upgrade) : undefined
  if (insecure) return insecure
  const lines = session.encrypted
    ? (session.known.secure ?? (await askCapabilities(wire)))
    : (session.learned.clear ?? session.known.clear ?? (await askCapabilities(wire)))
  if ('kind' in lines) return lostFailure(lines)
  session.learned = session.encrypted ? { ...session.learned, secure: lines } : { clear: lines }
  wire.pipeline(can(lines, 'PIPELINING'))
  return logIn(session, listing, lines)
}

function greetingFailure(answer: Exclude<Answer, { kind: 'done' }>): Failure {
  if (answer.kind === 'lost') return lostFailure(answer)
  return { kind: answer.code === 'IN-USE' ? 'busy' : 'temporary', text: `The server greets with a refusal: ${answer.text}` }
}

function lostFailure({ text, nonsense }: Extract<Answer, { kind: 'lost' }>): Failure {
  return { kind: nonsense ? 'nonsense' : 'lost', text }
}

async function startTls(session: Session, upgrade: () => Promise<Failure | undefined>): Promise<Failure | undefined> {
  const { wire, account, known } = session
  const lines = known.clear ?? (await askCapabilities(wire))
  if ('kind' in lines) return lostFailure(lines)
  session.learned = { clear: lines }
  if (!can(lines, 'STLS') && account.tls === 'opportunistic') return undefined
  const answer = await wire.exchange({ line: 'STLS', alone: true, ends: true })
  if (answer.kind === 'lost') return lostFailure(answer)
  if (answer.kind === 'refused')
    return account.tls === 'required' ? { kind: 'insecure', text: `The server refuses STLS: ${answer.text}` } : undefined
  const failure = await upgrade()
  session.encrypted = failure === undefined
  return failure
}

async function logIn(session: Session, ask: Listing, lines: readonly string[]): Promise<Entered | Failure> {
  const { wire, account, known } = session
  const who = { user: account.user, password: account.password() }
  let refused: Extract<Answer, { kind: 'refused' }> | undefined
  for (const method of methods(lines, session.greeting, session.encrypted, known.method)) {
    const burst = method === known.method && isOneStep(method) && can(lines, 'PIPELINING')
    const answering = login(wire, method, who, session.greeting, burst)
    const listing = burst ? both(ask) : undefined
    const answer = await answering
    if (answer.kind === 'done') {
      session.learned = { ...session.learned, method }
      return lettersOf(await (listing ?? both(ask)))
    }
    await listing
    if (answer.kind === 'lost') return refused ? refusal(refused) : lostFailure(answer)
    refused = answer
    if (failureOf(answer.code) !== 'login') break
  }
  return refusal(refused ?? { kind: 'refused', code: '', text: 'it knows no way to log in' })
}

function refusal({ code, text }: Extract<Answer, { kind: 'refused' }>): Failure {
  return { kind: failureOf(code), text: `The server refuses the login: ${code === '' ? text : `[${code}] ${text}`}` }
}

type Lists = { readonly uidl: Asked<string[][]>; readonly list: Asked<string[][]> }

/** UIDL and LIST, sent together. */
async function both(ask: Listing): Promise<Lists> {
  const [uidl, list] = await Promise.all([ask.uidl(), ask.list()])
  return { uidl, list }
}

function lettersOf({ uidl, list }: Lists): Entered | Failure {
  if (list.kind !== 'done')
    return list.kind === 'lost' ? lostFailure(list) : { kind: 'temporary', text: `The server would not list the box: ${list.text}` }
  if (uidl.kind === 'lost') return lostFailure(uidl)
  if (uidl.kind === 'refused' && uidl.code.startsWith('SYS'))
    return { kind: 'temporary', text: `The server would not tell unique ids: ${uidl.text}` }
  const sizes = sizesOf(list.value)
  const rows = uidl.kind === 'done' ? uidl.value : []
  const uidls = uidlsOf(rows)
  const numbers = [...new Set([...sizes.keys(), ...uidls.keys()])].sort((a, b) => a - b)
  return { letters: numbers.map((number) => ({ number, size: sizes.get(number) ?? 0, uidl: uidls.get(number) })) }
}
