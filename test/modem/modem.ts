/** A modem between a computer's port and a telephone line: the mind of interpreter.ts with a clock, a port that can be held, and what can be wrong with one. */
import type { Duplex } from 'node:stream'
import type { Connection, Exchange } from './exchange.ts'
import { step } from './interpreter.ts'
import { dcd, type ModemEffect, type ModemEvent, type ModemState, type Personality, switchedOn } from './state.ts'
import type { Side } from './trunk.ts'

export type ModemOptions = {
  readonly port: Duplex
  readonly exchange: Exchange
  readonly side?: Side
  readonly personality?: Personality
  /** Time passes so many times as fast. */
  readonly hurry?: number
  /** What comes on the port before everything that the modem says. */
  readonly noise?: string
}

export type VirtualModem = {
  readonly state: () => ModemState
  /** DCD, and DTR, which a pseudo-terminal has not. */
  readonly carrier: () => boolean
  readonly ready: (on: boolean) => void
  /** From now on it hears nothing and says nothing, though its call goes on; or hears again. */
  readonly mute: (on: boolean) => void
  readonly close: () => void
}

export function virtualModem({ port, exchange, side = 'near', personality = usual, hurry = 1, noise = '' }: ModemOptions): VirtualModem {
  let state = switchedOn(personality)
  let mute = false
  const timers = new Set<NodeJS.Timeout>()
  const now = (): number => performance.now() * hurry
  const tell = (event: ModemEvent): void => {
    const next = step(state, event, now(), personality)
    state = next.state
    for (const effect of next.effects) perform(effect)
  }
  const line: Connection = exchange.plug(side, { tell, hold: () => port.pause(), go: () => port.resume() })
  const say = (octets: Uint8Array): void => {
    if (!mute && port.writable) port.write(octets)
  }
  const wake = (at: number): void => {
    const left = at - now()
    // A timer counts from when its turn of the event loop began, and so it may be early.
    if (left <= 0) return tell({ kind: 'woken' })
    const timer = setTimeout(() => {
      timers.delete(timer)
      wake(at)
    }, left / hurry)
    timers.add(timer)
  }
  const perform = (effect: ModemEffect): void => {
    switch (effect.kind) {
      case 'echo':
      case 'give':
        return say(effect.octets)
      case 'say':
        return say(Buffer.from(noise + effect.text, 'latin1'))
      case 'send':
        return line.send(Buffer.from(effect.octets))
      case 'dial':
        return line.dial(effect.number, effect.after)
      case 'answer':
        return line.answer()
      case 'hang-up':
        return line.hangUp()
      case 'wake':
        return wake(effect.at)
      default:
        return effect satisfies never
    }
  }
  port.on('data', (octets: Buffer) => {
    if (!mute) tell({ kind: 'typed', octets })
  })
  return {
    state: () => state,
    carrier: () => dcd(state),
    ready: (on) => tell({ kind: 'terminal', ready: on }),
    mute(on) {
      mute = on
    },
    close() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

const usual: Personality = { identity: 'Virtual 33600' }
