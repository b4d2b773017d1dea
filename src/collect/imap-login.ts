/**
 * Proving who we are to an IMAP server in as few round trips as it allows: AUTHENTICATE with the initial response in the command
 * (RFC 4959) or LOGIN, whose strings travel quoted, as non-synchronizing literals (RFC 7888), or as the server asks for them.
 * The password goes onto the wire and nowhere else.
 */
import { converse, mechanisms, showsPassword, type Credentials, type MechanismName } from '../sasl.ts'
import type { Command, ImapWire, Reply } from './imap-wire.ts'
import type { FailureKind } from './maildrop.ts'

/** `COMMAND` is LOGIN itself, which is older than SASL. */
export type Method = MechanismName | 'COMMAND'

/**
 * Ways in, best first: what worked last time, then by `mechanisms`' reasoning. Three are tried at most: a server may announce a
 * mechanism that it has no secret for.
 */
export function methods(can: readonly string[], encrypted: boolean, last?: Method): readonly Method[] {
  const offered = can.flatMap((name) => (name.startsWith('AUTH=') ? [name.slice('AUTH='.length)] : []))
  const sasl = mechanisms(offered, encrypted)
  const hidden: readonly Method[] = sasl.filter((name) => !showsPassword(name))
  const command: readonly Method[] = can.includes('LOGINDISABLED') ? [] : ['COMMAND']
  const plain: readonly Method[] = sasl.filter((name) => name === 'PLAIN')
  // Without an initial response AUTHENTICATE costs a round trip more than LOGIN, and shows as much.
  const shown = can.includes('SASL-IR') ? [...plain, ...command] : [...command, ...plain]
  const all = encrypted ? [...shown, ...hidden] : [...hidden, ...shown]
  const usable = [...all, ...sasl.filter((name) => name === 'LOGIN')]
  return [...usable.filter((method) => method === last), ...usable.filter((method) => method !== last)].slice(0, 3)
}

/** Whether other commands may leave behind it in the same burst. */
export function isOneStep(method: Method, who: Credentials, can: readonly string[]): boolean {
  if (method === 'PLAIN') return can.includes('SASL-IR')
  return method === 'COMMAND' && loginCommand(who, can).respond === undefined
}

export async function login(wire: ImapWire, method: Method, who: Credentials, can: readonly string[]): Promise<Reply> {
  const last = !isOneStep(method, who, can)
  if (method === 'COMMAND') return wire.exchange({ ...loginCommand(who, can), last })
  const conversation = converse(method, who)
  const { initial } = conversation
  const answer = await wire.exchange({
    line: `AUTHENTICATE ${method}${initial && can.includes('SASL-IR') ? ` ${base64(initial) || '='}` : ''}`,
    last,
    respond: async (challenge) => {
      const response = await conversation.answer(Buffer.from(challenge, 'base64'))
      return response && base64(response)
    },
  })
  if (answer.kind === 'done' && !conversation.complete())
    return { kind: 'refused', code: '', text: 'The server did not prove that it knows the password' }
  return answer
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64')
}

/** LOGIN in one line where it can be; else in pieces, each sent when the server has asked for it. */
function loginCommand({ user, password }: Credentials, can: readonly string[]): Pick<Command, 'line' | 'respond'> {
  const [name, secret] = [octetsOf(user), octetsOf(password)]
  const free = can.includes('LITERAL+') || (can.includes('LITERAL-') && name.length + secret.length <= longestFreeLiteral)
  const [first = '', ...later] = `LOGIN ${astring(name, free)} ${astring(secret, free)}`.split(pause)
  if (later.length === 0) return { line: first }
  return { line: first, respond: async () => later.shift() }
}

/** RFC 7888 §5, of LITERAL-. */
const longestFreeLiteral = 4096

/** Stands where the server has to ask for more; no string may hold it. */
const pause = '\0'

/** Quoted where it is plain ASCII (RFC 9051 §4.3). */
function astring(octets: string, free: boolean): string {
  if (/^[\x20-\x7e]*$/.test(octets)) return `"${octets.replace(/["\\]/g, '\\$&')}"`
  return free ? `{${octets.length}+}\r\n${octets}` : `{${octets.length}}${pause}${octets}`
}

function octetsOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** What a refusal means for the next attempt (RFC 5530 §3). */
export function failureOf(code: string): FailureKind {
  if (code === 'INUSE') return 'busy'
  if (code === 'PRIVACYREQUIRED') return 'insecure'
  return code === 'UNAVAILABLE' || code === 'SERVERBUG' || code === 'CONTACTADMIN' || code === 'LIMIT' ? 'temporary' : 'login'
}
