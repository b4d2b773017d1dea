/**
 * Adapter: the modem on a tty (Hayes commands, ITU-T V.250), by serial.ts and the dialogue of at-dialogue.ts, or by chat(8). One thing at a
 * time: a dial or a hang-up waits for the one before it. While it talks it holds the tty's lock; once connected it holds but the guard, so
 * that DTR stays up and pppd locks, opens and reads the port alone. Nothing here touches the port while pppd has it.
 */
import { close, existsSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Clock } from '../clock.ts'
import { conversation } from './at-conversation.ts'
import type { AtErrand } from './at-errand.ts'
import { dialCommand, isPacketService } from './at-number.ts'
import type { AtOutcome, AtPlan } from './at-state.ts'
import { chat } from './chat.ts'
import { type TtyLock, lockTty } from './lock-file.ts'
import type { DialFailure, Dialled, HungUp, Modem, ModemFacts } from './modem.ts'
import { type ModemLines, openGuard, openWire } from './serial.ts'
import { type SimPinFiles, simPin } from './sim-pin.ts'

export type HayesOptions = {
  readonly tty: string
  /** bit/s between computer and modem. */
  readonly speed: number
  /** Each must be answered by OK. */
  readonly init: readonly string[]
  /** Milliseconds from the dial to CONNECT. */
  readonly answerWithin: number
  /** Where UUCP's lock files are: the setting `lock_dir`. */
  readonly lockFolder: string
  readonly clock: Clock
  readonly pin?: SimPinFiles
  /** A script of chat(8) that dials in place of our own dialogue; `program` is chat itself. */
  readonly chat?: { readonly script: string; readonly program?: string }
  /** In place of the port's own modem lines, where it has none: for tests. */
  readonly lines?: (lines: ModemLines) => ModemLines
}

/** Milliseconds: between looks for a tty; DTR low (V.250 &D2 wants 50 ms at the least, old modems half a second), and until a modem has come to itself. */
const times = { look: 2000, low: 1000, recover: 500, lock: 250 }
/** Milliseconds that a chat script may take for what it does before and after the dial. */
const besideTheDial = 60_000

export function hayesModem(options: HayesOptions): Modem {
  const { tty, clock, lockFolder } = options
  let facts: ModemFacts = {}
  /** The port as it is held from a dial to its hang-up. */
  let held: Held | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const mine = turn.then(task)
    turn = mine
    return mine
  }
  /** What the kernel has not given to a modem that takes nothing, a close waits for (termios(3)): not on our thread. */
  const letGo = async (): Promise<void> => {
    const { guard } = held ?? {}
    held = undefined
    if (guard !== undefined) await closed(guard)
  }
  const talk = talker(options, (more) => {
    facts = { ...facts, ...more }
  })
  const dial = async (number: string, signal: AbortSignal): Promise<Dialled> => {
    const command = dialCommand(number)
    if (command === undefined) return failed('refused', `${number} is no number that a modem can dial`)
    if (signal.aborted) return givenUp
    await letGo()
    const lock = lockTty(tty, lockFolder)
    if (lock.kind === 'locked') return failed('locked', lock.words)
    const guard = openGuard(tty)
    if (typeof guard !== 'number') {
      lock.release()
      return failed(guard.failure, guard.words)
    }
    held = { guard, carrierTells: false }
    const dialled = options.chat
      ? byChat(options, options.chat, number, held, signal, talk)
      : byAt(options, command, facts, held, signal, talk)
    const outcome = await dialled
    if (outcome.kind === 'failed') await letGo()
    // From here the port is pppd's.
    lock.release()
    return outcome
  }
  const hangUp = async (): Promise<HungUp> => {
    const lock = await lockSoon(tty, lockFolder, clock)
    const carrierTells = held?.carrierTells ?? false
    // A carrier's loss has hung up the tty for all who had it open, and pppd could not give back its right to be alone with it (TIOCEXCL):
    // that goes with the last who has it.
    await letGo()
    const result = lock ? await onHook(talk, clock, carrierTells) : 'mute'
    lock?.release()
    return result
  }
  return {
    dial: (number, signal) => inTurn(() => dial(number, signal)),
    hangUp: () => inTurn(hangUp),
    async present(signal) {
      while (!existsSync(tty) && !signal.aborted) await clock.sleep(clock.elapsed() + times.look, signal)
    },
    facts: () => facts,
    close: () => inTurn(letGo),
  }
}

const closed = promisify(close)

type Held = {
  readonly guard: number
  /** DCD rose with CONNECT, so it tells something. */
  carrierTells: boolean
}

type Around = { readonly before?: (lines: ModemLines) => Promise<void>; readonly after?: (lines: ModemLines) => Promise<void> }

