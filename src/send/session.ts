/** Drives the opening over a talk: says the lines, encrypts, proves who we are. What it gives is a session ready for MAIL, or the reply that says why not. */
import type { Clock } from '../clock.ts'
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import { type Conversation, type Credentials, type MechanismName, converse } from '../sasl.ts'
import type { Features } from './features.ts'
import { type OpeningEffect, type OpeningEvent, type State, beginOpening, step } from './opening.ts'
import type { Talk } from './talk.ts'
import type { Secured, TlsMode, Wire } from './wire.ts'

export type SessionOptions = {
  readonly wire: Wire
  readonly talk: Talk
  readonly clock: Clock
  readonly hostname: string
  readonly tls: TlsMode
  readonly credentials?: Credentials
  /** This server let us in by this mechanism before, in one step. */
  readonly hurry?: MechanismName
  readonly authenticated: (mechanism: MechanismName) => void
}

/** AUTH whose answer is awaited behind the first letters. */
export type Login = {
  /** It let us in. */
  accepted(): boolean
  /** The server's words, where it does not let us in that way: from then on its refusals say nothing about letters. */
  refusal(): Reply | undefined
}

export type Session =
  | {
      readonly kind: 'ready'
      readonly features: Features
      /** The mechanism that let us in. */
      readonly by?: MechanismName
      /** Present where AUTH has left and nobody has waited for its answer. */
      readonly login?: Login
      /** Milliseconds from EHLO to its reply. */
      readonly roundTrip: number
      readonly secured?: Secured & { kind: 'secured' }
    }
  /** `handshake`: TLS itself failed, which plain SMTP may not. */
  | { readonly kind: 'failed'; readonly reply: Reply; readonly handshake: boolean }

export async function openSession(options: SessionOptions): Promise<Session> {
  const { wire, talk, clock, hostname, tls, credentials, hurry } = options
  const policy = { hostname, tls, login: credentials !== undefined, ...(hurry ? { hurry } : {}) }
  let secured = wire.secured
  let conversation: Conversation | undefined
  let roundTrip = 0
  let state: State = beginOpening(wire.secured !== undefined)
  let event: OpeningEvent | undefined = await greeting(talk)

  const perform = async (effect: OpeningEffect): Promise<OpeningEvent | undefined> => {
    switch (effect.kind) {
      case 'say': {
        const from = clock.elapsed()
        const answer = await talk.ask(effect.expect, effect.line)
        if (effect.expect === 'hello') roundTrip = clock.elapsed() - from
        return heard(answer)
      }
      case 'encrypt': {
        const result = await talk.within('starttls', wire.startTls())
        talk.trustAgain()
        if (result.kind === 'failed') return { kind: 'not-encrypted', reason: result.reason }
        secured = result
        return { kind: 'encrypted' }
      }
      case 'authenticate':
        if (!credentials) return { kind: 'distrusted' }
        conversation = converse(effect.mechanism, credentials)
        return proven(await talk.ask('auth', authCommand(effect.mechanism, conversation.initial)))
      case 'respond':
        break
    }
    const response = await conversation?.answer(Buffer.from(effect.challenge, 'base64'))
    if (response) return proven(await talk.ask('auth', `${base64(response)}\r\n`))
    return (await talk.ask('auth', '*\r\n')) && { kind: 'distrusted' }
  }
  /** 235 counts only when the server has proven itself too. */
  const proven = (answer: Reply | undefined): OpeningEvent | undefined =>
    answer?.code === 235 && conversation?.complete() === false ? { kind: 'distrusted' } : heard(answer)

  while (event) {
    const before: State['at'] = state.at
    const opened = step(state, event, policy)
    state = opened.state
    if (state.at === 'ready') {
      const { features, by, hurried } = state
      if (by) options.authenticated(by)
      const login = hurried && credentials && hurriedLogin(hurried, credentials, options)
      return { kind: 'ready', features, roundTrip, ...(secured ? { secured } : {}), ...(by ? { by } : {}), ...(login ? { login } : {}) }
    }
    if (state.at === 'failed') return { kind: 'failed', reply: state.reply, handshake: before === 'handshake' }
    const [effect] = opened.effects
    event = effect && (await perform(effect))
  }
  return { kind: 'failed', reply: talk.ending()?.reply ?? reply(451, '4.4.2', 'the call ended'), handshake: state.at === 'handshake' }
}

/** It leaves in one segment with what the caller says next, and fails as a login that was waited for does. */
function hurriedLogin(mechanism: MechanismName, credentials: Credentials, { talk, authenticated }: SessionOptions): Login {
  let given: Reply | undefined
  talk.expect('auth', (answer) => {
    given = answer
    if (answer.code === 235) authenticated(mechanism)
  })
  void talk.write(Buffer.from(authCommand(mechanism, converse(mechanism, credentials).initial)))
  const isGood = (): boolean => given?.code === 235
  return { accepted: isGood, refusal: () => (isGood() ? undefined : given) }
}

async function greeting(talk: Talk): Promise<OpeningEvent | undefined> {
  let answer: Reply | undefined
  talk.expect('greeting', (given) => {
    answer = given
  })
  await talk.until(() => answer !== undefined)
  return heard(answer)
}

function heard(answer: Reply | undefined): OpeningEvent | undefined {
  return answer && { kind: 'reply', reply: answer }
}

/** An empty initial response is written `=` (RFC 4954 §4). */
function authCommand(name: MechanismName, initial: Uint8Array | undefined): string {
  return initial === undefined ? `AUTH ${name}\r\n` : `AUTH ${name} ${base64(initial) || '='}\r\n`
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64')
}
