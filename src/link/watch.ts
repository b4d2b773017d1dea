/**
 * The line as others see it, when pppd is somebody else's (`hooks`) or there is no modem (`always`): holds the machine's state
 * and tells watchers. Cannot dial; says so in a sentence.
 */
import type { Clock } from '../clock.ts'
import type { Line, LinkState } from './line.ts'
import { atRest, type LinkEvent, step } from './machine.ts'

export interface WatchedLine extends Line {
  /** What a hook, or an operator's `link up|down`, has told. */
  tell(event: LinkEvent): void
}

export function watchLine({ mode, clock }: { mode: 'hooks' | 'always'; clock: Clock }): WatchedLine {
  let state = atRest(clock.elapsed())
  const watchers = new Set<(state: LinkState) => void>()
  const tell = (event: LinkEvent): void => {
    const next = step(state, event, clock.elapsed())
    state = next.state
    for (const { state: announced } of next.effects) for (const seen of watchers) seen(announced)
  }
  if (mode === 'always') tell({ kind: 'went-up', facts: noFacts, reason: 'there is no modem' })
  return {
    tell,
    state: () => state,
    watch(seen) {
      watchers.add(seen)
      return () => watchers.delete(seen)
    },
    dial: () => (state.kind === 'up' ? undefined : refusals[mode]),
    hangUp: () => (state.kind === 'up' ? refusals[mode] : undefined),
  }
}

const noFacts = { interface: '', tty: '', speed: 0, local: '', remote: '', ipparam: '' }

const refusals = {
  hooks: 'link.mode is "hooks": pppd belongs to somebody else; bring the line up or down there, or set link.mode = "dial"',
  always: 'link.mode is "always": there is no modem to dial with',
}
