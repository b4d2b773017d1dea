/**
 * Plays the dialogue with the modem (at-dialogue.ts) over a wire: cuts what comes into lines, says what the machine says, and keeps its one
 * timer. It never waits for the wire to take what is said: a modem without power takes nothing.
 */
import type { Clock } from '../clock.ts'
import { begin, step } from './at-dialogue.ts'
import { cutLines } from './at-reply.ts'
import type { AtEffect, AtEvent, AtOutcome, AtPlan } from './at-state.ts'
import type { ModemFacts } from './modem.ts'
import type { SimPin } from './sim-pin.ts'

export type ConversationOptions = {
  readonly plan: AtPlan
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly pin: SimPin
  readonly learn: (facts: ModemFacts) => void
}

export interface Conversation {
  heard(text: string): void
  /** There is no modem any more. */
  lost(why: string): void
  /** Once. Never rejects. */
  run(write: (text: string) => void): Promise<AtOutcome>
}

export function conversation({ plan, clock, signal, pin, learn }: ConversationOptions): Conversation {
  const ended = Promise.withResolvers<AtOutcome>()
  let write: ((text: string) => void) | undefined
  let state = begin(plan, clock.elapsed()).state
  let rest = ''
  let timer = new AbortController()
  let over = false

  const end = (outcome: AtOutcome): void => {
    over = true
    timer.abort()
    signal.removeEventListener('abort', abort)
    ended.resolve(outcome)
  }
  const wakeAt = async (at: number): Promise<void> => {
    timer.abort()
    const mine = (timer = new AbortController())
    await clock.sleep(at, mine.signal)
    if (!mine.signal.aborted) take({ kind: 'woke' })
  }
  const perform = (effect: AtEffect): void => {
    switch (effect.kind) {
      case 'say':
        return write?.(effect.text)
      case 'say-pin':
        return sayPin()
      case 'pin-taken':
        return pin.taken()
      case 'learn':
        return learn(effect.facts)
      case 'wake':
        return void wakeAt(effect.at)
      case 'end':
        return end(effect.outcome)
      default:
        return effect satisfies never
    }
  }
  const sayPin = (): void => {
    const command = pin.spend()
    if (command !== undefined) return write?.(`${command}\r`)
    end({ kind: 'failed', failure: 'sim', words: 'that the PIN is tried could not be noted on the disk, so it is not tried' })
  }
  const play = (effects: readonly AtEffect[]): void => {
    for (const effect of effects) if (!over) perform(effect)
  }
  const take = (event: AtEvent): void => {
    if (over || !write) return
    const next = step(state, event, clock.elapsed(), plan)
    state = next.state
    play(next.effects)
  }
  const abort = (): void => take({ kind: 'aborted' })

  return {
    heard(text) {
      const cut = cutLines(rest, text)
      rest = cut.rest
      for (const line of cut.lines) take({ kind: 'heard', line })
    },
    lost(why) {
      if (!over) end({ kind: 'failed', failure: 'gone', words: why })
    },
    run(to) {
      write = to
      const first = begin(plan, clock.elapsed())
      state = first.state
      signal.addEventListener('abort', abort)
      play(first.effects)
      if (signal.aborted) abort()
      return ended.promise
    },
  }
}
