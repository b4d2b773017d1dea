/**
 * The line where dialpost dials: runs the machine (caller.ts) with a modem, pppd and the clock, and tells watchers. It decides
 * nothing itself. Closing it hangs up, and leaves neither a pppd nor a connection behind.
 */
import type { Clock } from '../clock.ts'
import type { Line, LinkState } from './line.ts'
import { type Caller, type CallerEffect, type CallerEvent, type CallerPolicy, callerAtRest } from './caller-state.ts'
import { stepCaller } from './caller.ts'
import type { LinkEvent } from './machine.ts'
import type { Modem, ModemFacts } from './modem.ts'
import type { Pppd } from './pppd.ts'

export type DialOptions = CallerPolicy & {
  /** pppd's peers file of an ISP. */
  readonly peerOf: (isp: string) => string
  readonly modem: Modem
  readonly pppd: Pppd
  readonly clock: Clock
}

export interface DialledLine extends Line {
  /** What pppd's hooks have told. */
  tell(event: LinkEvent): void
  modem(): ModemFacts
  /** Resolves when modem and pppd are at rest. */
  close(): Promise<void>
}

/** Milliseconds. */
const breath = 10_000

export function dialLine({ isps, attempts, tty, peerOf, modem, pppd, clock }: DialOptions): DialledLine {
  const policy: CallerPolicy = { isps, attempts, ...(tty === undefined ? {} : { tty }) }
  const watchers = new Set<(state: LinkState) => void>()
  const closing = new AbortController()
  let state: Caller = callerAtRest(clock.elapsed())
  let dialling = new AbortController()
  let alarm = new AbortController()
  const waiting: CallerEvent[] = []
  let stepping = false
  let quiet: (() => void) | undefined

  /** One event after another, in order: what a watcher does in the middle of one waits for its turn. */
  const happen = (event: CallerEvent): void => {
    waiting.push(event)
    if (stepping) return
    stepping = true
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const step = stepCaller(state, next, clock.elapsed(), policy)
      state = step.state
      for (const effect of step.effects) perform(effect)
    }
    stepping = false
    if (isQuiet(state)) quiet?.()
  }
  const perform = (effect: CallerEffect): void => {
    switch (effect.kind) {
      case 'announce':
        for (const seen of watchers) seen(effect.state)
        return
      case 'dial':
        dialling = new AbortController()
        void modem
          .dial(effect.number, dialling.signal)
          .then((said) => happen(said.kind === 'connected' ? { kind: 'dialled', carrier: said.carrier } : { ...said, kind: 'dial-failed' }))
        return
      case 'abandon-dialling':
        dialling.abort()
        return
      case 'start-pppd':
        void pppd.run({ peer: peerOf(effect.isp), isp: effect.isp }).then((end) => happen({ kind: 'pppd-ended', ...end }))
        return
      case 'end-pppd':
        pppd.end(effect.how)
        return
      case 'hang-up':
        void modem.hangUp().then((answer) => happen({ kind: 'hung-up', modem: answer }))
        return
      case 'await-modem':
        void modemBack()
        return
      case 'wake':
        alarm.abort()
        alarm = new AbortController()
        void ring(effect.at, AbortSignal.any([alarm.signal, closing.signal]))
        return
      default:
        effect satisfies never
    }
  }
  const modemBack = async (): Promise<void> => {
    // Something that is there and yet no modem must not be tried without a breath.
    await clock.sleep(clock.elapsed() + breath, closing.signal)
    await modem.present(closing.signal)
    if (!closing.signal.aborted) happen({ kind: 'modem-back' })
  }
  const ring = async (at: number, signal: AbortSignal): Promise<void> => {
    await clock.sleep(at, signal)
    if (!signal.aborted) happen({ kind: 'woke' })
  }
  return {
    tell: happen,
    modem: () => modem.facts(),
    state: () => state.line,
    watch(seen) {
      watchers.add(seen)
      return () => watchers.delete(seen)
    },
    dial(cause) {
      if (cause.isp !== undefined && !isps.some(({ name }) => name === cause.isp))
        return `there is no ISP ${cause.isp}; the settings have: ${isps.map(({ name }) => name).join(' ')}`
      happen({ kind: 'wanted', cause })
      return state.line.kind === 'broken' ? `the line is broken: ${state.line.reason}` : undefined
    },
    hangUp(reason) {
      happen({ kind: 'unwanted', reason })
      return state.phase === 'foreign' ? 'pppd was started by somebody else, and is theirs to end (poff)' : undefined
    },
    async close() {
      happen({ kind: 'unwanted', reason: 'dialpost ends' })
      if (!isQuiet(state)) await new Promise<void>((resolve) => (quiet = resolve))
      closing.abort()
      await modem.close()
    },
  }
}

/** Neither modem nor pppd is at anything of ours. */
function isQuiet({ phase }: Caller): boolean {
  return phase === 'idle' || phase === 'foreign' || phase === 'resting' || phase === 'broken'
}
