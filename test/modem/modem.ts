/** A modem between a computer's port and a telephone line: the mind of interpreter.ts with a clock, a port that can be held, and what can be wrong with one. */
import type { Duplex } from 'node:stream'
import type { Connection, Exchange, LineEvent } from './exchange.ts'
import { step } from './interpreter.ts'
import type { ModemLines } from './lines.ts'
import { dcd, type ModemEffect, type ModemEvent, type ModemState, type Personality, switchedOn } from './state.ts'
import type { Side } from './trunk.ts'

export type ModemOptions = {
  readonly port: Duplex
  readonly exchange: Exchange
  /** Of a port that has some. */
  readonly lines?: ModemLines
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

export function virtualModem(options: ModemOptions): VirtualModem {
  const { port, exchange, lines, side = 'near', personality = usual, hurry = 1, noise = '' } = options
  let state = switchedOn(personality)
  let mute = false
  const timers = new Set<NodeJS.Timeout>()
  const now = (): number => performance.now() * hurry
  const tell = (event: ModemEvent): void => {
    const next = step(state, event, now(), personality)
    state = next.state
    for (const effect of next.effects) perform(effect)
    lines?.carrier(dcd(state))
  }
  const hold = (): void => {
    port.pause()
    lines?.clear(false)
  }
  const go = (): void => {
    port.resume()
    lines?.clear(true)
  }
  /** What lies in a modem when its carrier is lost is lost, too: all that comes until the computer has seen DCD fall, and stopped. */
  let losing: NodeJS.Timeout | undefined
  const lose = (): void => {
    clearTimeout(losing)
    losing = setTimeout(() => (losing = undefined), pause / hurry)
  }
  const hear = (event: LineEvent): void => {
    if (lines && event.kind === 'lost' && dcd(state)) lose()
    tell(event)
  }
  const line: Connection = exchange.plug(side, { tell: hear, hold, go })
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
    if (losing) lose()
    else if (!mute) tell({ kind: 'typed', octets })
  })
  lines?.onReady((ready) => tell({ kind: 'terminal', ready }))
  return {
    state: () => state,
    carrier: () => dcd(state),
    ready: (on) => tell({ kind: 'terminal', ready: on }),
    mute(on) {
      mute = on
    },
    close() {
      clearTimeout(losing)
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** Milliseconds of silence that end what the computer had under way. */
const pause = 100

const usual: Personality = { identity: 'Virtual 33600' }
