/**
 * A gateway that dies and is started again on what is left: acts are done in its present life, and again in the next if it dies
 * meanwhile, as the LAN's clients and the telephone line would. Remembers what nobody could know, so that a test can count.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Line } from '../../src/log/events.ts'
import type { QueuedDelivery } from '../../src/console/house.ts'
import type { Hub } from '../journey/hub.ts'
import { submit } from '../journey/lan.ts'
import type { Sample } from '../journey/letters.ts'
import { type Fatal, type Life, live } from './life.ts'

export type Gateway = {
  readonly lives: readonly Life[]
  /** Names of letters that were handed in again, since their 250 never came, and how often. */
  readonly resent: ReadonlyMap<string, number>
  /** Seconds that letters which may have arrived were to wait, when they were hurried. */
  readonly waits: readonly number[]
  /** Hands a letter in until somebody says 250. */
  submit(letter: Sample): Promise<void>
  /** The line comes up, stays until nothing waits and `isDone`, and goes down. */
  call(isDone: () => boolean): Promise<void>
  /** Until nothing waits, without a line. */
  rest(): Promise<void>
  /** Resolves when every death of the schedule has come; rejects if one does not. */
  fulfilled(): Promise<void>
  /** Resolves when the present life has logged it; rejects after seconds. */
  logged(event: string): Promise<void>
  /** Ends the last life in order. */
  stop(): Promise<void>
  lines(): readonly Line[]
}

const patience = 30_000
/** A test that has ended waits for no timer. */
const unheld = { ref: false }

/** `schedule[n]` is the death of life n. */
export function gateway(hub: Hub, schedule: readonly (Fatal | undefined)[]): Gateway {
  const lives: Life[] = []
  const resent = new Map<string, number>()
  const waits: number[] = []

  const alive = async (): Promise<Life> => {
    let life = lives.at(-1)
    while (!life || life.isOver()) {
      life = await live(hub, lives.length + 1, schedule[lives.length])
      lives.push(life)
    }
    return life
  }
  /** A death is seen sooner by whoever talks with the dying than by its parent. */
  const dies = (life: Life): Promise<boolean> => Promise.race([life.end.then(() => true), delay(2000, false, unheld)])

  /** Does it in one life; once more in the next one if that life ended before `act` came to its end. */
  const through = async (act: (life: Life) => Promise<boolean>): Promise<void> => {
    for (;;) {
      const life = await alive()
      try {
        if (await act(life)) return
      } catch (fault) {
        if (!(await dies(life))) throw fault
      }
    }
  }
  /** What may have arrived at the ISP waits for a quarter of an hour; an operator hurries it as soon as nothing else is left. */
  const hurry = async (open: readonly QueuedDelivery[]): Promise<void> => {
    const doubtful = ({ courier, state, possibleDuplicate }: QueuedDelivery): boolean =>
      courier === 'smarthost' && state === 'waiting' && possibleDuplicate
    if (open.length === 0 || !open.every(doubtful)) return
    const waiting = open.flatMap(({ nextIn }) => nextIn ?? [])
    if (waiting.length === 0) return
    waits.push(...waiting)
    await hub.command('flush')
  }
  const emptied = async (life: Life, isDone: () => boolean): Promise<void> => {
    const deadline = Date.now() + patience
    for (;;) {
      const letters = await hub.queue()
      if (letters.length === 0 && isDone()) return
      await hurry(letters.flatMap(({ deliveries }) => deliveries).filter(({ state }) => ['waiting', 'trying', 'held'].includes(state)))
      if (Date.now() > deadline) throw new Error(`this waits still: ${JSON.stringify(letters)}\n${tail(life)}`)
      await delay(20)
    }
  }
  return {
    lives,
    resent,
    waits,
    submit: (letter) =>
      through(async (life) => {
        const reply = await submit(life.port, letter)
        if (reply !== undefined && !reply.startsWith('2')) throw new Error(`${letter.name}: ${reply}`)
        if (reply === undefined && !(await dies(life))) throw new Error(`${letter.name} was not answered by a living daemon`)
        if (reply === undefined) resent.set(letter.name, (resent.get(letter.name) ?? 0) + 1)
        return reply !== undefined
      }),
    call: (isDone) =>
      through(async (life) => {
        hub.lineUp()
        await emptied(life, isDone)
        hub.lineDown()
        while ((await hub.status()).line.kind === 'up') await delay(5)
        return true
      }),
    rest: () =>
      through(async (life) => {
        await emptied(life, () => true)
        return true
      }),
    async fulfilled() {
      for (const [at, fatal] of schedule.entries()) {
        const life = lives[at]
        if (fatal && !(life && (await Promise.race([life.end.then(() => true), delay(5000, false, unheld)]))))
          throw new Error(`${fatal.instant} has not come ${fatal.occurrence} times`)
      }
    },
    logged: (event) =>
      through(async (life) => {
        for (const deadline = Date.now() + 5000; Date.now() < deadline; await delay(20))
          if (life.lines().some((line) => line.event === event)) return true
        throw new Error(`${event} does not come\n${tail(life)}`)
      }),
    async stop() {
      const life = await alive()
      life.kill('SIGTERM')
      const code = await Promise.race([life.end, delay(10_000, 'it does not end', unheld)])
      if (code !== 0) throw new Error(`a life that was ended in order ended with ${code}\n${tail(life)}`)
    },
    lines: () => lives.flatMap((life) => life.lines()),
  }
}

function tail(life: Life): string {
  return life
    .lines()
    .slice(-40)
    .map(({ level, text }) => `${level} ${text}`)
    .join('\n')
}
