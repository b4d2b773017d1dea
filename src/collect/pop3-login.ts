/**
 * Getting into a POP3 box in as few round trips as the server allows: what CAPA said is remembered, and then the login
 * and the lists leave in one burst behind the greeting. STLS, APOP (RFC 1939 §7), AUTH (RFC 5034), USER and PASS.
 * The password goes onto the wire and nowhere else.
 */
import { createHash } from 'node:crypto'
import type { Answer, Failure, FailureKind } from './maildrop.ts'
import { capabilitiesOf, timestampOf, type Capabilities } from './pop3-replies.ts'
import type { Pop3Wire } from './pop3-wire.ts'
import { converse, mechanisms, showsPassword, type Credentials, type MechanismName } from '../sasl.ts'

export type Method = MechanismName | 'APOP' | 'USER'

/** What is worth remembering of a server: what it can do, in the clear and inside TLS, and how it let us in. */
export type Known = {
  readonly clear?: readonly string[] | undefined
  readonly secure?: readonly string[] | undefined
  readonly method?: Method | undefined
}

/** The lines of CAPA; none where the server does not know it. */
export async function askCapabilities(wire: Pop3Wire): Promise<readonly string[] | Extract<Answer, { kind: 'lost' }>> {
  const octets: Uint8Array[] = []
  let size = 0
  const answer = await wire.exchange({
    line: 'CAPA',
    body: (piece) => {
      size += piece.length
      if (size <= mostCapabilities) octets.push(piece)
    },
  })
  if (answer.kind === 'lost') return answer
  if (answer.kind === 'refused') return []
  return Buffer.concat(octets)
    .toString('latin1')
    .split('\r\n')
    .filter((line) => line !== '')
}

const mostCapabilities = 16 * 1024

export function can(lines: readonly string[] | undefined, keyword: string): boolean {
  return capabilitiesOf(lines ?? []).has(keyword)
}

/**
 * Ways in, best first: what worked last time, then by `mechanisms`' reasoning. In the clear APOP comes before them: it hides the password
 * too, and the lists leave with it, which saves two round trips to CRAM-MD5 and three to SCRAM. Three are tried at most: a server may
 * announce a mechanism that it has no secret for.
 */
export function methods(lines: readonly string[], greeting: string, encrypted: boolean, last?: Method): readonly Method[] {
  const capabilities: Capabilities = capabilitiesOf(lines)
  const sasl = mechanisms(capabilities.get('SASL') ?? [], encrypted)
  const hidden: readonly Method[] = [
    ...(timestampOf(greeting) === undefined ? [] : ['APOP' as const]),
    ...sasl.filter((name) => !showsPassword(name)),
  ]
  const shown: readonly Method[] = [...sasl.filter((name) => name === 'PLAIN'), 'USER', ...sasl.filter((name) => name === 'LOGIN')]
  const usable = encrypted ? [...shown, ...hidden] : [...hidden, ...shown]
  const first = usable.filter((method) => method === last)
  return [...first, ...usable.filter((method) => method !== last)].slice(0, 3)
}

/** Whether other commands may leave behind it in the same burst. */
export function isOneStep(method: Method): boolean {
  return method === 'USER' || method === 'APOP' || method === 'PLAIN'
}

/** Logs in. With `burst` the caller's next commands are sent without waiting. */
export function login(wire: Pop3Wire, method: Method, who: Credentials, greeting: string, burst: boolean): Promise<Answer> {
  if (method === 'USER') return loginByUser(wire, who)
  if (method === 'APOP') return loginByDigest(wire, who, timestampOf(greeting) ?? '')
  return loginBySasl(wire, method, who, burst)
}

async function loginByUser(wire: Pop3Wire, { user, password }: Credentials): Promise<Answer> {
  const [name, pass] = await Promise.all([wire.exchange({ line: `USER ${user}` }), wire.exchange({ line: `PASS ${password}` })])
  return name.kind === 'refused' && pass.kind === 'refused' ? name : pass
}

function loginByDigest(wire: Pop3Wire, { user, password }: Credentials, timestamp: string): Promise<Answer> {
  const digest = createHash('md5')
    .update(timestamp + password)
    .digest('hex')
  return wire.exchange({ line: `APOP ${user} ${digest}` })
}

async function loginBySasl(wire: Pop3Wire, method: MechanismName, who: Credentials, burst: boolean): Promise<Answer> {
  const conversation = converse(method, who)
  const line = initialLine(method, conversation.initial)
  const opening = conversation.initial && line.length <= longestCommand ? line : `AUTH ${method}`
  const answer = await wire.exchange({
    line: opening,
    challenge: (octets) => conversation.answer(octets),
    alone: !(burst && opening === line),
  })
  if (answer.kind === 'done' && !conversation.complete())
    return { kind: 'refused', code: 'AUTH', text: 'The server did not prove that it knows the password' }
  return answer
}

/** RFC 5034 §4: with the initial response the line may still not be longer than this. */
const longestCommand = 253

function initialLine(method: MechanismName, initial: Uint8Array | undefined): string {
  return initial === undefined ? `AUTH ${method}` : `AUTH ${method} ${Buffer.from(initial).toString('base64')}`
}

/** What a refused login means for the next attempt (RFC 2449 §8.1, RFC 3206). */
export function failureOf(code: string): FailureKind {
  if (code === 'IN-USE' || code === 'LOGIN-DELAY') return 'busy'
  return code.startsWith('SYS') ? 'temporary' : 'login'
}

export function lostFailure({ text, nonsense }: Extract<Answer, { kind: 'lost' }>): Failure {
  return { kind: nonsense ? 'nonsense' : 'lost', text }
}
