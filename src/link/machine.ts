/**
 * What the telephone line does, as a pure machine: a state, an event, the next state and what to tell the others.
 * In the modes `hooks` and `always` somebody else dials, so the events are what pppd's scripts say. Knows no mail.
 */
import type { LinkFacts, LinkState, Usage } from './line.ts'

export type LinkEvent =
  | { readonly kind: 'went-up'; readonly facts: LinkFacts; readonly reason: string }
  | { readonly kind: 'went-down'; readonly interface: string; readonly reason: string; readonly usage?: Usage }

/** Each announced state is told to every watcher, in order. */
export type LinkEffect = { readonly kind: 'announce'; readonly state: LinkState }

export type LinkStep = { readonly state: LinkState; readonly effects: readonly LinkEffect[] }

/** The line before anybody has said a word. `now` is `clock.elapsed()` in milliseconds, here and below. */
export function atRest(now: number): LinkState {
  return { kind: 'down', since: now, reason: 'not yet up since the start' }
}

export function step(state: LinkState, event: LinkEvent, now: number): LinkStep {
  switch (event.kind) {
    case 'went-up':
      return wentUp(state, event, now)
    case 'went-down':
      // Another interface's end is no news: a second ppp may come and go beside ours.
      if (state.kind !== 'up' || (event.interface !== '' && event.interface !== state.link.interface)) return { state, effects: [] }
      return announce({ kind: 'down', since: now, reason: event.reason, ...(event.usage ? { usage: event.usage } : {}) })
    default:
      return event satisfies never
  }
}

/** The words that status, log and page print. */
export function describe(state: LinkState, now: number): string {
  const minutes = Math.floor((now - state.since) / 60_000)
  const seconds = String(Math.floor((now - state.since) / 1000) % 60).padStart(2, '0')
  const where = state.kind === 'up' && state.link.interface !== '' ? ` on ${state.link.interface}` : ''
  const whom = 'isp' in state && state.isp !== '' ? ` to ${state.isp}` : ''
  return `${state.kind}${whom}${where} for ${minutes}:${seconds} (${state.reason})`
}

function wentUp(state: LinkState, { facts, reason }: LinkEvent & { kind: 'went-up' }, now: number): LinkStep {
  const up: LinkState = { kind: 'up', since: now, reason, link: facts, isp: facts.ipparam }
  if (state.kind !== 'up') return announce(up)
  if (sameLink(state.link, facts)) return { state, effects: [] }
  // The end of the former call was never told: end it first, for whatever was under way went with it.
  return announce({ kind: 'down', since: now, reason: 'replaced by a new call' }, up)
}

function announce(...states: [LinkState, ...LinkState[]]): LinkStep {
  return { state: states.at(-1) ?? states[0], effects: states.map((state) => ({ kind: 'announce', state })) }
}

function sameLink(a: LinkFacts, b: LinkFacts): boolean {
  return a.interface === b.interface && a.tty === b.tty && a.local === b.local && a.remote === b.remote
}
