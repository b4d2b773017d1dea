/**
 * The console: commands typed at a terminal, performed in the daemon. Drives the session machine; on a terminal at rest it costs
 * nothing but a few kilobytes. Never ends for anything that is typed but `exit`, and knows nothing of ttys.
 */
import type { Clock } from '../clock.ts'
import type { Command } from './commands.ts'
import type { Effect, Event, Facts, Next } from './dialogue.ts'
import { complete, help, helpOn, match } from './grammar.ts'
import type { House } from './house.ts'
import { atRest, decode } from './keys.ts'
import { outlet } from './outlet.ts'
import { perform } from './perform.ts'
import { begin, step } from './session.ts'
import type { Terminal } from './terminal.ts'
import { exit, type Voice } from './voice.ts'

export type ConsoleParts = {
  readonly house: House
  readonly commands: readonly Command[]
  readonly clock: Clock
}

/** Characters that may wait for a slow line; what happens meanwhile is left out. */
const crowded = 4000

/** Resolves when the person has left, or the terminal has gone; rejects when the console itself breaks, which must not be the end of more than that. */
export async function converse(terminal: Terminal, { house, commands, clock }: ConsoleParts): Promise<void> {
  const facts = factsOf(house, commands)
  const out = outlet(terminal, clock)
  const left = Promise.withResolvers<void>()
  let decoder = atRest
  let answer: ((yes: boolean) => void) | undefined
  let pass: ((octets: Uint8Array) => void) | undefined
  let running = new AbortController()
  let missed = 0
  /** Who waits for the page to be turned. */
  const held: (() => void)[] = []
  let { state, effects } = begin(terminal.size, greeting(house), facts)

  const apply = (event: Event): void => follow(step(state, event, facts))
  const follow = (next: Next): void => {
    state = next.state
    for (const effect of next.effects) act(effect)
    if (state.mode.kind !== 'running' || !state.mode.page.paused) for (const go of held.splice(0)) go()
  }
  const act = (effect: Effect): void => {
    switch (effect.kind) {
      case 'write':
        return out.write(effect.text)
      case 'discard':
        return out.discard()
      case 'run':
        return void run(effect.words).catch(left.reject)
      case 'tell':
        apply({ kind: 'said', text: effect.text, live: false })
        return apply({ kind: 'ended', code: exit.ok })
      case 'answer':
        return answer?.(effect.yes)
      case 'interrupt':
        return running.abort()
      case 'pass':
        return pass?.(Buffer.from(effect.text))
      case 'leave':
        return left.resolve()
    }
  }
  const say = (text: string, live: boolean): void => {
    if (live && out.waiting() > crowded) missed++
    else {
      if (missed > 0) apply({ kind: 'said', text: `… ${missed} left out: the line is slow`, live: true })
      missed = 0
      apply({ kind: 'said', text, live })
    }
  }
  const voiceOf = (signal: AbortSignal): Voice => ({
    say: (text, live) => say(text, live === 'live'),
    complain: (text) => say(text.replace(/^dialpost: /gm, ''), false),
    ask(question) {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      answer = resolve
      apply({ kind: 'asked', question })
      return promise
    },
    async ready() {
      await out.quiet()
      if (state.mode.kind === 'running' && state.mode.page.paused) await new Promise<void>((go) => held.push(go))
    },
    signal,
    terminal: {
      get size() {
        return state.size
      },
      rate: terminal.rate,
      async write(text) {
        out.write(text)
        await out.quiet()
      },
      hear(typed) {
        pass = typed
        apply({ kind: 'took' })
      },
      gone: signal,
    },
  })
  const run = async (words: readonly string[]): Promise<void> => {
    running = new AbortController()
    const code = await perform(house, words, voiceOf(AbortSignal.any([running.signal, terminal.gone])), commands)
    missed = 0
    pass = undefined
    apply({ kind: 'ended', code })
  }

  for (const effect of effects) act(effect)
  terminal.hear((octets) => {
    const decoded = decode(decoder, octets)
    decoder = decoded.decoder
    try {
      for (const key of decoded.keys) apply({ kind: 'key', key })
    } catch (fault) {
      left.reject(fault)
    }
  })
  terminal.gone.addEventListener('abort', () => left.resolve(), { once: true })
  try {
    await left.promise
  } finally {
    terminal.hear(() => {})
    running.abort()
    answer?.(false)
    for (const go of held.splice(0)) go()
  }
  await out.quiet()
}

function greeting(house: House): string {
  const { version, hostname } = house.status()
  return `dialpost ${version} on ${hostname}; help lists the commands, Tab completes them`
}

function factsOf(house: House, commands: readonly Command[]): Facts {
  const known = [
    ...commands,
    { pattern: 'help [COMMAND]', help: 'this list, or one of it; ? shows it while typing' },
    { pattern: 'exit', help: 'leave' },
  ]
  const names = commands.map(({ pattern }) => pattern.split(' ')[0] ?? '')
  return {
    prompt() {
      const { hostname, line } = house.status()
      return `${hostname.split('.')[0] ?? hostname} (${line.kind}) > `
    },
    complete: (words) => complete(known, words, (hole, begun) => (hole === 'COMMAND' ? names : house.names(hole, begun))),
    understands: (words) => !('mistake' in match(known, words)),
    help: (command) => (command === undefined ? help(known) : helpOn(known, command)),
  }
}
