/**
 * From the greeting to the list of letters: one attempt to get into a POP3 box, with what is remembered of the server. It promises
 * that the password is not shown to a server that had to be secured and was not.
 */
import type { BoxAccount } from './acquaintance.ts'
import type { Answer, Failure, Wants } from './maildrop.ts'
import { contents, type Asking, type Contents } from './pop3-lists.ts'
import { askCapabilities, can, failureOf, isOneStep, login, lostFailure, methods, type Known } from './pop3-login.ts'
import type { Pop3Wire } from './pop3-wire.ts'

/** One attempt at a session; what is learned on the way stays in it. */
export type Session = {
  readonly wire: Pop3Wire
  readonly account: BoxAccount
  readonly known: Known
  learned: Known
  encrypted: boolean
  greeting: string
}

/** Greeting, STLS, login and lists. `upgrade` puts TLS under the wire. */
export async function enter(
  session: Session,
  ask: Asking,
  wants: Wants,
  upgrade: () => Promise<Failure | undefined>,
): Promise<Contents | Failure> {
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
  const pipelining = can(lines, 'PIPELINING')
  wire.pipeline(pipelining)
  return logIn(session, lines, pipelining, () => contents(ask, pipelining ? wants : { ...wants, ...inLockStep }))
}

/** STAT would cost the round trip that LIST does. */
const inLockStep = { sizes: true, ahead: 0 }

function greetingFailure(answer: Exclude<Answer, { kind: 'done' }>): Failure {
  if (answer.kind === 'lost') return lostFailure(answer)
  return { kind: answer.code === 'IN-USE' ? 'busy' : 'temporary', text: `The server greets with a refusal: ${answer.text}` }
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

/** What is asked behind the first attempt to log in is refused if that is, at the price of a few lines; each later one is waited for. */
async function logIn(
  session: Session,
  lines: readonly string[],
  pipelining: boolean,
  ask: () => Promise<Contents | Failure>,
): Promise<Contents | Failure> {
  const { wire, account, known } = session
  const who = { user: account.user, password: account.password() }
  let refused: Extract<Answer, { kind: 'refused' }> | undefined
  for (const method of methods(lines, session.greeting, session.encrypted, known.method)) {
    const burst = pipelining && !refused && isOneStep(method)
    const answering = login(wire, method, who, session.greeting, burst)
    const asking = burst ? ask() : undefined
    const answer = await answering
    if (answer.kind === 'done') {
      session.learned = { ...session.learned, method }
      return asking ?? ask()
    }
    await asking
    if (answer.kind === 'lost') return refused ? refusal(refused) : lostFailure(answer)
    refused = answer
    if (failureOf(answer.code) !== 'login') break
  }
  return refusal(refused ?? { kind: 'refused', code: '', text: 'it knows no way to log in' })
}

function refusal({ code, text }: Extract<Answer, { kind: 'refused' }>): Failure {
  return { kind: failureOf(code), text: `The server refuses the login: ${code === '' ? text : `[${code}] ${text}`}` }
}