type Talk = (plan: Omit<AtPlan, 'speed' | 'pin'>, signal: AbortSignal, around: Around) => Promise<AtOutcome>

function talker({ tty, speed, clock, pin: files, lines }: HayesOptions, learn: (facts: ModemFacts) => void): Talk {
  const pin = simPin(files)
  return async (rest, signal, { before, after }) => {
    const plan: AtPlan = { ...rest, speed, pin: pin.state() }
    const talking = conversation({ plan, clock, signal, pin, learn })
    const wire = await openWire({ tty, speed, heard: talking.heard, lost: talking.lost, ...(lines ? { lines } : {}) })
    if ('failure' in wire) return failed(wire.failure, wire.words)
    await before?.(wire.lines)
    const outcome = await talking.run((text) => void wire.write(text))
    await after?.(wire.lines)
    await wire.close()
    return outcome
  }
}

async function byAt(
  { init, answerWithin }: HayesOptions,
  command: string,
  { identity }: ModemFacts,
  held: Held,
  signal: AbortSignal,
  talk: Talk,
): Promise<Dialled> {
  const cellular: readonly AtErrand[] = isPacketService(command) ? [{ kind: 'sim' }, { kind: 'signal' }] : []
  const errands: readonly AtErrand[] = [
    ...init.map((command): AtErrand => ({ kind: 'init', command })),
    ...(identity === undefined ? [{ kind: 'identity' } as const] : []),
    ...cellular,
  ]
  let carrier: boolean | undefined
  const outcome = await talk({ errands, dial: { command, within: answerWithin }, calls: 3 }, signal, {
    before: async (lines) => void (carrier = await carrierOn(lines)),
    after: async (lines) => void (held.carrierTells = carrier === false && (await carrierOn(lines)) === true),
  })
  return outcome.kind === 'done' ? failed('mute', 'the modem was not told to dial') : outcome
}

async function byChat(
  { tty, speed, answerWithin, clock }: HayesOptions,
  { script, program = '/usr/sbin/chat' }: NonNullable<HayesOptions['chat']>,
  number: string,
  { guard }: Held,
  signal: AbortSignal,
  talk: Talk,
): Promise<Dialled> {
  // Only to set the port: chat leaves its speed alone.
  const wire = await openWire({ tty, speed, heard: () => undefined, lost: () => undefined })
  if ('failure' in wire) return failed(wire.failure, wire.words)
  await wire.close()
  const outcome = await chat({ program, script, number, port: guard, within: answerWithin + besideTheDial, clock, signal })
  // Where it was left, nobody knows.
  if (outcome.kind === 'failed' && (outcome.failure === 'no-answer' || outcome.failure === 'aborted')) await onHook(talk, clock, false)
  return outcome
}

/** DTR low, then whatever makes it take commands again. */
async function onHook(talk: Talk, clock: Clock, carrierTells: boolean): Promise<HungUp> {
  let connected = true
  const outcome = await talk({ errands: [{ kind: 'hook' }], calls: 1 }, new AbortController().signal, {
    async before(lines) {
      if (carrierTells && (await carrierOn(lines)) === false) return
      if (!(await setReady(lines, false))) return
      await clock.sleep(clock.elapsed() + times.low)
      await setReady(lines, true)
      await clock.sleep(clock.elapsed() + times.recover)
    },
    after: async (lines) => void (connected = !carrierTells || (await carrierOn(lines)) !== false),
  })
  if (outcome.kind === 'failed' && outcome.failure === 'gone') return 'gone'
  return outcome.kind === 'done' || !connected ? 'idle' : 'mute'
}

/** pppd takes its own away a moment after it has said that the line is down. */
async function lockSoon(tty: string, folder: string, clock: Clock): Promise<(TtyLock & { kind: 'taken' }) | undefined> {
  for (let tries = 0; tries < 8; tries++) {
    const lock = lockTty(tty, folder)
    if (lock.kind === 'taken') return lock
    await clock.sleep(clock.elapsed() + times.lock)
  }
  return undefined
}

/** Undefined for a port without such a line. */
function carrierOn(lines: ModemLines): Promise<boolean | undefined> {
  return lines.carrier().catch(() => undefined)
}

/** False for a port without such a line. */
function setReady(lines: ModemLines, on: boolean): Promise<boolean> {
  return lines.ready(on).then(
    () => true,
    () => false,
  )
}

const givenUp: Dialled = { kind: 'failed', failure: 'aborted', words: 'dialling was given up' }

function failed(failure: DialFailure, words: string): Dialled & { kind: 'failed' } {
  return { kind: 'failed', failure, words }
}
