/**
 * From the greeting to the list of letters: one attempt to get into an IMAP box, with what is remembered of the server. A known
 * server is entered in one burst: login, SELECT, lists, COMPRESS. It promises that the password is not shown to a server that had
 * to be secured and was not.
 */
import type { BoxAccount } from './acquaintance.ts'
import { capabilitiesIn } from './imap-words.ts'
import { ask, type Inbox, type Ours } from './imap-list.ts'
import { failureOf, isOneStep, login, methods, type Method } from './imap-login.ts'
import type { Greeting, ImapWire, Reply } from './imap-wire.ts'
import type { Failure } from './maildrop.ts'

/** What is worth remembering of a server: what it can do, in the clear, inside TLS and logged in, and how it let us in. */
export type Known = {
  readonly clear?: readonly string[] | undefined
  readonly secure?: readonly string[] | undefined
  readonly inside?: readonly string[] | undefined
  readonly method?: Method | undefined
  /** It lost what was sent behind a login: wait for each answer. */
  readonly slow?: true
}

/** Puts a layer under the wire; undefined when it is there. */
export type Layers = { readonly secure: () => Promise<Failure | undefined>; readonly compress: () => void }

/** One attempt at a session; what is learned on the way stays in it. */
export type Session = {
  readonly wire: ImapWire
  readonly account: BoxAccount
  readonly known: Known
  learned: Known
  encrypted: boolean
  /** What the server can do at this point, where it has said so. */
  can: readonly string[] | undefined
}

type Entered = { readonly kind: 'entered'; readonly inbox: Inbox; readonly can: readonly string[] }

export async function enter(session: Session, ours: Ours, layers: Layers): Promise<Entered | Failure> {
  const { wire, account } = session
  if (/[\r\n\0]/.test(account.user + account.password())) return { kind: 'login', text: 'The user name or the password holds a line end' }
  const greeting = await wire.greeting
  if (greeting.kind !== 'done') return lostFailure(greeting)
  const { word, code, text } = greeting.status
  if (word !== 'OK' && word !== 'PREAUTH') return { kind: 'temporary', text: `The server greets with a refusal: ${text}` }
  session.can = capabilitiesIn(code)
  // RFC 9051 §11.1: who is let in unasked can no longer ask for TLS.
  if (word === 'PREAUTH' && account.tls === 'required') return { kind: 'insecure', text: 'The server lets us in before STARTTLS' }
  if (word === 'PREAUTH') return goIn(session, ours, layers, undefined)
  const wantsTls = account.tls === 'opportunistic' || account.tls === 'required'
  const insecure = wantsTls ? await startTls(session, layers) : undefined
  return insecure ?? logIn(session, ours, layers)
}

function lostFailure({ text, nonsense }: Extract<Greeting, { kind: 'lost' }>): Failure {
  return { kind: nonsense ? 'nonsense' : 'lost', text }
}

async function startTls(session: Session, { secure }: Layers): Promise<Failure | undefined> {
  const { wire, account, known } = session
  const can = session.can ?? known.clear ?? (await capabilities(wire))
  if ('kind' in can) return lostFailure(can)
  session.learned = { clear: can }
  session.can = can
  if (!can.includes('STARTTLS') && account.tls === 'opportunistic') return undefined
  const answer = await wire.exchange({ line: 'STARTTLS', last: true, ends: 'dropped' })
  if (answer.kind === 'lost') return lostFailure(answer)
  if (answer.kind === 'refused')
    return account.tls === 'required' ? { kind: 'insecure', text: `The server refuses STARTTLS: ${answer.text}` } : undefined
  // What it said in the clear may have been anybody's (RFC 9051 §6.2.1).
  session.can = undefined
  const failure = await secure()
  session.encrypted = failure === undefined
  return failure
}

/** What CAPABILITY lists; nothing where the server does not know even that. */
async function capabilities(wire: ImapWire): Promise<readonly string[] | Extract<Reply, { kind: 'lost' }>> {
  let can: readonly string[] = []
  const data = (text: string): boolean => {
    const listed = capabilitiesIn(text)
    can = listed ?? can
    return listed !== undefined
  }
  const answer = await wire.exchange({ line: 'CAPABILITY', data })
  return answer.kind === 'lost' ? answer : can
}

async function logIn(session: Session, ours: Ours, layers: Layers): Promise<Entered | Failure> {
  const { wire, account, known, encrypted } = session
  const can = session.can ?? (encrypted ? known.secure : known.clear) ?? (await capabilities(wire))
  if ('kind' in can) return lostFailure(can)
  session.learned = encrypted ? { ...session.learned, secure: can } : { clear: can }
  const who = { user: account.user, password: account.password() }
  let refused: Extract<Reply, { kind: 'refused' }> | undefined
  for (const method of methods(can, encrypted, known.method)) {
    const blind = method === known.method && known.inside && !known.slow && isOneStep(method, who, can) ? known.inside : undefined
    const answering = login(wire, method, who, can)
    const entering = blind && goIn(session, ours, layers, blind)
    const answer = await answering
    if (answer.kind === 'done') {
      session.can = capabilitiesIn(answer.code)
      session.learned = { ...session.learned, method, ...(known.slow ? { slow: true } : {}) }
      return entering ? witness(session, await entering) : goIn(session, ours, layers, undefined)
    }
    await entering
    if (answer.kind === 'lost') return refused ? refusal(refused) : lostFailure(answer)
    refused = answer
    if (failureOf(answer.code) !== 'login') break
  }
  return refusal(refused ?? { kind: 'refused', code: '', text: 'it knows no way to log in' })
}

function refusal({ code, text }: Extract<Reply, { kind: 'refused' }>): Failure {
  return { kind: failureOf(code), text: `The server refuses the login: ${code === '' ? text : `[${code}] ${text}`}` }
}

/** A server (or a proxy ahead of it) may let us in and lose what came behind the login: the next time we wait. */
function witness(session: Session, entered: Entered | Failure): Entered | Failure {
  if (entered.kind === 'lost' || entered.kind === 'nonsense') session.learned = { ...session.learned, slow: true }
  return entered
}

/** Opens INBOX and lists it. `blind`: what the server could do last time; the login is not answered yet. */
async function goIn(session: Session, ours: Ours, { compress }: Layers, blind: readonly string[] | undefined): Promise<Entered | Failure> {
  const { wire } = session
  const can = blind ?? session.can ?? session.known.inside ?? (await capabilities(wire))
  if ('kind' in can) return lostFailure(can)
  const listing = ask(wire, can, ours)
  const squeezed = can.includes('COMPRESS=DEFLATE') ? await squeeze(wire, compress) : undefined
  const inbox = await listing
  if (inbox.kind === 'lost') return lostFailure(inbox)
  if (squeezed?.kind === 'lost') return lostFailure(squeezed)
  if (inbox.kind === 'refused') return { kind: inboxFailure(inbox.code), text: `The server would not show the box: ${inbox.text}` }
  const said = session.can ?? can
  session.learned = { ...session.learned, inside: said }
  return { kind: 'entered', inbox, can: said }
}

/** RFC 4978 §3: a server may refuse, and then all goes on as it was. */
async function squeeze(wire: ImapWire, compress: () => void): Promise<Reply> {
  const answer = await wire.exchange({ line: 'COMPRESS DEFLATE', last: true, ends: 'kept' })
  if (answer.kind === 'done') compress()
  return answer
}

function inboxFailure(code: string): Failure['kind'] {
  return failureOf(code) === 'busy' ? 'busy' : 'temporary'
}
