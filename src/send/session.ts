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
}

export type Session =
  | {
      readonly kind: 'ready'
      readonly features: Features
      readonly authenticated: boolean
      /** Milliseconds from EHLO to its reply. */
      readonly roundTrip: number
      readonly secured?: Secured & { kind: 'secured' }
    }
  /** `handshake`: TLS itself failed, which plain SMTP may not. */
  | { readonly kind: 'failed'; readonly reply: Reply; readonly handshake: boolean }

export async function openSession({ wire, talk, clock, hostname, tls, credentials }: SessionOptions): Promise<Session> {
  const policy = { hostname, tls, login: credentials !== undefined }
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
    if (state.at === 'ready')
      return { kind: 'ready', features: state.features, authenticated: state.authenticated, roundTrip, ...(secured ? { secured } : {}) }
    if (state.at === 'failed') return { kind: 'failed', reply: state.reply, handshake: before === 'handshake' }
    const [effect] = opened.effects
    event = effect && (await perform(effect))
  }
  return { kind: 'failed', reply: talk.ending()?.reply ?? reply(451, '4.4.2', 'the call ended'), handshake: state.at === 'handshake' }
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
