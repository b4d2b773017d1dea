/**
 * Proving who we are to an ISP's server, whatever protocol carries it (RFC 4422): PLAIN (RFC 4616), LOGIN, CRAM-MD5
 * (RFC 2195) and SCRAM-SHA-256 (RFC 5802, 7677). Octets in, octets out: base64 and line ends are the caller's.
 * The password leaves this file only in the form that its mechanism demands, and never in an error.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type Credentials = { readonly user: string; readonly password: string }

export type MechanismName = 'SCRAM-SHA-256' | 'CRAM-MD5' | 'PLAIN' | 'LOGIN'

export interface Conversation {
  readonly name: MechanismName
  /** What may go out with the AUTH command itself; undefined where the server speaks first. */
  readonly initial: Uint8Array | undefined
  /** The response to one challenge; undefined where the challenge is nonsense or proves that the server does not know the password. */
  answer(challenge: Uint8Array): Promise<Uint8Array | undefined>
  /** False while the server still has to prove itself (SCRAM): success claimed before is a lie. */
  complete(): boolean
}

/**
 * Which mechanisms to try, in order. Inside TLS the one with the fewest round trips comes first, since the line costs by
 * the second and nobody listens; in the clear those that do not show the password.
 */
export function mechanisms(offered: readonly string[], encrypted: boolean): readonly MechanismName[] {
  const order: readonly MechanismName[] = encrypted
    ? ['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'CRAM-MD5']
    : ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN']
  const names = new Set(offered.map((name) => name.toUpperCase()))
  return order.filter((name) => names.has(name))
}

/** Whether somebody on the wire reads the password from it. */
export function showsPassword(name: MechanismName): boolean {
  return name === 'PLAIN' || name === 'LOGIN'
}

/** Begins a conversation. `nonce` is for tests. */
export function converse(name: MechanismName, who: Credentials, nonce: string = randomBytes(18).toString('base64')): Conversation {
  return conversations[name](who, nonce)
}

const conversations: Readonly<Record<MechanismName, (who: Credentials, nonce: string) => Conversation>> = {
  'SCRAM-SHA-256': scramSha256,
  'CRAM-MD5': cramMd5,
  PLAIN: plain,
  LOGIN: login,
}

function plain({ user, password }: Credentials): Conversation {
  const message = Buffer.from(`\0${user}\0${password}`)
  return {
    name: 'PLAIN',
    initial: message,
    answer: async (challenge) => (challenge.length === 0 ? message : undefined),
    complete: () => true,
  }
}

/** Servers word their two prompts as they like; only their order counts. */
function login({ user, password }: Credentials): Conversation {
  const answers = [user, password]
  return {
    name: 'LOGIN',
    initial: undefined,
    answer: async () => {
      const next = answers.shift()
      return next === undefined ? undefined : Buffer.from(next)
    },
    complete: () => true,
  }
}

function cramMd5({ user, password }: Credentials): Conversation {
  return {
    name: 'CRAM-MD5',
    initial: undefined,
    answer: async (challenge) => Buffer.from(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`),
    complete: () => true,
  }
}

const scrambled: (password: string, salt: Uint8Array, rounds: number, length: number, digest: string) => Promise<Buffer> = promisify(pbkdf2)

/** A server that asks for more would keep this box busy for minutes. */
const mostRounds = 1_000_000

function scramSha256({ user, password }: Credentials, nonce: string): Conversation {
  const bare = `n=${user.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  let signature: Buffer | undefined
  let proven = false
  const prove = async (first: string): Promise<Uint8Array | undefined> => {
    const { r = '', s = '', i = '' } = attributes(first)
    const rounds = Number(i)
    if (!r.startsWith(nonce) || r.length === nonce.length || s === '' || !/^\d+$/.test(i) || rounds < 1 || rounds > mostRounds)
      return undefined
    const salted = await scrambled(password.normalize('NFKC'), Buffer.from(s, 'base64'), rounds, 32, 'sha256')
    const clientKey = hmac(salted, 'Client Key')
    const final = `c=biws,r=${r}`
    const signed = `${bare},${first},${final}`
    const proof = xor(clientKey, hmac(createHash('sha256').update(clientKey).digest(), signed))
    signature = hmac(hmac(salted, 'Server Key'), signed)
    return Buffer.from(`${final},p=${proof.toString('base64')}`)
  }
  const verify = (expected: Buffer, last: string): Uint8Array | undefined => {
    const given = Buffer.from(attributes(last)['v'] ?? '', 'base64')
    proven = given.length === expected.length && timingSafeEqual(given, expected)
    return proven ? new Uint8Array(0) : undefined
  }
  return {
    name: 'SCRAM-SHA-256',
    initial: Buffer.from(`n,,${bare}`),
    answer: async (challenge) => {
      const text = Buffer.from(challenge).toString('utf8')
      if (text === '') return signature === undefined ? Buffer.from(`n,,${bare}`) : undefined
      return signature === undefined ? prove(text) : verify(signature, text)
    },
    complete: () => proven,
  }
}

function attributes(message: string): Record<string, string> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((octet, at) => octet ^ (b[at] ?? 0)))
}
