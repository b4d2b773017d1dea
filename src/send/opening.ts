/**
 * From the greeting to the first MAIL (RFC 5321 §3.1, STARTTLS RFC 3207, AUTH RFC 4954) as a machine: `step` takes what the
 * server said and gives what to say next. Pure; the conversation that proves who we are is the caller's (see sasl.ts).
 * Promises that a password shows itself in clear only where the settings allow a line without TLS.
 */
import type { Reply } from '../mail/reply.ts'
import { reply } from '../mail/reply.ts'
import { type MechanismName, mechanisms, showsPassword } from '../sasl.ts'
import { type Features, featuresOf, noFeatures } from './features.ts'
import type { TlsMode } from './wire.ts'

export type Policy = {
  readonly hostname: string
  readonly tls: TlsMode
  /** A user and a password are set. */
  readonly login: boolean
  /** This server let us in by this mechanism before, in one step: letters need not wait for its answer. */
  readonly hurry?: MechanismName
}

export type State =
  | { readonly at: 'greeting' | 'hello' | 'old-hello' | 'handshake' | 'second-hello'; readonly encrypted: boolean }
  | { readonly at: 'starttls'; readonly encrypted: false; readonly features: Features }
  | {
      readonly at: 'auth'
      readonly encrypted: boolean
      readonly features: Features
      readonly mechanism: MechanismName
      /** Still to be tried should this one be refused. */
      readonly others: readonly MechanismName[]
    }
  | {
      readonly at: 'ready'
      readonly encrypted: boolean
      readonly features: Features
      /** Logged in by it; or to be logged in by it, while letters follow on its heels. */
      readonly by?: MechanismName
      readonly hurried?: MechanismName
    }
  | { readonly at: 'failed'; readonly encrypted: boolean; readonly reply: Reply }

export type OpeningEvent =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'encrypted' }
  | { readonly kind: 'not-encrypted'; readonly reason: string }
  /** The conversation found the server's challenge wrong, or its success claimed too early. */
  | { readonly kind: 'distrusted' }

export type OpeningEffect =
  | { readonly kind: 'say'; readonly line: string; readonly expect: 'hello' | 'starttls' | 'auth' }
  | { readonly kind: 'encrypt' }
  /** Begin with this mechanism, answer its next challenge (base64), or give it up by `*`. */
  | { readonly kind: 'authenticate'; readonly mechanism: MechanismName }
  | { readonly kind: 'respond'; readonly challenge: string }

export type Opened = { readonly state: State; readonly effects: readonly OpeningEffect[] }

export function beginOpening(encrypted: boolean): State {
  return { at: 'greeting', encrypted }
}

export function step(state: State, event: OpeningEvent, policy: Policy): Opened {
  switch (state.at) {
    case 'greeting':
      return replied(event, (answer) =>
        answer.code === 220 ? hello({ at: 'hello', encrypted: state.encrypted }, policy) : fail(state, answer),
      )
    case 'hello':
    case 'second-hello':
      return replied(event, (answer) => greeted(state, answer, policy))
    case 'old-hello':
      return replied(event, (answer) => (isGood(answer) ? choose(noFeatures, state.encrypted, policy) : fail(state, answer)))
    case 'starttls':
      return replied(event, (answer) => {
        if (answer.code === 220) return { state: { at: 'handshake', encrypted: false }, effects: [{ kind: 'encrypt' }] }
        return policy.tls === 'required' ? fail(state, answer) : prove(state.features, false, policy)
      })
    case 'handshake':
      if (event.kind === 'encrypted') return hello({ at: 'second-hello', encrypted: true }, policy)
      return fail(state, reply(454, '4.7.5', `no TLS: ${event.kind === 'not-encrypted' ? event.reason : 'out of order'}`))
    case 'auth':
      return proving(state, event)
    case 'ready':
    case 'failed':
      break
  }
  return { state, effects: [] }
}

/** EHLO was answered; a server that does not know it is asked by HELO, unless it must know more than that. */
function greeted(state: { readonly encrypted: boolean }, answer: Reply, policy: Policy): Opened {
  if (isGood(answer)) return choose(featuresOf(answer), state.encrypted, policy)
  const unknown = answer.code >= 500
  if (!unknown || (policy.tls === 'required' && !state.encrypted)) return fail(state, answer)
  return { state: { at: 'old-hello', encrypted: state.encrypted }, effects: [say(`HELO ${policy.hostname}`, 'hello')] }
}

function choose(features: Features, encrypted: boolean, policy: Policy): Opened {
  const wanted = !encrypted && (policy.tls === 'required' || policy.tls === 'opportunistic')
  if (wanted && features.startTls) return { state: { at: 'starttls', encrypted: false, features }, effects: [say('STARTTLS', 'starttls')] }
  if (wanted && policy.tls === 'required') return fail({ encrypted }, reply(454, '4.7.4', 'STARTTLS is not offered, and tls = "required"'))
  return prove(features, encrypted, policy)
}

/** A server that offers no way to log in may know us by our address, as dial-up ISPs do: go on, it will say so if not. */
function prove(features: Features, encrypted: boolean, policy: Policy): Opened {
  const clearIsAllowed = encrypted || policy.tls === 'off' || policy.tls === 'opportunistic'
  const usable = mechanisms(features.auth, encrypted).filter((name) => clearIsAllowed || !showsPassword(name))
  const [mechanism, ...others] = policy.login ? usable : []
  if (mechanism === undefined) return { state: { at: 'ready', encrypted, features }, effects: [] }
  if (mechanism === policy.hurry && features.pipelining)
    return { state: { at: 'ready', encrypted, features, hurried: mechanism }, effects: [] }
  return { state: { at: 'auth', encrypted, features, mechanism, others }, effects: [{ kind: 'authenticate', mechanism }] }
}

function proving(state: State & { at: 'auth' }, event: OpeningEvent): Opened {
  if (event.kind === 'distrusted')
    return fail(state, reply(454, '4.7.0', `${state.mechanism}: the server does not prove that it knows the password`))
  if (event.kind !== 'reply') return fail(state, reply(451, '4.5.0', 'out of order'))
  const { reply: answer } = event
  if (answer.code === 334) return { state, effects: [{ kind: 'respond', challenge: answer.text }] }
  const { encrypted, features } = state
  if (answer.code === 235) return { state: { at: 'ready', encrypted, features, by: state.mechanism }, effects: [] }
  const [mechanism, ...others] = state.others
  // The password itself was wrong; asking in other words costs seconds of line, since servers punish it by waiting.
  if (mechanism === undefined || (answer.code === 535 && showsPassword(state.mechanism))) return fail(state, answer)
  return { state: { ...state, mechanism, others }, effects: [{ kind: 'authenticate', mechanism }] }
}

function hello(state: State, { hostname }: Policy): Opened {
  return { state, effects: [say(`EHLO ${hostname}`, 'hello')] }
}

function replied(event: OpeningEvent, then: (answer: Reply) => Opened): Opened {
  return event.kind === 'reply' ? then(event.reply) : fail({ encrypted: false }, reply(451, '4.5.0', 'out of order'))
}

function fail({ encrypted }: { readonly encrypted: boolean }, why: Reply): Opened {
  return { state: { at: 'failed', encrypted, reply: why }, effects: [] }
}

function say(line: string, expect: 'hello' | 'starttls' | 'auth'): OpeningEffect {
  return { kind: 'say', line: `${line}\r\n`, expect }
}

function isGood({ code }: Reply): boolean {
  return code >= 200 && code < 300
}
